"""`pandera_table`: a check of an installed pandera model says yes of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
import polars as pl
from pydantic import Field

from dq_monitor.checks._base import Table
from dq_monitor.checks._pandera import CheckName, CheckNumber, ModelName, answers, find_check
from dq_monitor.expression.types import present
from dq_monitor.model.check import Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class PanderaTable(Table):
    """A check of an installed pandera model says yes of the table.

    For checks of a `DataFrameModel` that are code and read the whole frame, or a whole column. The
    value is how often pandera's check says no: the rows, or 1 where it has one answer for all.
    `contract: {model: ...}` makes these rules by itself. It runs on Polars alone.

    Example:
        - pandera_table: {model: Flights, check: arrives_after_departure}

    """

    measures: ClassVar[Measures] = Measures.VIOLATIONS
    engines: ClassVar[tuple[str, ...]] = ("polars",)

    model: ModelName
    check: CheckName
    column: Annotated[
        str, Field(description="the column whose check it is; none for one of the frame")
    ] = ""
    number: CheckNumber = None

    def __post_init__(self) -> None:
        """Refuse a model or check that is not installed."""
        find_check(self.model, self.column, self.check, self.number)

    def columns(self) -> tuple[str, ...]:
        """Return the column; what a check of the frame reads nobody knows."""
        return (self.column,) if self.column else ()

    def reference(self) -> None:
        """Return nothing: pandera reads one frame."""

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return how often pandera says no; it is asked at once, as it asks for itself."""
        if self.column:
            present(view, self.column)
        check = find_check(self.model, self.column, self.check, self.number)
        native: pl.LazyFrame = rows.to_native()
        said = answers(check, native, self.column)
        failing = said.len() - int(said.fill_null(value=True).sum())
        return nw.from_native(pl.LazyFrame({"failing": [failing]}))

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the same
        """Return how often it says no."""
        return Measure(float(state["failing"] or 0), f"pandera's {self.check}")
