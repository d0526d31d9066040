"""pointblank: a plan of validation steps, interrogated without keeping extracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

REQUIREMENTS = ("pointblank==1.1.1", "polars==2.1.0", "deltalake==1.6.6", "pyarrow==26.0.1")
LIBRARIES = ("pointblank", "polars")
DIFFERENCES = {
    "unique": "keys that are null, or partly null, repeat each other; with us they are no keys",
    "in_range": "NaN is outside every range; with us it is unknown",
    "in_set": "null is outside every set, and cannot be let pass; with us it is unknown",
    "row_count": "asks for one number, here with all above as its tolerance; 0 means that it holds",
    "mean": "two steps that hold or not, no value: 0 means that they hold",
}
OPERATORS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "<>": "ne"}


def count(rules: list[dict[str, Any]], source: Path) -> dict[str, float]:
    """Return the failing test units of each rule's steps."""
    import pointblank as pb
    import polars as pl

    plan = pb.Validate(data=pl.scan_parquet(source))
    steps: dict[str, list[int]] = {}
    for rule in rules:
        before = len(plan.validation_info)
        plan = _add(plan, rule, pb)
        steps[rule["id"]] = list(range(before + 1, len(plan.validation_info) + 1))
    done = plan.interrogate(collect_extracts=False, collect_tbl_checked=False)
    failed = done.n_failed()
    return {rule: sum(failed[step] or 0 for step in mine) for rule, mine in steps.items()}


def write(rules: list[dict[str, Any]], source: Path, target: Path) -> int:
    """Write the rows that pass all steps to a Delta table, the others to another; count the kept.

    Only steps about rows part them: those about the whole table are asked beside.
    """
    import pointblank as pb
    import polars as pl
    from deltalake import write_deltalake

    plan = pb.Validate(data=pl.read_parquet(source))
    for rule in rules:
        plan = _add(plan, rule, pb)
    done = plan.interrogate(collect_extracts=False)
    good = done.get_sundered_data(type="pass")
    write_deltalake(target / "table", good)
    write_deltalake(target / "quarantine", done.get_sundered_data(type="fail"))
    return int(good.height)


def _add(plan: Any, rule: dict[str, Any], pb: Any) -> Any:
    column = rule.get("column", "")
    match rule["check"]:
        case "not_null":
            return plan.col_vals_not_null(column)
        case "unique":
            return plan.rows_distinct(rule["key"])
        case "in_range":
            return plan.col_vals_between(column, rule["min"], rule["max"], na_pass=True)
        case "in_set":
            return plan.col_vals_in_set(column, rule["values"])
        case "matches":
            return plan.col_vals_regex(column, rule["pattern"], na_pass=True)
        case "length":
            return plan.col_vals_str_len(column, rule["min"], rule["max"], na_pass=True)
        case "compare_columns":
            compare = getattr(plan, f"col_vals_{OPERATORS[rule['op']]}")
            return compare(column, pb.col(rule["other"]), na_pass=True)
        case "mean":
            return plan.col_avg_ge(column, rule["min"]).col_avg_le(column, rule["max"])
        case _:
            return plan.row_count_match(count=rule["min"], tol=(0, 10**12))
