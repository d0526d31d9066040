"""Whoever knows a check by another tool's name is told ours."""

from __future__ import annotations

import pytest

from dq_monitor.errors import PackInvalid
from dq_monitor.packs import parse_pack
from dq_monitor.packs.catalog import CheckType, catalog
from dq_monitor.packs.foreign import by_alias, tool_of
from dq_monitor.packs.options import OPTION_NAMES

ALIASES = by_alias(catalog())


def said(text: str) -> str:
    with pytest.raises(PackInvalid) as caught:
        parse_pack(text, "pack.yaml")
    return caught.value.detail


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_every_alias_is_told_our_name_with_an_example(alias: str) -> None:
    check = ALIASES[alias]
    told = said(f"table: silver.t\nrules:\n  - {alias}: {{}}\n    where: a > 1\n")
    assert told.startswith("1 error in 1 file\npack.yaml:3:5: unknown check ")
    assert f"here it is `{check.name}`, such as `{check.name}:" in told


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_no_alias_is_a_check_or_an_option(alias: str) -> None:
    assert alias not in catalog()
    assert alias not in OPTION_NAMES


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_what_speaks_of_a_rule_by_our_name_is_no_second_error(alias: str) -> None:
    rule = f"{ALIASES[alias].name}.a"
    text = f"rules: [{{{alias}: a}}]\ntests: [{{name: x, rows: [], fails: {{{rule}: 1}}}}]"
    assert said(f"table: silver.t\n{text}").startswith("1 error")


@pytest.mark.parametrize(
    ("alias", "tool"),
    [
        ("relationships", "dbt"),
        ("accepted_range", "dbt_utils"),
        ("expect_column_values_to_be_unique", "Great Expectations"),
        ("isComplete", "Deequ"),
        ("satisfies", "Deequ"),
        ("missing_count", ""),
        ("is_not_null", ""),
        ("island", ""),
    ],
)
def test_a_tool_is_named_where_the_name_is_surely_its(alias: str, tool: str) -> None:
    assert tool_of(alias) == tool


@pytest.mark.parametrize("check", catalog().values(), ids=catalog())
def test_the_parts_of_a_description_are_told_apart(check: CheckType) -> None:
    assert check.summary.endswith(".")
    assert "Example:" not in check.prose
    assert check.example.startswith("- ")
    assert check.example_line.startswith(f"{check.name}:")
