"""`metric` in plain Python."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Names, Rows, few, known, plain_floats, small, texts

COLUMNS = {"x": Column(pl.Int32, small), "y": Column(pl.Float64, plain_floats)}
grid = st.integers(-100, 100).map(lambda n: n / 4)


def share_late(rows: Rows, _: Rows) -> float | None:
    values = known(rows, "x")
    if not rows or not values:
        return None
    return float(sum(x > 15 for x in values) / len(rows))


def kinds(rows: Rows, _: Rows) -> float | None:
    return len(set(known(rows, "s"))) / len(rows) if rows else None


def spread(rows: Rows, _: Rows) -> float | None:
    values = known(rows, "y")
    if len(values) < 2 or statistics.pstdev(values) == 0:
        return None
    return float((max(values) - min(values)) / statistics.stdev(values))


def centre(rows: Rows, _: Rows) -> float | None:
    values = [2 * x for x in known(rows, "x")]
    return statistics.fmean(values) - statistics.median(values) if values else None


def fallback(rows: Rows, _: Rows) -> float | None:
    values = known(rows, "x")
    return abs(-float(sum(values)) if values else -1.5)


def case(text: Callable[[Names], str], oracle: Callable[[Rows, Rows], float | None]) -> Case:
    names = {"x": COLUMNS["x"], "y": Column(pl.Float64, grid), "s": Column(pl.String, texts)}
    return Case(lambda n: {"metric": text(lambda name: quoted(n(name)))}, names, oracle)


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


CASES = {
    "share": case(
        lambda n: f"sum(case when {n('x')} > 15 then 1 when {n('x')} <= 15 then 0 end) / count(*)",
        share_late,
    ),
    "rows": case(lambda _: "count(*) - 2", lambda rows, _: len(rows) - 2),
    "known": case(lambda n: f"count({n('y')})", lambda rows, _: len(known(rows, "y"))),
    "distinct": case(lambda n: f"count(distinct {n('s')}) / count(1)", kinds),
    "spread": case(lambda n: f"(max({n('y')}) - min({n('y')})) / stddev({n('y')})", spread),
    "centre": case(lambda n: f"avg({n('x')} * 2) - median({n('x')} * 2)", centre),
    "fallback": case(lambda n: f"abs(-coalesce(sum({n('x')}), 1.5))", fallback),
    "division by zero": Case(
        lambda n: {"metric": f"sum({quoted(n('x'))}) / nullif(min({quoted(n('x'))}), 2)"},
        {"x": Column(pl.Int64, few)},
        lambda rows, _: (
            sum(known(rows, "x")) / min(known(rows, "x"))
            if min(known(rows, "x"), default=0) not in {0, 2}
            else None
        ),
    ),
}
