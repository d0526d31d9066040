"""The unit tests that packs carry, run on the Polars engine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dq_monitor.engines.polars import evaluate
from dq_monitor.packs import parse_pack
from dq_monitor.packtest import run_pack_tests

NOW = datetime(2013, 2, 1, tzinfo=UTC)
PACK = """\
table: silver.flights
timezone: America/New_York
contract:
  columns:
    day: {type: date}
    time_hour: {type: datetime}
    dep_delay: {type: int64}
    fare: {type: "decimal(8, 2)"}
rules:
  - not_null: [carrier, origin]
  - unique: [carrier, day]
  - in_range: {column: dep_delay, min: -120, max: 1440}
    where: cancelled = false
  - not_in_future: time_hour
  - in_range: {column: fare, min: 1}
  - foreign_key: {column: dest, references: bronze.airports.faa}
  - row_count:
    error: {below: 1}
  - mean: dep_delay
    warn: {over: 60}
tests:
  - name: a batch
"""


def mismatches(rows: str, fails: str) -> list[str]:
    pack = parse_pack(f"{PACK}    rows: {rows}\n    fails: {fails}\n", "pack.yaml")
    (result,) = run_pack_tests(pack, evaluate, NOW)
    return list(result.mismatches)


@pytest.mark.parametrize(
    ("rows", "fails"),
    [
        ("[{carrier: AA, origin: JFK}]", "{}"),
        ("[{carrier: AA}, {carrier: ~}]", "{not_null.carrier: 1}"),
        ("[{origin: JFK}, {}]", "{not_null.origin: 1}"),
        (
            "[{carrier: A, day: 2013-01-01}, {carrier: A, day: 2013-01-01}]",
            "{unique.carrier_day: 2}",
        ),
        (
            "[{dep_delay: 9999, cancelled: false}, {dep_delay: 9999, cancelled: true}]",
            "{in_range.dep_delay: 1}",
        ),
        ("[{dep_delay: 9999}]", "{}"),
        ("[{dep_delay: 61}]", "{mean.dep_delay: 1}"),
        ("[{dep_delay: 59}]", "{mean.dep_delay: 0}"),
        ("[{time_hour: 2013-02-01T00:00:01Z}]", "{not_in_future.time_hour: 1}"),
        ("[{time_hour: 2013-01-31T19:00:00-05:00}]", "{not_in_future.time_hour: 0}"),
        ("[{fare: 0.5}, {fare: 12}]", "{in_range.fare: 1}"),
        ("[{dest: XXX}]", "{}"),
        ("[]", "{row_count: 1}"),
        ("[{origin: JFK}]", "{not_null.carrier: 1}"),
    ],
)
def test_a_test_that_says_what_happens_passes(rows: str, fails: str) -> None:
    assert mismatches(rows, fails) == []


@pytest.mark.parametrize(
    ("rows", "fails", "told"),
    [
        ("[{carrier: ~}]", "{}", "not_null.carrier: 1 row fails, 0 expected"),
        (
            "[{carrier: AA}]",
            "{not_null.carrier: 1}",
            "not_null.carrier: 0 rows fail, 1 expected",
        ),
        ("[{a: 1}]", "{row_count: 1}", "row_count: measured 1, which passes"),
        (
            "[{dest: XXX}]",
            "{foreign_key.dest: 1}",
            "foreign_key.dest: needs the rows of another table, which a pack test has not",
        ),
        (
            "[{day: yesterday}]",
            "{}",
            "column 'day': not every value is of type date",
        ),
        (
            "[{dep_delay: late}]",
            "{}",
            "column 'dep_delay': not every value is of type int64",
        ),
        (
            "[{carrier: AA}, {carrier: 1}]",
            "{}",
            "column 'carrier': its values are of several types",
        ),
    ],
)
def test_a_test_that_does_not_hold_says_why(rows: str, fails: str, told: str) -> None:
    assert mismatches(rows, fails) == [told]


SEGMENTS = """\
table: silver.flights
rules:
  - not_null: origin
    by: carrier
  - mean: delay
    by: carrier
    warn: {over: 60}
tests:
  - name: by carrier
"""


@pytest.mark.parametrize(
    ("rows", "fails", "told"),
    [
        (
            "[{carrier: A, origin: ~}, {carrier: B, origin: ~}, {carrier: B, origin: x}]",
            "{not_null.origin: 2}",
            [],
        ),
        (
            "[{carrier: A, origin: ~}, {carrier: B, origin: ~}]",
            "{}",
            ["not_null.origin: 2 rows fail, 0 expected"],
        ),
        ("[{carrier: A, delay: 10}, {carrier: B, delay: 90}]", "{mean.delay: 1}", []),
        (
            "[{carrier: A, delay: 10}, {carrier: B, delay: 90}]",
            "{mean.delay: 0}",
            ["mean.delay: measured 90 in B, which trips"],
        ),
        ("[]", "{}", []),
    ],
)
def test_segments_add_up_and_one_that_trips_is_enough(
    rows: str, fails: str, told: list[str]
) -> None:
    pack = parse_pack(f"{SEGMENTS}    rows: {rows}\n    fails: {fails}\n", "pack.yaml")
    (result,) = run_pack_tests(pack, evaluate, NOW)
    assert list(result.mismatches) == told
