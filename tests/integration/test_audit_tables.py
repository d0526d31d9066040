"""Audits of real Delta tables that nobody writes to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from dq_monitor.audit import audit_freshness, audit_id, audit_table
from dq_monitor.checks.not_null import NotNull
from dq_monitor.errors import TableUnreadable
from dq_monitor.model.pack import Freshness, Pack
from dq_monitor.model.rule import Limit, Rule, Threshold
from dq_monitor.model.verdict import Decision, Status
from dq_monitor.store.memory import MemoryLog
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.newest import newest
from tests.bucket_server import Warehouse

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIMITS = Freshness("seen_at", warn_after=timedelta(hours=26), error_after=timedelta(hours=50))
DELAY = Rule("not_null.delay", "not_null", NotNull(column="delay"), error=Threshold(over=Limit(0)))
PACK = Pack("silver.flights", "silver.flights", "f" * 64, rules=(DELAY,), freshness=LIMITS)


def flights(*ages_in_hours: float, delay: Sequence[int | None] = ()) -> pl.DataFrame:
    rows = len(ages_in_hours)
    return pl.DataFrame(
        {
            "seen_at": [NOW - timedelta(hours=age) for age in ages_in_hours],
            "delay": list(delay) or [1] * rows,
        },
        schema={"seen_at": pl.Datetime("us", "UTC"), "delay": pl.Int64},
    )


@pytest.fixture
def tables(warehouse: Warehouse) -> DeltaTables:
    return warehouse.tables()


def store(tables: DeltaTables, frame: pl.DataFrame, **options: object) -> None:
    frame.write_delta(
        tables.uri("silver.flights"),
        mode="append",
        delta_write_options=options,
        storage_options=dict(tables.storage),
    )


def test_the_newest_row_of_all_files_counts(tables: DeltaTables) -> None:
    store(tables, flights(30, 80))
    store(tables, flights(60))
    verdict = audit_freshness(PACK, tables, MemoryLog(), NOW).verdict
    assert verdict.status is Status.WARN
    assert verdict.findings[0].value == timedelta(hours=30).total_seconds()


def test_the_age_becomes_a_metric(tables: DeltaTables) -> None:
    store(tables, flights(2))
    (metric,) = audit_freshness(PACK, tables, MemoryLog(), NOW).metrics
    assert (metric.name, metric.value, metric.at) == ("freshness", 7200.0, NOW)


def test_compacting_files_makes_nothing_fresh(tables: DeltaTables) -> None:
    store(tables, flights(60))
    store(tables, flights(70))
    tables.open("silver.flights").handle.optimize.compact()
    assert audit_freshness(PACK, tables, MemoryLog(), NOW).verdict.status is Status.FAIL


def test_a_table_that_was_never_written_is_never(tables: DeltaTables) -> None:
    (found,) = audit_freshness(PACK, tables, MemoryLog(), NOW).verdict.findings
    assert found.status is Status.FAIL
    assert found.message.startswith("never:")


def test_a_table_without_rows_is_missing(tables: DeltaTables) -> None:
    store(tables, flights())
    (found,) = audit_freshness(PACK, tables, MemoryLog(), NOW).verdict.findings
    assert found.status is Status.FAIL
    assert found.message.startswith("missing:")


def test_a_column_that_is_not_there_is_an_error_that_names_it(tables: DeltaTables) -> None:
    store(tables, flights(1))
    pack = replace(PACK, freshness=replace(LIMITS, column="sean_at"))
    (found,) = audit_freshness(pack, tables, MemoryLog(), NOW).verdict.findings
    assert found.status is Status.ERROR
    assert "'sean_at'" in found.message


def test_one_slot_has_one_verdict(tables: DeltaTables) -> None:
    store(tables, flights(1))
    log, slot = MemoryLog(), NOW - timedelta(minutes=5)
    first = audit_freshness(PACK, tables, log, NOW, slot=slot)
    again = audit_freshness(PACK, tables, log, NOW + timedelta(days=9), slot=slot)
    assert again == first
    assert len(log.read(0)) == 1


def test_an_audit_is_named_by_table_scope_and_slot() -> None:
    berlin = datetime.fromisoformat("2026-11-23T13:15:00+01:00")
    assert audit_id("a.b", "full", berlin) == "audit:a.b:full:2026-11-23T12:15:00Z"


def test_a_full_audit_asks_the_stored_rows(tables: DeltaTables) -> None:
    store(tables, flights(1, 2, delay=[5, None]))
    verdict = audit_table(PACK, tables, MemoryLog(), NOW).verdict
    assert verdict.status is Status.FAIL
    assert [(f.rule_id, f.failing, f.passing) for f in verdict.findings] == [
        ("not_null.delay", 1, 1)
    ]
    assert verdict.counts.rows_in == 2
    assert (verdict.decision, verdict.reasons) == (Decision.COMMIT, ())


def test_a_full_audit_of_nothing_is_not_evaluated(tables: DeltaTables) -> None:
    assert audit_table(PACK, tables, MemoryLog(), NOW).verdict.status is Status.NOT_EVALUATED


def test_a_damaged_file_is_an_error_without_a_traceback(
    tables: DeltaTables, warehouse: Warehouse
) -> None:
    store(tables, flights(1, 2))
    for path in warehouse.paths():
        if path.endswith(".parquet"):
            warehouse.write(path, b"PAR1 this is no parquet PAR1")
    (found,) = audit_table(PACK, tables, MemoryLog(), NOW).verdict.findings
    assert found.status is Status.ERROR
    assert found.message.startswith("the table could not be read")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([date(2026, 1, 1), date(2026, 1, 3)], date(2026, 1, 3), id="dates"),
        pytest.param([date(2026, 1, 1), None], date(2026, 1, 1), id="with_nulls"),
        pytest.param([None, None], None, id="only_nulls"),
    ],
)
def test_newest_value_is_read_off_the_log(
    tmp_path: Path, values: list[date | None], expected: date | None
) -> None:
    pl.DataFrame({"day": values}, schema={"day": pl.Date}).write_delta(tmp_path)
    for file in tmp_path.glob("*.parquet"):
        file.unlink()  # nothing but the log is left to answer
    assert newest(DeltaTable(tmp_path), "day") == expected


def test_newest_value_beyond_the_statistics_is_scanned(tmp_path: Path) -> None:
    early = {f"c{number}": [number] for number in range(40)}
    pl.DataFrame(early | {"day": [date(2026, 1, 2)]}).write_delta(tmp_path)
    assert newest(DeltaTable(tmp_path), "day") == date(2026, 1, 2)


def test_newest_value_of_a_partition_column_is_found(tmp_path: Path) -> None:
    frame = pl.DataFrame({"day": [date(2026, 1, 2), date(2026, 1, 1)], "n": [1, 2]})
    frame.write_delta(tmp_path, delta_write_options={"partition_by": ["day"]})
    assert newest(DeltaTable(tmp_path), "day") == date(2026, 1, 2)


def test_newest_value_of_text_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"day": ["2026-01-01"]}).write_delta(tmp_path)
    with pytest.raises(TableUnreadable, match="no date or timestamp"):
        newest(DeltaTable(tmp_path), "day")
