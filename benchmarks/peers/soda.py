"""Soda: a data contract, verified by DuckDB over the Parquet file."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

REQUIREMENTS = ("soda-duckdb==4.28.0", "duckdb==2.0.1")
VERIFY = "soda_core.contracts.api.verify_api"
SOURCES = "soda_duckdb.common.data_sources.duckdb_data_source"
LIBRARIES = ("duckdb", VERIFY, SOURCES)
DIFFERENCES = {
    "unique": "counts rows that are one too many, also of partly null keys; with us every row of a "
    "repeated key fails, and what is partly null is no key",
}
DATASET = "bench/main/flights"

os.environ["SODA_CORE_TELEMETRY_ENABLED"] = "false"


def count(rules: list[dict[str, Any]], source: Path) -> dict[str, float]:
    """Return the value that each check holds against its threshold."""
    import duckdb
    from soda_core.contracts.api.verify_api import verify_contract_locally
    from soda_duckdb.common.data_sources import duckdb_data_source

    connection = duckdb.connect()
    connection.read_parquet(str(source)).create_view("flights")
    data = duckdb_data_source.DuckDBDataSourceImpl.from_existing_cursor(connection, "bench")
    with tempfile.TemporaryDirectory() as folder:
        contract = Path(folder) / "contract.yml"
        contract.write_text(json.dumps(_contract(rules)), encoding="utf-8")
        session = verify_contract_locally(data_sources=[data], contract_file_path=str(contract))
    [result] = session.contract_verification_results
    return {one.check.name: one.threshold_value for one in result.check_results}


def _contract(rules: list[dict[str, Any]]) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {}
    whole: list[Any] = []
    for rule in rules:
        key = rule.get("key", ())
        column = key[0] if len(key) == 1 else rule.get("column", "")
        of_column = column and rule["check"] != "compare_columns"
        checks = columns.setdefault(column, []) if of_column else whole
        kind, options = _check(rule)
        checks.append({kind: {"name": rule["id"], "qualifier": rule["id"], **options}})
    listed = [{"name": name, "checks": checks} for name, checks in columns.items()]
    return {"dataset": DATASET, "columns": listed, "checks": whole}


def _check(rule: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    match rule["check"]:
        case "not_null":
            return "missing", {}
        case "unique":
            return "duplicate", {"columns": rule["key"]} if len(rule["key"]) > 1 else {}
        case "in_range":
            return "invalid", {"valid_min": rule["min"], "valid_max": rule["max"]}
        case "in_set":
            return "invalid", {"valid_values": rule["values"]}
        case "matches":
            return "invalid", {"valid_format": {"regex": rule["pattern"], "name": rule["id"]}}
        case "length":
            return "invalid", {"valid_min_length": rule["min"], "valid_max_length": rule["max"]}
        case "compare_columns":
            fails = f"NOT ({rule['column']} {rule['op']} {rule['other']})"
            return "failed_rows", {"expression": fails}
        case "mean":
            bounds = {"greater_than_or_equal": rule["min"], "less_than_or_equal": rule["max"]}
            return "aggregate", {"function": "avg", "threshold": {"must_be_between": bounds}}
        case _:
            return "row_count", {"threshold": {"must_be_greater_than_or_equal": rule["min"]}}
