"""Every check keeps its protocol, is documented, and refuses what it does not know."""

from __future__ import annotations

import inspect
import textwrap
from datetime import UTC, date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from dq_monitor.model.check import Aggregate, Kind, Reference, View
from dq_monitor.registry import plugs

CHECKS = plugs("dq_monitor.checks")
FRAME = pl.LazyFrame(
    {
        **{name: ["EWR", None] for name in ("carrier", "origin", "dest", "tailnum", "faa", "name")},
        **{name: [1, None] for name in ("dep_delay", "arr_delay", "flight", "lat", "lon")},
        **{name: [1, None] for name in ("sched_arr_time", "sched_dep_time")},
        "cancelled": [True, None],
        "flight_date": [date(2013, 1, 1), None],
        "time_hour": [datetime(2013, 1, 1, 5), None],  # noqa: DTZ001 - stored without a zone
    }
)
VIEW = View(nw.from_native(FRAME).collect_schema(), datetime(2013, 1, 2, tzinfo=UTC))


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
def test_check_keeps_the_protocol_of_its_kind(check: type) -> None:
    built = build(check)
    assert all(isinstance(name, str) for name in built.columns())
    ASKED[built.kind](built)


def ask_rows(check: Any) -> None:
    answers = ask(check.passes(VIEW))
    assert answers.dtype == pl.Boolean
    assert answers.len() == 2


def ask_keys(check: Any) -> None:
    names = check.columns()
    assert check.reference() is None or isinstance(check.reference(), Reference)
    keys = nw.from_native(FRAME).select(*names)
    for others in (keys, None):
        assert check.failing(keys, others).collect_schema().names() == list(names)


def ask_table(check: Any) -> None:
    parts = check.aggregates(VIEW)
    assert all(isinstance(part, Aggregate) for part in parts.values())
    state = {name: ask(part.expr).item() for name, part in parts.items()}
    assert isinstance(check.measure(state, VIEW).value, float)


def ask_history(check: Any) -> None:
    assert check.metric
    assert check.score(0.1, [], 4.0) is None


ASKED = {
    Kind.ROW: ask_rows,
    Kind.SET: ask_keys,
    Kind.TABLE: ask_table,
    Kind.HISTORY: ask_history,
}


def ask(expr: nw.Expr) -> pl.Series:
    lazy: pl.LazyFrame = nw.from_native(FRAME).select(answer=expr).to_native()
    return lazy.collect(engine="streaming")["answer"]


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
    elif check.kind is Kind.TABLE:
        check.aggregates(view)
    else:
        check.failing(nw.from_native(pl.LazyFrame({"dest_": ["x"]})), None)
