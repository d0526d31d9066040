"""`metric`: a number that aggregates of the table make, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks import _moments, _summaries
from dq_monitor.checks._base import Alone, Table
from dq_monitor.expression.metric import (
    DISTINCT,
    ParsedMetric,
    compile_metric,
    evaluate,
    parse_metric,
)
from dq_monitor.model.check import Aggregate, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Alone, Table):
    """A number that aggregates of the table make, in SQL.

    The value is what `metric` gives over all rows: COUNT(*), COUNT, COUNT(DISTINCT x), SUM, AVG,
    MIN, MAX, STDDEV and VARIANCE (of a sample) or MEDIAN, each of an expression of the row as
    `expression` knows it, with + - * /, ABS, COALESCE and NULLIF between them. Null and NaN are
    left out as SQL leaves out null. There is no value where an aggregate of it has none, and for a
    division by zero. A column outside an aggregate is refused.

    Example:
        - metric: "sum(case when arr_delay > 15 then 1 else 0 end) / count(arr_delay)"
          warn: {over: 30%}

    """

    shorthand: ClassVar[str] = "metric"
    aliases: ClassVar[tuple[str, ...]] = ("metric_expression", "CustomSql", "sql_metric")

    metric: Annotated[
        str, Field(description="aggregates in SQL", examples=["sum(distance) / count(*)"])
    ]

    def __post_init__(self) -> None:
        """Refuse what is no metric."""
        parse_metric(self.metric)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the aggregates read."""
        return self._parsed().columns

    def reduces(self, view: View) -> bool:
        """Say whether the engine has all of the aggregates as functions of its own."""
        ops = {summary.op for summary in self._parsed().aggregates}
        return _moments.native(view) or not ops & {DISTINCT, *_summaries.SPREADS}

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the parts of each aggregate, under its number."""
        return {
            _named(number, part): aggregate
            for number, (summary, value) in enumerate(compile_metric(self.metric, view).items())
            for part, aggregate in _summaries.parts(summary.op, value).items()
        }

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return the same parts, each aggregate from a query of its own."""
        found = [
            _numbered(_summaries.queried(rows, summary.op, value), number)
            for number, (summary, value) in enumerate(compile_metric(self.metric, view).items())
        ]
        return reduce(lambda row, one: row.join(one, how="cross"), found)

    def merge(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the state of both."""
        return {
            _named(number, part): value
            for number, summary in enumerate(self._parsed().aggregates)
            for part, value in _summaries.merged(
                summary.op, _part(one, number), _part(other, number)
            ).items()
        }

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the metric's value."""
        parsed = self._parsed()
        results = {
            summary: _summaries.result(summary.op, _part(state, number), f"{self.metric!r}")
            for number, summary in enumerate(parsed.aggregates)
        }
        value = evaluate(parsed.root, results)
        return Measure(value, "the metric has none" if value is None else "")

    def _parsed(self) -> ParsedMetric:
        return parse_metric(self.metric)


def _numbered(row: nw.LazyFrame[Any], number: int) -> nw.LazyFrame[Any]:
    return row.rename({name: _named(number, name) for name in row.collect_schema().names()})


def _named(number: int, part: str) -> str:
    return f"{part}_{number}"


def _part(state: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the state of one aggregate under the names of its own parts."""
    ending = f"_{number}"
    return {
        name.removesuffix(ending): value for name, value in state.items() if name.endswith(ending)
    }
