"""Two columns of two tables beside each other: counts of the same bins, or of the same values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.checks._distances import ORDERED, Method, distance, finished, term
from dq_monitor.checks._distribution import shares_of
from dq_monitor.checks._elsewhere import view_of
from dq_monitor.checks._occurrences import keyed
from dq_monitor.expression.types import NUMBERS, Type, Value, column, typed
from dq_monitor.model.check import Measure, Reference
from dq_monitor.model.view import View

Rows = nw.LazyFrame[Any]
X, NOW, THEN = nw.col("x"), nw.col("now"), nw.col("then")
_TOTALS = {"now": nw.col("all_now").max(), "then": nw.col("all_then").max()}


@dataclass(frozen=True, slots=True)
class Sides:
    """The known values of both columns as `x`: those that are asked, and those they had."""

    now: Rows
    then: Rows
    numbers: bool

    @classmethod
    def of(cls, rows: Rows, others: Rows, view: View, name: str, reference: Reference) -> Sides:
        """Return both sides; raise ValueError where they cannot be compared."""
        (other_name,) = reference.columns
        try:
            then = column(view_of(others, view), other_name)
        except ValueError as error:
            raise ValueError(f"{reference.table}: {error}") from error
        now = typed(column(view, name), then.type)
        then = typed(then, now.type)
        numbers = {now.type, then.type} <= NUMBERS
        if not numbers and {now.type, then.type} != {Type.STRING}:
            raise ValueError(
                f"{now.label} ({now.type}) and {then.label} of {reference.table} ({then.type}): "
                "drift needs numbers or texts on both sides"
            )
        return cls(_values(rows, now), _values(others, then), numbers)

    def query(self, method: Method, bins: int) -> Rows:
        """Return one row, the state that `measure` reads."""
        if method not in ORDERED:
            return self._binned(bins) if self.numbers else self._by_value(method)
        if not self.numbers:
            raise ValueError(f"{method} needs an order: texts have none, use psi")
        return self._sorted(method)

    def _both(self) -> Rows:
        """Return the values of both, with 1 in the column of their side and 0 in the other."""
        some, none = nw.lit(1).cast(nw.Float64), nw.lit(0).cast(nw.Float64)
        here = self.now.select(x=X, now=some, then=none)
        return nw.concat([here, self.then.select(x=X, now=none, then=some)])

    def _binned(self, bins: int) -> Rows:
        """Count below the quantiles of what was, which make bins of about equal shares."""
        names = [f"edge_{number}" for number in range(1, bins)]
        edges = self.then.select(
            X.quantile(number / bins, interpolation="linear").alias(name)
            for number, name in enumerate(names, 1)
        )
        counts = [
            nw.when(nw.col(name) > X).then(side).sum().alias(f"{label}_{name}")
            for label, side in (("now", NOW), ("then", THEN))
            for name in names
        ]
        beside = self._both().join(edges, how="cross")
        return beside.select(*counts, now=NOW.sum(), then=THEN.sum())

    def _counted(self) -> Rows:
        """Return each value once, with how often it occurs on either side and all values there."""
        counted = self._both().group_by("x").agg(NOW.sum(), THEN.sum())
        totals = counted.select(all_now=NOW.sum(), all_then=THEN.sum())
        return counted.join(totals, how="cross")

    def _by_value(self, method: Method) -> Rows:
        parts = self._counted().with_columns(p=_share(NOW, "all_now"), q=_share(THEN, "all_then"))
        total = term(method, nw.col("p"), nw.col("q")).sum()
        return parts.select(total=total, **_TOTALS)

    def _sorted(self, method: Method) -> Rows:
        """Go up the values: between two of them the difference of the cumulative shares stays."""
        # Times both totals: the division comes last.
        step = NOW * nw.col("all_then") - THEN * nw.col("all_now")
        gap = nw.col("step").cum_sum().over(order_by="x")
        ordered = self._counted().with_columns(step=step).with_columns(gap=gap)
        if method == "ks":
            return ordered.select(total=nw.col("gap").abs().max(), **_TOTALS)
        ordered = ordered.with_columns(before=X.shift(1).over(order_by="x"))
        gap_before, before = nw.col("gap") - nw.col("step"), nw.col("before")
        area = nw.when(~before.is_null()).then(gap_before.abs() * (X - before))
        return ordered.select(total=area.sum(), **_TOTALS)


def measure(method: Method, state: Mapping[str, Any], against: str) -> Measure:
    """Return the distance that a query's row stands for."""
    now, then = (int(state[name] or 0) for name in ("now", "then"))
    if not now or not then:
        return Measure(None, "no values" if not now else f"no values in {against}")
    if "total" not in state:
        shares = (_shares(state, label) for label in ("now", "then"))
        value = distance(method, *shares)
    elif method in ORDERED:
        value = float(state["total"] or 0) / now / then
        if not math.isfinite(value):
            raise ValueError(f"infinite values have no {method}: leave them out with `where`")
    else:
        value = finished(method, float(state["total"]))
    return Measure(value, f"{method} of {now:,} values against {then:,} of {against}")


def _shares(state: Mapping[str, Any], label: str) -> list[float]:
    edges = [name for name in state if name.startswith(f"{label}_edge_")]
    return shares_of([int(state[name] or 0) for name in (*edges, label)])


def _values(rows: Rows, value: Value) -> Rows:
    own = value.expr.cast(nw.Float64) + 0.0 if value.type in NUMBERS else keyed(value)
    return rows.select(x=own).filter(~X.is_null())


def _share(times: nw.Expr, total: str) -> nw.Expr:
    """Return times / total without a division, which Spark's engines do in their own ways."""
    return times * nw.when(nw.col(total) > 0).then(nw.col(total)) ** -1
