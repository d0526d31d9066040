"""Moments keep their digits far from zero, and those of two parts are those of the whole."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from pydantic import TypeAdapter

from dq_monitor.engines.plan import compile_rules
from dq_monitor.model.check import ReducibleCheck
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)
NAMES = ["stddev", "variance", "skewness", "kurtosis"]


def build(name: str) -> Any:
    check = plug("dq_monitor.checks", name, "check")
    return TypeAdapter(check).validate_python({"column": "x"})


def view(engine: str = "polars") -> View:
    return View({"x": nw.Float64()}, NOW, engine=engine)


def frame(values: list[Any]) -> nw.LazyFrame[Any]:
    return nw.from_native(pl.LazyFrame({"x": values}, schema={"x": pl.Float64}))


def reduced(check: Any, values: list[Any]) -> dict[str, Any]:
    parts = {name: part.expr for name, part in check.aggregates(view()).items()}
    found: pl.LazyFrame = frame(values).select(**parts).to_native()
    return found.collect(engine="streaming").row(0, named=True)


def queried(check: Any, values: list[Any]) -> dict[str, Any]:
    found: pl.LazyFrame = check.query(frame(values), None, view("clickhouse")).to_native()
    return found.collect(engine="streaming").row(0, named=True)


def exact(values: list[float]) -> dict[str, float]:
    """Return all four with fractions, which round nowhere but at the end."""
    known = [Fraction(x) for x in values]
    mean = sum(known) / len(known)
    m2, m3, m4 = (sum((x - mean) ** k for x in known) / len(known) for k in (2, 3, 4))
    variance = float(m2 * len(known) / (len(known) - 1))
    shape = float(m3) / float(m2) ** 1.5, float(m4 / m2**2) - 3
    return dict(zip(NAMES, (variance**0.5, variance, *shape), strict=True))


def noise(offset: float) -> list[float]:
    rng = random.Random(7)  # noqa: S311 - noise
    return [offset + rng.expovariate(1) for _ in range(4_000)]


@pytest.mark.parametrize("state", [reduced, queried], ids=["in one select", "in two steps"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9, -1e12])
def test_a_large_common_part_costs_no_digits(name: str, offset: float, state: Any) -> None:
    values, check = noise(offset), build(name)
    value = check.measure(state(check, values), view()).value
    # At 1e12 the mean itself is known to 1e-4 only.
    assert value == pytest.approx(exact(values)[name], rel=1e-3 if abs(offset) > 1e9 else 1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_one_stream_merge_into_the_whole(name: str) -> None:
    values, check = noise(1e9), build(name)
    state = reduced(check, [])
    for start in range(0, len(values), 1_000):
        state = check.merge(state, reduced(check, values[start : start + 1_000]))
    assert check.measure(state, view()).value == pytest.approx(exact(values)[name], rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_parts_far_from_each_other_merge_into_the_whole(name: str) -> None:
    low, high, check = noise(-1e6), noise(1e6)[:10], build(name)
    state = check.merge(reduced(check, low), queried(check, high))
    assert check.measure(state, view()).value == pytest.approx(exact(low + high)[name], rel=1e-6)


@pytest.mark.parametrize("values", [[], [None], [float("nan")], [3.0], [0.1] * 7, [1e15, 1e15]])
@pytest.mark.parametrize("name", ["skewness", "kurtosis"])
def test_equal_values_have_no_shape(name: str, values: list[Any]) -> None:
    check = build(name)
    for state in (reduced(check, values), queried(check, values)):
        assert check.measure(state, view()).value is None


@pytest.mark.parametrize("values", [[], [None, float("nan")], [3.0]])
@pytest.mark.parametrize("name", ["stddev", "variance"])
def test_one_value_does_not_scatter(name: str, values: list[Any]) -> None:
    check = build(name)
    for state in (reduced(check, values), queried(check, values)):
        assert check.measure(state, view()).value is None


@pytest.mark.parametrize("values", [[1.0, float("inf")], [float("inf")], [1e200, -1e200]])
@pytest.mark.parametrize("name", NAMES)
def test_infinities_are_an_error_and_no_crash_on_the_way(name: str, values: list[Any]) -> None:
    check = build(name)
    for state in (reduced(check, values), queried(check, values)):
        both = check.merge(check.merge(state, state), reduced(check, [1.0, 2.0]))
        for one in (state, both):
            with pytest.raises(ValueError, match="column 'x' are infinite, or too large"):
                check.measure(one, view())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("engine", "fused"), [("polars", 1), ("spark", 1), ("clickhouse", 0)])
def test_it_is_fused_with_other_rules_where_the_engine_has_moments(
    name: str, engine: str, fused: int
) -> None:
    check = build(name)
    assert isinstance(check, ReducibleCheck)
    plan = compile_rules([Rule("r", name, check)], view(engine))
    assert (len(plan.tables), len(plan.queries)) == (fused, 1 - fused)
