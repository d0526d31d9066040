"""What is kept of files that never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remembered:
    """Files of one table that were measured together, by their ids, and the states found in them.

    `states` holds each state as text, by the fingerprint of its question.
    """

    files: tuple[str, ...]
    states: Mapping[str, str]
