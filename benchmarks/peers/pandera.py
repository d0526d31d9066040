"""pandera: a schema over a Polars frame; the failure cases of each error are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

REQUIREMENTS = ("pandera[polars]==0.35.0", "polars==2.1.0", "deltalake==1.6.6")
LIBRARIES = ("pandera.polars", "polars")
DIFFERENCES = {
    "in_range": "NaN is outside every range; with us it is unknown",
    "unique": "keys that are null, or partly null, repeat each other; with us they are no keys",
    "row_count": "a check that holds or not, no value: 0 means that it holds",
    "mean": "a check that holds or not, no value: 0 means that it holds",
}
OPERATORS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "<>": "ne"}


def count(rules: list[dict[str, Any]], source: Path) -> dict[str, float]:
    """Return the failure cases of each rule; validation is lazy, so that all rules are asked."""
    import pandera.errors as pe
    import polars as pl

    found = dict.fromkeys((rule["id"] for rule in rules), 0.0)
    try:
        _schema(rules).validate(pl.read_parquet(source), lazy=True)
    except pe.SchemaErrors as errors:
        for error in errors.schema_errors:
            cases = error.failure_cases
            found[_rule(rules, error)] = getattr(cases, "height", 1)
    return found


def write(rules: list[dict[str, Any]], source: Path, target: Path) -> int:
    """Write the rows that fail no check to a Delta table, the others to another; count the kept.

    Failure cases name the rows by their place; checks of the whole frame name none.
    """
    import pandera.errors as pe
    import polars as pl
    from deltalake import write_deltalake

    rows = pl.read_parquet(source)
    bad = pl.Series("index", [], pl.Int32)
    try:
        _schema(rules).validate(rows, lazy=True)
    except pe.SchemaErrors as errors:
        bad = errors.failure_cases["index"].drop_nulls().unique()
    fails = pl.int_range(pl.len()).is_in(bad.implode())
    good = rows.filter(~fails)
    write_deltalake(target / "table", good)
    write_deltalake(target / "quarantine", rows.filter(fails))
    return int(good.height)


def _rule(rules: list[dict[str, Any]], error: Any) -> str:
    """Return the id of the rule that an error speaks of: checks bear it, options do not."""
    if getattr(error.check, "name", None):
        return str(error.check.name)
    wanted = {
        "not_nullable": ("not_null", "column", error.schema.name),
        "field_uniqueness": ("unique", "key", [error.schema.name]),
        "multiple_fields_uniqueness": ("unique", "key", error.schema.unique),
    }[error.check]
    check, parameter, value = wanted
    return str(next(r["id"] for r in rules if r["check"] == check and r[parameter] == value))


def _schema(rules: list[dict[str, Any]]) -> Any:
    import pandera.polars as pa

    required = {rule["column"] for rule in rules if rule["check"] == "not_null"}
    keys = [rule["key"] for rule in rules if rule["check"] == "unique"]
    checks: dict[str, list[Any]] = {column: [] for key in keys for column in key}
    whole = []
    for rule in rules:
        if rule["check"] in {"in_range", "in_set", "matches", "length"}:
            checks.setdefault(rule["column"], []).append(_of_column(rule, pa.Check))
        elif rule["check"] in {"compare_columns", "row_count", "mean"}:
            whole.append(_of_frame(rule, pa.Check))
    columns = {
        name: pa.Column(
            checks=checks.get(name), nullable=name not in required, unique=[name] in keys
        )
        for name in {*required, *checks}
    }
    composite = next((key for key in keys if len(key) > 1), None)
    return pa.DataFrameSchema(columns, checks=whole, unique=composite)


def _of_column(rule: dict[str, Any], check: Any) -> Any:
    match rule["check"]:
        case "in_range":
            return check.in_range(rule["min"], rule["max"], name=rule["id"])
        case "in_set":
            return check.isin(rule["values"], name=rule["id"])
        case "matches":
            return check.str_contains(rule["pattern"], name=rule["id"])
        case _:
            return check.str_length(rule["min"], rule["max"], name=rule["id"])


def _of_frame(rule: dict[str, Any], check: Any) -> Any:
    import polars as pl

    if rule["check"] == "compare_columns":
        passes = getattr(pl.col(rule["column"]), OPERATORS[rule["op"]])(pl.col(rule["other"]))
        return check(lambda data: data.lazyframe.select(passes), name=rule["id"])
    value = pl.col(rule["column"]).mean() if rule["check"] == "mean" else pl.len()

    def holds(data: Any) -> bool:
        found = data.lazyframe.select(value).collect().item()
        return bool(rule["min"] <= found and (rule["max"] is None or found <= rule["max"]))

    return check(holds, name=rule["id"])
