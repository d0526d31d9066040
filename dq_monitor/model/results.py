"""What another tool found about a table, in the form that every reader of results gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ToolResults:
    """The failures of each test by its name, 0 for one that passed.

    `at` is when the tool ran; None where its file does not say. What was skipped is left out.
    """

    failures: Mapping[str, float]
    at: datetime | None = None
