"""cuallee: one check of many rules; what does not satisfy a rule's predicate violates it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

REQUIREMENTS = ("cuallee==0.15.4", "polars==2.1.0", "numpy==2.4.6")
LIBRARIES = ("cuallee", "polars", "cuallee.polars_validation")
NULL = "null violates it; with us it is unknown"
DIFFERENCES = {
    "unique": "keys that are null, or partly null, repeat each other; with us they are no keys",
    "in_range": "null and NaN violate it; with us both are unknown",
    **dict.fromkeys(("in_set", "matches", "length", "compare_columns"), NULL),
    "row_count": "cannot be asked of a frame",
    "mean": "only an exact mean can be asked",
}


def count(rules: list[dict[str, Any]], source: Path) -> dict[str, float]:
    """Return the violations of each rule."""
    import cuallee
    import polars as pl

    check = cuallee.Check(cuallee.CheckLevel.WARNING, "flights")
    asked = []
    for rule in rules:
        before = len(check.rules)
        _add(check, rule)
        asked += [rule["id"]] * (len(check.rules) - before)
    violations = check.validate(pl.read_parquet(source))["violations"].to_list()
    return dict(zip(asked, violations, strict=True))


def _add(check: Any, rule: dict[str, Any]) -> None:
    column = rule.get("column", "")
    match rule["check"]:
        case "not_null":
            check.is_complete(column)
        case "unique" if len(rule["key"]) == 1:
            check.is_unique(rule["key"][0])
        case "unique":
            check.are_unique(rule["key"])
        case "in_range":
            check.is_between(column, (rule["min"], rule["max"]))
        case "in_set":
            check.is_contained_in(column, tuple(rule["values"]))
        case "matches":
            check.has_pattern(column, rule["pattern"])
        case "compare_columns":
            check.satisfies("*", f"{column} {rule['op']} {rule['other']}")
        case "length":
            check.satisfies(column, f"LENGTH({column}) = {rule['min']}")
        case _:
            pass
