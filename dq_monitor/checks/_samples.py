"""Two columns of two tables beside each other: counts of the same bins, or of the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.checks._counting import count_of
from dq_monitor.checks._distances import ORDERED, Method, distance, finished, term
from dq_monitor.checks._distribution import shares_of
from dq_monitor.checks._groups import keyed
from dq_monitor.expression.types import NUMBERS, Type, Value, column, typed
from dq_monitor.model.check import Measure, Reference, View

Rows = nw.LazyFrame[Any]
X, NOW, THEN = nw.col("x"), nw.col("now"), nw.col("then")


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
        there = replace(view, schema=others.collect_schema())
        try:
            then = column(there, other_name)
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
        if method in ORDERED:
            if not self.numbers:
                raise ValueError(f"{method} needs an order: texts have none, use psi")
            return self._sorted()
        return self._binned(bins) if self.numbers else self._by_value(method)

    def _binned(self, bins: int) -> Rows:
        """Count below the quantiles of what was, which make bins of about equal shares."""
        names = [f"edge_{number}" for number in range(1, bins)]
        edges = self.then.select(
            X.quantile(number / bins, interpolation="linear").alias(name)
            for number, name in enumerate(names, 1)
        )
        now, then = (
            side.join(edges, how="cross").select(
                nw.len().alias(f"{label}_all"),
                *(count_of(nw.col(name) > X).alias(f"{label}_{name}") for name in names),
            )
            for label, side in (("now", self.now), ("then", self.then))
        )
        return now.join(then, how="cross")

    def _counted(self) -> Rows:
        """Return each value once with how often it occurs now, and how often it did."""
        some, none = nw.lit(1).cast(nw.Float64), nw.lit(0).cast(nw.Float64)
        both = [
            self.now.select(x=X, now=some, then=none),
            self.then.select(x=X, now=none, then=some),
        ]
        counted = nw.concat(both).group_by("x").agg(NOW.sum(), THEN.sum())
        totals = counted.select(all_now=NOW.sum(), all_then=THEN.sum())
        return counted.join(totals, how="cross")

    def _by_value(self, method: Method) -> Rows:
        parts = self._counted().with_columns(p=_share(NOW, "all_now"), q=_share(THEN, "all_then"))
        total = term(method, nw.col("p"), nw.col("q")).sum()
        return parts.select(total.alias("total"), *_totals())

    def _sorted(self) -> Rows:
        """Return both distances between the steps that the cumulative counts make."""
        ordered = self._counted().with_columns(
            up_to_now=NOW.cum_sum().over(order_by="x"),
            up_to_then=THEN.cum_sum().over(order_by="x"),
            before=X.shift(1).over(order_by="x"),
        )
        all_now, all_then = nw.col("all_now"), nw.col("all_then")
        now, then = nw.col("up_to_now"), nw.col("up_to_then")
        # Both times both totals: the division comes last.
        gap = (now * all_then - then * all_now).abs()
        gap_before = ((now - NOW) * all_then - (then - THEN) * all_now).abs()
        area = nw.when(~nw.col("before").is_null()).then(gap_before * (X - nw.col("before")))
        return ordered.select(gap.max().alias("ks"), area.sum().alias("wasserstein"), *_totals())


def measure(method: Method, state: Mapping[str, Any], against: str) -> Measure:
    """Return the distance that a query's row stands for."""
    if "now_all" in state:
        names = [name.removeprefix("now_") for name in state if name.startswith("now_edge_")]
        below = {
            label: [int(state[f"{label}_{name}"] or 0) for name in (*names, "all")]
            for label in ("now", "then")
        }
        now, then = below["now"][-1], below["then"][-1]
    else:
        below = {}
        now, then = (int(state[name] or 0) for name in ("all_now", "all_then"))
    if not now or not then:
        return Measure(None, "no values" if not now else f"no values in {against}")
    if below:
        value = distance(method, shares_of(below["now"]), shares_of(below["then"]))
    elif method in ORDERED:
        value = float(state[method] or 0) / now / then
    else:
        value = finished(method, float(state["total"]))
    return Measure(value, f"{method} of {now:,} values against {then:,} of {against}")


def _values(rows: Rows, value: Value) -> Rows:
    own = value.expr.cast(nw.Float64) + 0.0 if value.type in NUMBERS else keyed(value)
    return rows.select(x=own).filter(~X.is_null())


def _share(times: nw.Expr, total: str) -> nw.Expr:
    """Return times / total without a division, which Spark's engines do in their own ways."""
    return times * nw.when(nw.col(total) > 0).then(nw.col(total)) ** -1


def _totals() -> tuple[nw.Expr, nw.Expr]:
    return nw.col("all_now").max().alias("all_now"), nw.col("all_then").max().alias("all_then")
