from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from dq_monitor.demo import gold, silver
from dq_monitor.demo.summary import as_json, flags, summarise
from dq_monitor.model.check import Kind
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import Counts, Decision, Finding, Status, Verdict
from dq_monitor.pipeline.sql import query

NOW = datetime(2013, 2, 9, 11, tzinfo=UTC)
FLIGHT = {
    "year": "2013",
    "month": "2",
    "day": "8",
    "dep_time": "2400",
    "sched_dep_time": "2355",
    "dep_delay": "5",
    "arr_time": "312",
    "sched_arr_time": "300",
    "arr_delay": "12",
    "carrier": "UA",
    "flight": "1545",
    "tailnum": "N14228",
    "origin": "EWR",
    "dest": "IAH",
    "air_time": "227",
    "distance": "1400",
    "time_hour": "2013-02-09T04:00:00Z",
}
NOT_FLOWN = dict.fromkeys(("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"))


def flights(*rows: dict[str, str | None]) -> pl.LazyFrame:
    return silver.flights(pl.LazyFrame([{**FLIGHT, **row} for row in rows]))


def test_times_are_minutes_and_midnight_is_none_of_them_late() -> None:
    row = flights({}).collect().row(0, named=True)
    assert (row["sched_dep_time"], row["dep_time"], row["arr_time"]) == (1435, 0, 192)
    assert row["flight_date"] == date(2013, 2, 8)
    assert row["time_hour"] == datetime(2013, 2, 9, 4, tzinfo=UTC)
    assert (row["cancelled"], row["diverted"]) == (False, False)


def test_a_flight_without_departure_is_cancelled_and_one_without_arrival_diverted() -> None:
    rows = flights(NOT_FLOWN, {"arr_delay": None, "air_time": None}).collect()
    assert rows["cancelled"].to_list() == [True, False]
    assert rows["diverted"].to_list() == [False, True]


def test_weather_knows_the_change_since_the_observation_before_at_the_same_airport() -> None:
    times = ("2013-05-09T01:00:00Z", "2013-05-09T02:00:00Z")
    columns = ("dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure")
    other = {**dict.fromkeys(columns), "visib": "10", "year": "2013", "month": "5", "day": "8"}
    seen = [("JFK", times[1], "13.1"), ("JFK", times[0], "57.0"), ("LGA", times[0], "60")]
    rows = [{"origin": o, "time_hour": t, "temp": f, "hour": "21", **other} for o, t, f in seen]
    types = dict.fromkeys(rows[0], pl.String)
    change = silver.weather(pl.LazyFrame(rows, schema=types)).collect()["temp_change"]
    assert [None if one is None else round(one, 1) for one in change] == [-43.9, None, None]


def test_days_are_summed_up_by_carrier_and_by_route() -> None:
    rows = flights({}, {"flight": "2", "arr_delay": "20"}, {"flight": "3", **NOT_FLOWN})
    names = pl.LazyFrame({"carrier": ["UA"], "name": ["United Air Lines Inc."]})
    carrier = gold.carrier_days(rows, names).collect().row(0, named=True)
    assert (carrier["flights"], carrier["cancelled"], carrier["miles"]) == (3, 1, 2800)
    assert carrier["carrier_name"] == "United Air Lines Inc."
    assert (carrier["on_time_share"], carrier["cancelled_share"]) == (0.5, 1 / 3)
    route = query(gold.ROUTE_DAYS, {"flights": rows}).collect().row(0, named=True)
    assert (route["origin"], route["dest"], route["flights"]) == ("EWR", "IAH", 3)
    assert (route["on_time_share"], route["mean_arr_delay"]) == (0.5, 16.0)


def verdict(table: str, counts: Counts, status: Status, **failing: int) -> Verdict:
    findings = tuple(
        Finding(rule, "in_range", Kind.ROW, status, "", failing=rows)
        for rule, rows in failing.items()
    )
    return Verdict("v", "w", table, table, "f", status, Decision.COMMIT, counts, NOW, findings)


def test_verdicts_are_added_up_by_table_in_the_order_of_the_layers() -> None:
    packs = {name: Pack(name, name, "f") for name in ("silver.a", "bronze.a")}
    told = as_json(
        summarise(
            [
                verdict("silver.a", Counts(5, 4, 1), Status.FAIL, low=1, high=0),
                verdict("bronze.a", Counts(5, 5), Status.PASS),
                verdict("silver.a", Counts(3, 1, 1, 1), Status.WARN, low=2, odd=3),
            ],
            packs,
        ),
        (),
    )
    assert told["tables"] == [
        {
            "table": "bronze.a",
            "writes": 1,
            "rows_in": 5,
            "kept": 5,
            "quarantined": 0,
            "dropped": 0,
            "rules": 0,
            "verdicts": {"pass": 1},
            "failing": {},
        },
        {
            "table": "silver.a",
            "writes": 2,
            "rows_in": 8,
            "kept": 5,
            "quarantined": 2,
            "dropped": 1,
            "rules": 0,
            "verdicts": {"fail": 1, "warn": 1},
            "failing": {"low": 3, "odd": 3},
        },
    ]


def test_flags_carry_the_day_of_the_data_and_come_in_its_order() -> None:
    metrics = [
        Metric("silver.a", "share", 0.5, NOW, day=date(2013, 2, 8)),
        Metric("silver.a", "share", 0.5, NOW, day=date(2013, 1, 8)),
        Metric("silver.a", "rows", 3, NOW),
    ]
    assert [flag.date for flag in flags(metrics)] == ["2013-01-08", "2013-02-08", "2013-02-09"]
    assert as_json((), flags(metrics[:1])) == {
        "tables": [],
        "flagged": [{"table": "silver.a", "metric": "share", "segment": "", "date": "2013-02-08"}],
    }
