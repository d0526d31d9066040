"""Names that other tools give to our checks: whoever types one is told ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dq_monitor.packs.catalog import Catalog, CheckType

DBT = frozenset({"accepted_values", "relationships"})
DBT_UTILS = frozenset(
    {
        "accepted_range",
        "at_least_one",
        "cardinality_equality",
        "equal_rowcount",
        "equality",
        "expression_is_true",
        "fewer_rows_than",
        "mutually_exclusive_ranges",
        "not_accepted_values",
        "not_constant",
        "not_empty_string",
        "not_null_proportion",
        "recency",
        "relationships_where",
        "sequential_values",
        "unique_combination_of_columns",
    }
)


def by_alias(catalog: Catalog) -> Mapping[str, CheckType]:
    """Return the checks by the names that other tools give them."""
    return {alias: check for check in catalog.values() for alias in check.aliases}


def introduced(alias: str, check: CheckType) -> str:
    """Say what `alias`, as someone typed it, is called here."""
    tool = tool_of(alias)
    return (
        f"unknown check {alias!r}{f' ({tool})' if tool else ''}: here it is `{check.name}`, "
        f"such as `{check.example_line}` (see `dqm rules {check.name}`)"
    )


def tool_of(alias: str) -> str:
    """Return the tool that a name is from, empty where that cannot be said for sure."""
    if alias.startswith("expect_"):
        return "Great Expectations"
    if re.fullmatch(r"(is|has|are|have|satisfies|contains)[A-Z]\w*|satisfies", alias):
        return "Deequ"
    if alias in DBT:
        return "dbt"
    return "dbt_utils" if alias in DBT_UTILS else ""
