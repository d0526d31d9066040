"""`file_size`: how large the data files are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import Unread
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View

_TAKEN: Mapping[str, Callable[[Sequence[int]], float]] = {
    "min": min,
    "max": max,
    "mean": fmean,
    "total": sum,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSize(Unread):
    """How large the data files are.

    The value is the size in bytes of the smallest, largest or average Parquet file, or of all
    together: of those that the batch adds, with `scope: table` of all that the table will have.
    There is none without files. It is answered without reading a row.

    Example:
        - file_size: mean
          scope: table
          warn: {below: 16MB}

    """

    family: ClassVar[Family] = Family.OPERATIONS
    shorthand: ClassVar[str] = "of"
    measures: ClassVar[Measures] = Measures.SIZE

    of: Annotated[
        Literal["min", "max", "mean", "total"], Field(description="which size is the value")
    ] = "total"

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the size."""
        if view.files is None or not view.files.sizes:
            return Measure(None, "there are no files")
        sizes = view.files.sizes
        return Measure(float(_TAKEN[self.of](sizes)), f"{self.of} of {len(sizes):,} files")
