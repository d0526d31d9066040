"""Every reader of another tool's results gives failures by name, and refuses what is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dq_monitor.errors import ResultsUnreadable
from dq_monitor.intake import READERS
from dq_monitor.model.results import ToolResults
from dq_monitor.registry import plugs

AT = datetime(2013, 1, 7, 6, 30, tzinfo=UTC)
EXPECTATION = {
    "success": False,
    "expectation_config": {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "dest", "batch_id": "flights"},
        "meta": {},
    },
    "result": {"element_count": 10, "unexpected_count": 2, "partial_unexpected_list": [None]},
    "exception_info": {"raised_exception": False},
}
VALIDATION = {
    "success": False,
    "results": [
        EXPECTATION,
        {**EXPECTATION, "success": True},
        {
            "success": False,
            "expectation_config": {
                "expectation_type": "expect_table_row_count_to_be_between",
                "kwargs": {"min_value": 1},
            },
            "result": {"observed_value": 0},
        },
    ],
    "meta": {"run_id": {"run_name": "daily", "run_time": "2013-01-07T06:30:00+00:00"}},
}
# Each file as its tool writes it, cut down, and what is to be read in it.
FILES: dict[str, tuple[Any, dict[str, float]]] = {
    "dbt": (
        {
            "metadata": {"dbt_version": "1.10.0", "generated_at": "2013-01-07T06:30:00.000000Z"},
            "results": [
                {"unique_id": "model.air.flights", "status": "success", "failures": None},
                {"unique_id": "test.air.not_null_flights_dest.0a1b", "status": "fail"}
                | {"failures": 3, "message": "Got 3 results, configured to fail if != 0"},
                {"unique_id": "test.air.unique_flights_id.2c3d", "status": "pass"}
                | {"failures": 0},
                {"unique_id": "test.air.few_delays", "status": "warn", "failures": 7},
                {"unique_id": "test.air.broken.4e5f", "status": "error", "failures": None},
                {"unique_id": "test.air.skipped.6a7b", "status": "skipped", "failures": None},
            ],
        },
        {"not_null_flights_dest": 3, "unique_flights_id": 0, "few_delays": 7, "broken": 1},
    ),
    "gx": (
        VALIDATION,
        {
            "expect_column_values_to_not_be_null.dest": 2,
            "expect_column_values_to_not_be_null.dest_2": 0,
            "expect_table_row_count_to_be_between": 1,
        },
    ),
    "soda": (
        {
            "definitionName": "flights",
            "scanEndTimestamp": "2013-01-07T06:30:00+00:00",
            "hasFailures": True,
            "checks": [
                {"name": "row_count > 0", "outcome": "pass", "table": "flights", "column": None},
                {"name": "missing_count(dest) = 0", "outcome": "fail", "column": "dest"},
                {"name": "duplicate_count(id) = 0", "outcome": "warn"},
                {"name": "anomaly detection for row_count", "outcome": None},
            ],
        },
        {"row_count > 0": 0, "missing_count(dest) = 0": 1, "duplicate_count(id) = 0": 1},
    ),
    "generic": (
        {"at": "2013-01-07T06:30:00Z", "results": [{"name": "totals agree", "failures": 0.5}]},
        {"totals agree": 0.5},
    ),
}


def read(tool: str, text: bytes) -> ToolResults:
    found: ToolResults = plugs(READERS)[tool]().read(text)
    return found


def test_every_reader_has_a_file_here() -> None:
    assert FILES.keys() == plugs(READERS).keys()


@pytest.mark.parametrize("tool", FILES)
def test_failures_are_read_by_name_with_the_time(tool: str) -> None:
    document, failures = FILES[tool]
    assert read(tool, json.dumps(document).encode()) == ToolResults(failures, AT)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_checkpoint_holds_several_validations(*, wrapped: bool) -> None:
    one = {"validation_result": VALIDATION} if wrapped else VALIDATION
    run_id = {"run_time": "2013-01-07T06:30:00"}
    document = {"success": False, "run_id": run_id, "run_results": {"a": one, "b": one}}
    found = read("gx", json.dumps(document).encode())
    assert found.failures["expect_column_values_to_not_be_null.dest_3"] == 2
    assert found.at == AT


@pytest.mark.parametrize("tool", FILES)
@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"{}", b'{"results": 3, "checks": 3}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_result_is_refused(tool: str, text: bytes) -> None:
    with pytest.raises(ResultsUnreadable) as raised:
        read(tool, text)
    assert raised.value.fix


@pytest.mark.parametrize("failures", ["-1", "NaN", '"many"', "null"])
def test_failures_are_a_count(failures: str) -> None:
    with pytest.raises(ResultsUnreadable, match=r"results\.0\.failures"):
        read("generic", f'{{"results": [{{"name": "x", "failures": {failures}}}]}}'.encode())
