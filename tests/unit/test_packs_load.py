from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
import pytest
from pydantic import ConfigDict, Strict

from dq_monitor.errors import PackInvalid
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import (
    ColumnContract,
    Contract,
    Evolution,
    Freshness,
    GatePolicy,
    OnEmpty,
    OnExtra,
    Pack,
    PackTest,
    Schedule,
)
from dq_monitor.model.rule import Limit, Nulls, OnFail, Rule, Scope, Threshold
from dq_monitor.model.storage import Codec, Storage
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack

ANY_FAILURE = Threshold(over=Limit(0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A row check whose list makes a rule for each column."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    kind: ClassVar[Kind] = Kind.ROW
    shorthand: ClassVar[str] = "column"
    each: ClassVar[bool] = True
    column: str

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def passes(self, view: View) -> nw.Expr:
        return ~view.col(self.column).is_null()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A set check whose list is one key."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    kind: ClassVar[Kind] = Kind.SET
    shorthand: ClassVar[str] = "key"
    each: ClassVar[bool] = False
    key: tuple[str, ...]

    def columns(self) -> tuple[str, ...]:
        return self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """A table check without shorthand."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    kind: ClassVar[Kind] = Kind.TABLE
    shorthand: ClassVar[str] = ""
    each: ClassVar[bool] = False
    factor: Annotated[float, Strict()] = 1.0

    def __post_init__(self) -> None:
        if self.factor == 13:
            raise LookupError("thirteen")

    def columns(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged(Sized):
    """A table check that measures an age."""

    measures: ClassVar[str] = "age"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Sized):
    """A table check that counts violations."""

    measures: ClassVar[str] = "violations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """A history check."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    kind: ClassVar[Kind] = Kind.HISTORY
    shorthand: ClassVar[str] = "metric"
    each: ClassVar[bool] = True
    metric: str

    def columns(self) -> tuple[str, ...]:
        return ()


CHECKS: Mapping[str, type] = {
    "filled": Filled,
    "keyed": Keyed,
    "sized": Sized,
    "aged": Aged,
    "broken": Broken,
    "odd": Odd,
}


def parse(text: str) -> Pack:
    return parse_pack(f"table: silver.t\n{text}", "pack.yaml", CHECKS)


def only(rule: str) -> Rule:
    (found,) = parse(f"rules:\n  - {rule}\n").rules
    return found


def check_of(rule: str) -> object:
    return only(rule).check


def test_a_list_makes_one_rule_for_each_column() -> None:
    rules = parse("rules:\n  - filled: [a, b]\n").rules
    assert [rule.id for rule in rules] == ["filled.a", "filled.b"]
    assert [str(rule.place) for rule in rules] == ["pack.yaml:3:14", "pack.yaml:3:17"]


def test_a_list_is_one_key_where_the_check_says_so() -> None:
    assert check_of("keyed: [a, b]") == Keyed(key=("a", "b"))
    assert only("keyed: [a, b]").id == "keyed.a_b"


def test_a_bare_column_is_a_key_of_one() -> None:
    assert check_of("keyed: a") == Keyed(key=("a",))


@pytest.mark.parametrize("written", ["{factor: 2}", "{factor: 2.0}"])
def test_parameters_are_typed(written: str) -> None:
    assert check_of(f"{{sized: {written}, warn: {{over: 1}}}}") == Sized(factor=2.0)


@pytest.mark.parametrize("written", ["{}", "", "~"])
def test_a_check_without_parameters_may_stand_alone(written: str) -> None:
    assert only(f"{{sized: {written}, warn: {{over: 1}}}}").id == "sized"


@pytest.mark.parametrize(
    ("rule", "warn", "error", "on_fail"),
    [
        ("filled: a", None, ANY_FAILURE, OnFail.QUARANTINE),
        ("keyed: a", None, ANY_FAILURE, OnFail.QUARANTINE),
        ("broken:", None, ANY_FAILURE, OnFail.BLOCK),
        ("{filled: a, warn: {over: 0}}", ANY_FAILURE, None, OnFail.KEEP),
        ("{sized: {}, warn: {over: 0}}", ANY_FAILURE, None, OnFail.KEEP),
        ("{sized: {}, error: {over: 0}}", None, ANY_FAILURE, OnFail.BLOCK),
        ("{filled: a, warn: {over: 0}, on_fail: drop}", ANY_FAILURE, None, OnFail.DROP),
        ("{filled: a, on_fail: block}", None, ANY_FAILURE, OnFail.BLOCK),
    ],
)
def test_what_a_rule_does_not_say_follows_from_its_kind(
    rule: str, warn: Threshold | None, error: Threshold | None, on_fail: OnFail
) -> None:
    found = only(rule)
    assert (found.warn, found.error, found.on_fail) == (warn, error, on_fail)


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [
        ("{filled: a, warn: {over: 10}}", Threshold(over=Limit(10.0))),
        ("{filled: a, warn: {over: 0.1%}}", Threshold(over=Limit(0.001, share=True))),
        ("{filled: a, warn: {over: 5 %}}", Threshold(over=Limit(0.05, share=True))),
        ("{sized: , warn: {below: 95%}}", Threshold(below=Limit(0.95, share=True))),
        ("{sized: , warn: {outside: [-5, 40]}}", Threshold(outside=(-5.0, 40.0))),
        (
            "{sized: , warn: {over: 9, below: 1}}",
            Threshold(over=Limit(9.0), below=Limit(1.0)),
        ),
        ("{filled: a, warn: {above: 10}}", Threshold(over=Limit(10.0))),
        ("{sized: , warn: {above: 10}}", Threshold(over=Limit(10.0))),
        ("{sized: , warn: {outside: [5%, 95%]}}", Threshold(outside=(0.05, 0.95), percent=True)),
        ("{sized: , warn: {equal: 0}}", Threshold(equal=Limit(0.0))),
        ("{sized: , warn: {unequal: 95%}}", Threshold(unequal=Limit(0.95, share=True))),
        ("{aged: , warn: {above: 26h}}", Threshold(over=Limit(93_600.0))),
        ("{aged: , warn: {over: 26h}}", Threshold(over=Limit(93_600.0))),
        ("{aged: , warn: {over: 1.5d}}", Threshold(over=Limit(129_600.0))),
    ],
)
def test_thresholds_are_counts_shares_values_or_ages(rule: str, threshold: Threshold) -> None:
    assert only(rule).warn == threshold


def test_a_history_rule_is_named_for_its_metric_and_keeps_the_rows() -> None:
    rules = parse(
        "rules:\n  - {sized: , error: {below: 1}}\n  - {odd: sized, error: {beyond: 4}}\n"
    ).rules
    assert rules[1].id == "odd.sized"
    assert rules[1].error == Threshold(beyond=4.0)
    assert rules[1].on_fail is OnFail.KEEP


def test_options_are_taken_over() -> None:
    rule = only(
        "{filled: a, id: a_is_there, where: b > 1, nulls: fail, description: why, tags: [x, y]}"
    )
    assert (rule.id, rule.where, rule.nulls) == ("a_is_there", "b > 1", Nulls.FAIL)
    assert (rule.description, rule.tags) == ("why", ("x", "y"))
    assert only("{sized: , scope: table, warn: {over: 1}}").scope is Scope.TABLE


def test_a_check_that_breaks_is_an_error_of_the_pack() -> None:
    with pytest.raises(PackInvalid, match=r"pack\.yaml:3:12: sized: thirteen"):
        only("sized: {factor: 13}\n    warn: {over: 1}")


def test_a_reference_to_a_broken_rule_is_no_second_error() -> None:
    with pytest.raises(PackInvalid) as caught:
        parse(
            "rules:\n"
            "  - {sized: {factr: 1}, error: {below: 1}}\n"
            "  - {odd: sized, warn: {beyond: 4}}\n"
            "tests:\n"
            "  - {name: a, rows: [], fails: {sized: 1}}\n"
        )
    assert caught.value.detail.splitlines()[0] == "1 error in 1 file"


def test_a_pack_is_typed_throughout() -> None:
    pack = parse(
        "pack: flights\n"
        "owner: ops\n"
        "description: what flew\n"
        "notify: [chat]\n"
        "timezone: America/New_York\n"
        "partition_by: [day]\n"
        "storage: {compression: gzip, level: 3, max_rows_per_file: 1000}\n"
        "contract:\n"
        "  evolution: strict\n"
        "  on_extra: reject\n"
        "  columns: {day: {type: date, nullable: false, unit: d, description: when}}\n"
        "gate: {max_quarantined: 5%, on_empty: warn}\n"
        "freshness: {column: day, warn_after: 26h, error_after: 2d}\n"
        "schedule: {freshness: '*/5 * * * *', audit: '0 6 * * sun'}\n"
        "rules:\n  - filled: day\n"
        "tests:\n  - {name: x, rows: [{day: ~}], fails: {filled.day: 1}}\n"
    )
    assert (pack.name, pack.table, pack.file) == ("flights", "silver.t", "pack.yaml")
    assert (pack.owner, pack.description, pack.notify) == ("ops", "what flew", ("chat",))
    assert (pack.timezone, pack.partition_by) == ("America/New_York", ("day",))
    assert pack.contract == Contract(
        {"day": ColumnContract("date", nullable=False, unit="d", description="when")},
        Evolution.STRICT,
        OnExtra.REJECT,
    )
    assert pack.storage == Storage(Codec.GZIP, 3, 1000)
    assert pack.gate == GatePolicy(Limit(0.05, share=True), OnEmpty.WARN)
    assert pack.freshness == Freshness("day", timedelta(hours=26), timedelta(days=2))
    assert pack.schedule == Schedule("*/5 * * * *", "0 6 * * sun")
    assert pack.tests == (PackTest("x", ({"day": None},), {"filled.day": 1}),)


def test_a_pack_needs_no_more_than_its_table() -> None:
    assert parse("") == Pack("silver.t", "silver.t", parse("").fingerprint, "pack.yaml")


def test_five_thousand_rules_are_the_limit() -> None:
    rules = "".join(f"  - filled: c{n}\n" for n in range(5_001))
    with pytest.raises(PackInvalid, match="3:3: 5,001 rules, the limit is 5,000: split the pack"):
        parse(f"rules:\n{rules}")
