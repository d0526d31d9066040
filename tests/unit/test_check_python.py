"""A function that a package offers is found by its name, never by a path, and checked at load."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pytest

from dq_monitor.errors import PackInvalid
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack

VIEW = View({"a": nw.Int64(), "s": nw.String()}, datetime(2013, 1, 2, tzinfo=UTC))


def rule(text: str) -> Rule:
    (found,) = parse_pack(f"{{table: a.b, rules: [{{python: {text}}}]}}", "pack.yaml").rules
    return found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{function: ontime, columns: a}", "no installed function 'ontime': did you mean 'on_time"),
        ("{function: 'os:system', columns: a}", "no installed function 'os:system'"),
        ("{function: dqm_functions.on_time, columns: a}", "no installed function"),
        ("{function: on_time, columns: a}", "missing a required.* 'minutes'"),
        (
            "{function: on_time, columns: a, arguments: {minuts: 1}}",
            "did you mean 'minutes'|missing a required",
        ),
        ("{function: on_time, columns: [a, s], arguments: {minutes: 1}}", "too many positional"),
        (
            "{function: on_time, columns: a, arguments: {minutes: soon}}",
            "argument 'minutes': Input should be a valid integer",
        ),
        ("{function: on_time, columns: a, arguments: {minutes: '15'}}", "valid integer"),
        (
            "{function: one_of, columns: a, arguments: {until: tomorrow}}",
            "argument 'until': Input should be a valid date",
        ),
        ("{function: untyped, columns: a, arguments: {limit: 3}}", "'limit' has no type"),
        ("{function: on_time, arguments: {minutes: 1}}", "columns"),
    ],
)
def test_what_does_not_fit_is_refused_at_load(text: str, reason: str) -> None:
    with pytest.raises(PackInvalid, match=reason):
        rule(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{function: a_number, columns: a}", "returned a Int64, not a yes or no"),
        ("{function: no_expression, columns: a}", "returned a bool, not a narwhals expression"),
        ("{function: broken, columns: a}", "raised RuntimeError: it broke"),
        ("{function: on_time, columns: s, arguments: {minutes: 1}}", "does not fit"),
        ("{function: untyped, columns: b}", "no column 'b'"),
    ],
)
def test_what_does_not_answer_is_an_error_of_its_rule(text: str, reason: str) -> None:
    check: Any = rule(text).check
    with pytest.raises(ValueError, match=reason):
        check.passes(VIEW)


def test_arguments_are_part_of_the_rule() -> None:
    one, other = (
        rule(f"{{function: on_time, columns: a, arguments: {{minutes: {n}}}}}") for n in (1, 2)
    )
    assert one.check != other.check
    assert one.check.columns() == ("a",)
