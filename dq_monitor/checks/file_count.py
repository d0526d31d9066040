"""`file_count`: how many data files there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import Unread
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCount(Unread):
    """How many data files there are.

    The value is the number of Parquet files that the batch adds, with `scope: table` that the table
    will have; there is none for rows that do not lie in files. It is answered without reading a
    row. Many small files make every reader slow.

    Example:
        - file_count: {}
          scope: table
          warn: {over: 1000}

    """

    family: ClassVar[Family] = Family.OPERATIONS

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of files."""
        if view.files is None:
            return Measure(None, "the rows do not lie in files")
        return Measure(float(len(view.files.sizes)), "data files")
