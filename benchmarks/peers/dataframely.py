"""dataframely: a schema class whose failing rows are collected and counted by rule."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

REQUIREMENTS = ("dataframely==3.1.2", "polars==2.1.0", "deltalake==1.6.6")
OF_ONE_COLUMN = {"in_range", "in_set", "matches", "length"}
LIBRARIES = ("dataframely", "polars")
DIFFERENCES = {
    "in_range": "NaN is outside every range; with us it is unknown",
    "unique": "keys that are null, or partly null, repeat each other; with us they are no keys",
    "row_count": "a rule that holds or not, no value: 0 means that it holds",
    "mean": "a rule that holds or not, no value: 0 means that it holds",
}
TYPES = {"Boolean": "Bool"}  # the others bear the names that Polars gives them
OPERATORS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "<>": "ne"}


def count(rules: list[dict[str, Any]], source: Path) -> dict[str, float]:
    """Return the failing rows of each rule: filter the frame, count what failed."""
    import polars as pl

    rows = pl.read_parquet(source)
    schema, names = _schema(rules, rows.schema)
    failure = schema.filter(rows).failure
    found = failure.counts()
    return {rule: found.get(name, 0) for rule, name in names.items()}


def write(rules: list[dict[str, Any]], source: Path, target: Path) -> int:
    """Write the rows that fail no rule to a Delta table, the others to another; count the kept."""
    import polars as pl
    from deltalake import write_deltalake

    rows = pl.read_parquet(source)
    schema, _ = _schema(rules, rows.schema)
    good, failure = schema.filter(rows)
    write_deltalake(target / "table", good)
    write_deltalake(target / "quarantine", failure.invalid())
    return int(good.height)


def _schema(rules: list[dict[str, Any]], columns: Any) -> tuple[Any, dict[str, str]]:
    """Return the schema class, and under which name it counts each rule.

    Nullability and questions about one column are that column's own, others are schema rules.
    """
    import dataframely as dy

    names: dict[str, str] = {}
    members: dict[str, Any] = {}
    required: set[str] = set()
    checks: dict[str, dict[str, Any]] = {name: {} for name in columns}
    for number, rule in enumerate(rules):
        label, column = f"rule_{number}", rule.get("column", "")
        if rule["check"] == "not_null" and not rule["where"]:
            required.add(column)
            names[rule["id"]] = f"{column}|nullability"
        elif rule["check"] in OF_ONE_COLUMN:
            checks[column][label] = partial(_holds, rule)
            names[rule["id"]] = f"{column}|check__{label}"
        else:
            members[label] = dy.rule()(partial(_asked, rule))
            names[rule["id"]] = label
    for name, dtype in columns.items():
        members[name] = _column(dtype, nullable=name not in required, check=checks[name])
    return type("Flights", (dy.Schema,), members), names


def _column(dtype: Any, **options: Any) -> Any:
    import dataframely as dy

    kind = str(dtype.base_type())
    if dtype.is_float():
        options["allow_nan"] = True
    if kind == "Datetime":
        options["time_zone"] = dtype.time_zone
    return getattr(dy, TYPES.get(kind, kind))(**options)


def _holds(rule: dict[str, Any], value: Any) -> Any:
    if rule["check"] == "in_range":
        return value.is_between(rule["min"], rule["max"])
    if rule["check"] == "in_set":
        return value.is_in(rule["values"])
    if rule["check"] == "matches":
        return value.str.contains(rule["pattern"])
    return value.str.len_chars().is_between(rule["min"], rule["max"])


def _asked(rule: dict[str, Any], _schema: Any) -> Any:
    """Return a rule that is not of one column alone, true for the rows outside its `where`."""
    import polars as pl

    inside = pl.lit(value=True)
    if rule["where"]:
        column, _, value = rule["where"].partition(" = ")
        inside = (pl.col(column) == value.strip("'")).fill_null(value=False)
    if rule["check"] == "not_null":
        return ~inside | pl.col(rule["column"]).is_not_null()
    if rule["check"] == "compare_columns":
        return getattr(pl.col(rule["column"]), OPERATORS[rule["op"]])(pl.col(rule["other"]))
    if rule["check"] == "unique":
        key = pl.struct(rule["key"]) if len(rule["key"]) > 1 else pl.col(rule["key"])
        if rule["where"]:
            return ~inside | pl.when(inside).then(key).is_unique()
        return key.is_unique()
    if rule["check"] == "mean":
        found = pl.col(rule["column"]).filter(inside).mean()
    else:
        found = inside.sum() if rule["where"] else pl.len()
    return (
        found >= rule["min"] if rule["max"] is None else found.is_between(rule["min"], rule["max"])
    )
