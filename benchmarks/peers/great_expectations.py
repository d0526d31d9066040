"""Great Expectations: a suite over a pandas frame read from the Parquet file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

REQUIREMENTS = ("great-expectations==1.24.1", "pyarrow==26.0.1")
LIBRARIES = ("great_expectations", "pandas")
DIFFERENCES = {
    "unique": "keys that are partly null repeat each other; with us they are no keys",
}
BASIC = {"result_format": "BASIC", "partial_unexpected_count": 0}

os.environ["GX_ANALYTICS_ENABLED"] = "false"


def count(rules: list[dict[str, Any]], source: Path) -> dict[str, float]:
    """Return the unexpected rows of each expectation, or the value that it observed."""
    import great_expectations as gx
    import pandas as pd

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    flights = context.data_sources.add_pandas("bench").add_dataframe_asset("flights")
    whole = flights.add_batch_definition_whole_dataframe("whole")
    batch = whole.get_batch(batch_parameters={"dataframe": pd.read_parquet(source)})
    expected = [_expected(rule, gx.expectations) for rule in rules]
    suite = gx.ExpectationSuite(name="bench", expectations=expected)
    done = batch.validate(suite, result_format=BASIC)
    return {one.expectation_config.meta["rule"]: _found(one.result) for one in done.results}


def _found(result: dict[str, Any]) -> float:
    return float(result["unexpected_count" if "unexpected_count" in result else "observed_value"])


def _expected(rule: dict[str, Any], expect: Any) -> Any:
    meta, column = {"meta": {"rule": rule["id"]}}, rule.get("column", "")
    match rule["check"]:
        case "not_null":
            return expect.ExpectColumnValuesToNotBeNull(column=column, **meta)
        case "unique" if len(rule["key"]) == 1:
            return expect.ExpectColumnValuesToBeUnique(column=rule["key"][0], **meta)
        case "unique":
            return expect.ExpectCompoundColumnsToBeUnique(column_list=rule["key"], **meta)
        case "in_range":
            bounds = {"min_value": rule["min"], "max_value": rule["max"]}
            return expect.ExpectColumnValuesToBeBetween(column=column, **bounds, **meta)
        case "in_set":
            return expect.ExpectColumnValuesToBeInSet(
                column=column, value_set=rule["values"], **meta
            )
        case "matches":
            return expect.ExpectColumnValuesToMatchRegex(
                column=column, regex=rule["pattern"], **meta
            )
        case "length":
            bounds = {"min_value": rule["min"], "max_value": rule["max"]}
            return expect.ExpectColumnValueLengthsToBeBetween(column=column, **bounds, **meta)
        case "compare_columns":
            return expect.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=column,
                column_B=rule["other"],
                ignore_row_if="either_value_is_missing",
                **meta,
            )
        case "mean":
            bounds = {"min_value": rule["min"], "max_value": rule["max"]}
            return expect.ExpectColumnMeanToBeBetween(column=column, **bounds, **meta)
        case _:
            return expect.ExpectTableRowCountToBeBetween(min_value=int(rule["min"]), **meta)
