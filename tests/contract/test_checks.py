"""Every check keeps its protocol, is documented, and refuses what it does not know."""

from __future__ import annotations

import inspect
import textwrap
from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from dq_monitor.checks._base import Table
from dq_monitor.model.check import Kind, Measures, Merge, QueryCheck
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View
from dq_monitor.registry import plugs

CHECKS = plugs("dq_monitor.checks")
VIEW = View({}, datetime(2013, 1, 2, tzinfo=UTC))


def example(check: type) -> tuple[str, dict[str, Any]]:
    """Return the name and parameters that the check's documentation shows."""
    _, _, text = inspect.cleandoc(check.__doc__ or "").partition("Example:")
    (rule,) = yaml.safe_load(textwrap.dedent(text))
    name, value = next((key, value) for key, value in rule.items() if key in CHECKS)
    if isinstance(value, dict):
        return name, value
    each = check.each and isinstance(value, list)  # type: ignore[attr-defined]  # the protocol's
    return name, {check.shorthand: value[0] if each else value}  # type: ignore[attr-defined]


def build(check: type) -> Any:
    return TypeAdapter(check).validate_python(example(check)[1])


every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


def test_the_checks_of_the_reference_packs_are_there() -> None:
    assert {
        *("not_null", "unique", "in_set", "in_range", "matches", "length", "compare_columns"),
        *("expression", "foreign_key", "not_in_future", "row_count", "mean", "share_of"),
        *("columns_match", "freshness", "anomaly"),
    } <= set(CHECKS)


@every_check
def test_documentation_shows_an_example_that_loads(check: type) -> None:
    name, _ = example(check)
    assert CHECKS[name] is check
    assert isinstance(build(check), check)


@every_check
def test_unknown_parameter_is_refused(check: type) -> None:
    with pytest.raises(ValidationError, match="kolumn"):
        TypeAdapter(check).validate_python({**example(check)[1], "kolumn": "x"})


@every_check
def test_json_schema_is_closed_and_describes_each_parameter(check: type) -> None:
    schema = TypeAdapter(check).json_schema()
    assert schema["additionalProperties"] is False
    for name, parameter in schema["properties"].items():
        assert parameter.get("description"), f"{name} has no description"


@every_check
def test_shorthand_is_one_of_the_parameters(check: type) -> None:
    shorthand = check.shorthand  # type: ignore[attr-defined]  # the protocol's
    assert shorthand in {"", *TypeAdapter(check).json_schema()["properties"]}


@every_check
def test_check_is_a_value(check: type) -> None:
    assert build(check) == build(check)
    assert hash(build(check)) == hash(build(check))


@every_check
def test_check_says_what_it_is(check: Any) -> None:
    assert isinstance(check.kind, Kind)
    assert isinstance(check.measures, Measures)
    assert set(check.engines) <= {"polars", "duckdb", "spark", "postgres", "clickhouse"}
    assert not set(check.aliases) & set(CHECKS)
    assert all(isinstance(name, str) for name in build(check).columns())


def test_no_two_checks_share_an_alias() -> None:
    aliases = [alias for check in CHECKS.values() for alias in check.aliases]  # type: ignore[attr-defined]  # the protocol's
    assert sorted(set(aliases)) == sorted(aliases)


FORETOLD = {
    name: check
    for name, check in CHECKS.items()
    if issubclass(check, Table) and check.foretold_by is not Statistics.NONE
}


@pytest.mark.parametrize("check", FORETOLD.values(), ids=FORETOLD)
def test_what_statistics_answer_merges_as_they_do(check: Any) -> None:
    built = build(check)
    view = View({name: nw.Int64() for name in built.columns()}, VIEW.now)
    merges = {part.merge for part in built.aggregates(view).values()}
    counts = check.foretold_by is Statistics.COUNTS
    assert merges <= ({Merge.SUM} if counts else {Merge.MIN, Merge.MAX})


READERS = {name: check for name, check in CHECKS.items() if build(check).columns()}


@pytest.mark.parametrize("check", READERS.values(), ids=READERS)
def test_missing_column_is_named_with_those_there_are(check: type) -> None:
    built = build(check)
    view = View({"dest_": nw.String()}, VIEW.now)
    with pytest.raises(ValueError, match="no column") as raised:
        ask_missing(built, view)
    assert "\n" not in str(raised.value)


def ask_missing(check: Any, view: View) -> None:
    if check.kind is Kind.ROW:
        check.passes(view)
    elif isinstance(check, QueryCheck):
        rows = nw.from_native(pl.LazyFrame({"dest_": ["x"]}))
        check.query(rows, rows if check.reference() else None, view)
    elif check.kind is Kind.TABLE:
        check.aggregates(view)
    else:
        check.failing(nw.from_native(pl.LazyFrame({"dest_": ["x"]})), None)
