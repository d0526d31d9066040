"""A store as two months of flights would leave it: a blizzard, refused rows, one rejected write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import polars as pl

from dq_monitor.model.check import Kind
from dq_monitor.model.event import (
    BatchCommitted,
    Dataset,
    Event,
    Origin,
    RollbackStarted,
    RowsMoved,
    StepStarted,
    TableRolledBack,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.metric import Metric
from dq_monitor.model.outbox import Changes
from dq_monitor.model.quarantine import HeldRows, RowState, tally
from dq_monitor.model.rollback import Change, Rollback
from dq_monitor.model.rule import OnFail
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import SEVERITY, Counts, Decision, Finding, Status, Verdict
from dq_monitor.store import Store, open_store

FIRST_DAY = date(2013, 1, 1)
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = "![x](http://evil.example/x.png)"
HOSTILE_TABLE = f"bronze.{SCRIPT}"
REFUSED_DESTS = ("BQN", "SJU", "PSE", "STT", IMAGE, SCRIPT)

STEPS = {
    "bronze.flights": ("flights.csv",),
    "bronze.weather": ("weather.csv",),
    "bronze.airports": ("airports.csv",),
    "bronze.planes": ("planes.csv",),
    "silver.flights": ("bronze.flights", "bronze.airports", "bronze.planes"),
    "silver.weather": ("bronze.weather",),
    "gold.carrier_day": ("silver.flights",),
    "gold.route_day": ("silver.flights", "silver.weather", "bronze.airports"),
}
DAILY = {"bronze.flights", "bronze.weather", "silver.flights", "silver.weather"}
RULES: dict[str, tuple[tuple[str, Kind, str, OnFail], ...]] = {
    "silver.flights": (
        ("not_null.carrier", Kind.ROW, "no failing row", OnFail.QUARANTINE),
        ("unique.flight_date_carrier_flight", Kind.SET, "no failing row", OnFail.QUARANTINE),
        ("in_set.origin", Kind.ROW, "no failing row", OnFail.QUARANTINE),
        ("dep_delay_plausible", Kind.ROW, "not over 0.1% of rows", OnFail.QUARANTINE),
        ("foreign_key.dest", Kind.SET, "warn over 0 rows", OnFail.QUARANTINE),
        ("foreign_key.tailnum", Kind.SET, "warn over 20% of rows", OnFail.KEEP),
        ("row_count", Kind.TABLE, "error below 1", OnFail.BLOCK),
        ("share_of.cancelled", Kind.TABLE, "error over 40%", OnFail.KEEP),
        ("anomaly.share_of.cancelled", Kind.HISTORY, "warn beyond 4 deviations", OnFail.KEEP),
    ),
}
BY_CARRIER = "gold.carrier_day"
CARRIERS = ("AA", "UA")
PLAIN_RULES = (
    ("row_count", Kind.TABLE, "error below 1", OnFail.BLOCK),
    ("not_null.key", Kind.ROW, "no failing row", OnFail.QUARANTINE),
    ("columns_match", Kind.TABLE, "no column missing", OnFail.BLOCK),
)


@dataclass(frozen=True, slots=True)
class Story:
    """Where the story was written, and what of it the tests look for."""

    store_url: str
    warehouse: Path
    days: int

    @property
    def blizzard(self) -> date:
        return FIRST_DAY + timedelta(days=self.days * 2 // 3)

    @property
    def last_day(self) -> date:
        return FIRST_DAY + timedelta(days=self.days - 1)


def tell(home: Path, days: int = 15, *, hostile: bool = True) -> Story:
    """Fill a store and its quarantine under `home`."""
    story = Story(f"sqlite:///{home / 'store.db'}", home / "warehouse", days)
    store = open_store(story.store_url)
    random = Random(7)  # noqa: S311 - a story, no secret
    for event in _events(story, random, hostile=hostile):
        store.log.append(event)
    _incidents(store, story)
    store.close()
    _quarantine(story)
    return story


def another_write(story: Story, table: str) -> None:
    """Add the write of the day after the story's last."""
    store = open_store(story.store_url)
    for event in write_of(story, table, story.last_day + timedelta(days=1), Random(8)):  # noqa: S311 - as above
        store.log.append(event)
    store.close()


def roll_back(story: Story, table: str, *, by: str, reason: str) -> None:
    """Undo the table's last write of the story, a day later."""
    last, number = f"{table}:{story.last_day}", story.days
    undone = Rollback(table, number, number - 1, (Change(number, last),), by=by, reason=reason)
    at = datetime.combine(story.last_day + timedelta(days=2), time(5), UTC)
    store = open_store(story.store_url)
    store.log.append(RollbackStarted("back", table, at, undone))
    store.log.append(TableRolledBack("back", table, number + 1, at, undone))
    store.close()


def _events(story: Story, random: Random, *, hostile: bool) -> Iterator[Event]:
    for index in range(story.days):
        day = FIRST_DAY + timedelta(days=index)
        for table in STEPS:
            if index == 0 or table in DAILY or table.startswith("gold"):
                yield from write_of(story, table, day, random)
    if hostile:
        yield from write_of(story, HOSTILE_TABLE, story.last_day, random)


def write_of(story: Story, table: str, day: date, random: Random) -> Iterator[Event]:
    """Return the events of one write: started, judged, committed or rejected."""
    at = datetime.combine(day + timedelta(days=1), time(5), UTC)
    index = (day - FIRST_DAY).days
    write_id = f"{table}:{day}"
    origin = _origin(table, day)
    rejected = table == "bronze.weather" and index == story.days // 2
    findings, metrics = _findings(story, table, day, at, random)
    counts = _counts(findings, random)
    if rejected:
        findings, counts = _refused(findings), Counts(counts.rows_in, 0, counts.rows_in)
    verdict = Verdict(
        id=f"v:{write_id}",
        subject=write_id,
        table=table,
        pack=table,
        fingerprint="f" * 64,
        status=max((f.status for f in findings), key=SEVERITY.__getitem__),
        decision=Decision.REJECT if rejected else Decision.COMMIT,
        counts=counts,
        judged_at=at,
        findings=findings,
        reasons=("column humid is missing",) if rejected else (),
    )
    yield StepStarted(origin, at)
    started = (write_id, table, WriteMode.APPEND, table, "f" * 64, f"stage-{write_id}")
    yield WriteStarted(*started, at=at, origin=origin)
    held = _held(findings, counts)
    judged_at = at + timedelta(seconds=2)
    yield WriteJudged(write_id, table, judged_at, verdict, origin, metrics, held=held)
    end = at + timedelta(seconds=3)
    if rejected:
        yield WriteRejected(write_id, table, end, verdict.reasons)
    else:
        yield BatchCommitted(write_id, table, index + 1, end, index + 1 if held else None)
    if table == "silver.flights" and day == FIRST_DAY:
        waived = tally(2, {"foreign_key.dest": 2})
        yield RowsMoved(f"m:{day}", table, write_id, end, RowState.WAIVED, waived, by="ana")


def _origin(table: str, day: date) -> Origin:
    return Origin(
        job=f"flights.{table}",
        run_id=f"run:{table}:{day}",
        pipeline="flights",
        inputs=tuple(_dataset(name) for name in STEPS.get(table, ())),
        output=_dataset(table),
        day=day,
    )


def _dataset(name: str) -> Dataset:
    csv = name.endswith(".csv")
    folder = "/data/landing" if csv else "/data/warehouse"
    path = f"{folder}/{name if csv else name.replace('.', '/')}"
    return Dataset(name, "file", path, "csv" if csv else "delta")


def _findings(
    story: Story, table: str, day: date, at: datetime, random: Random
) -> tuple[tuple[Finding, ...], tuple[Metric, ...]]:
    rows = 8255 if not table.startswith("gold") else 16
    rows = round(rows * (0.85 if day.weekday() == 5 else 1) * random.uniform(0.97, 1.03) / 10)
    storm = day in {story.blizzard, story.blizzard + timedelta(days=1)}
    rules = RULES.get(table, PLAIN_RULES)
    if table == HOSTILE_TABLE:
        rules = (*rules, (IMAGE, Kind.ROW, "no failing row", OnFail.QUARANTINE))
    found = tuple(_finding(rule, rows, random, storm=storm) for rule in rules)
    metrics = [Metric(table, "row_count", float(rows), at, day=day)]
    if table == "silver.flights":
        share = random.uniform(0.55, 0.6) if storm else random.uniform(0.005, 0.03)
        low, high = (None, None) if (day - FIRST_DAY).days < 7 else (0.0, 0.09 + share / 9)
        metrics.append(
            Metric(table, "share_of.cancelled", share, at, "", day, low, high, flagged=storm)
        )
    if table == BY_CARRIER:
        found += tuple(_segment(name) for name in CARRIERS)
        metrics += [Metric(table, "mean.delay", 9.0, at, name, day) for name in CARRIERS]
    return found, tuple(metrics)


def _segment(name: str) -> Finding:
    message = "measured 9 (120 rows)"
    found = Finding("mean.delay", "mean", Kind.TABLE, Status.PASS, message, ("delay",), name)
    return replace(found, expected="warn over 60", value=9.0)


def _finding(
    rule: tuple[str, Kind, str, OnFail], rows: int, random: Random, *, storm: bool
) -> Finding:
    rule_id, kind, expected, on_fail = rule
    failing = {"foreign_key.dest": random.randint(8, 26), "foreign_key.tailnum": 124}.get(rule_id)
    failing = 3 if rule_id == IMAGE else failing or 0
    status = Status.WARN if failing else Status.PASS
    if storm and rule_id in {"share_of.cancelled", "anomaly.share_of.cancelled"}:
        status = Status.FAIL if kind is Kind.TABLE else Status.WARN
    check, _, columns = rule_id.partition(".")
    by_row = kind in {Kind.ROW, Kind.SET}
    passed = "as expected" if status is Status.PASS else f"outside what the pack allows: {expected}"
    message = f"{failing:,} of {rows:,} rows fail" if failing else f"{check} is {passed}"
    return Finding(
        rule_id=rule_id,
        check=check,
        kind=kind,
        status=status,
        message=message,
        columns=(columns,) if columns and kind is not Kind.HISTORY else (),
        expected=expected,
        on_fail=on_fail,
        failing=failing if by_row else None,
        passing=rows - failing if by_row else None,
        value=None if by_row else float(rows),
    )


def _counts(findings: Sequence[Finding], random: Random) -> Counts:
    rows = max((f.failing or 0) + (f.passing or 0) for f in findings)
    refused = sum(f.failing or 0 for f in findings if f.on_fail is OnFail.QUARANTINE)
    return Counts(rows, rows - refused, refused)


def _held(findings: Sequence[Finding], counts: Counts) -> tuple[HeldRows, ...]:
    by_rule = {f.rule_id: f.failing or 0 for f in findings if f.on_fail is OnFail.QUARANTINE}
    return tally(counts.quarantined, {rule: rows for rule, rows in by_rule.items() if rows})


def _refused(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    broken = {"status": Status.ERROR, "message": "column humid is missing"}
    return tuple(
        replace(f, **broken) if f.rule_id == "columns_match" else f  # type: ignore[arg-type]
        for f in findings
    )


def _incidents(store: Store, story: Story) -> None:
    at = datetime.combine(story.blizzard, time(5), UTC)
    opened = Incident(
        id="i-1",
        table="silver.flights",
        rule_id="share_of.cancelled",
        segment="",
        state=IncidentState.OPEN,
        severity=Status.FAIL,
        title="More than 40% of the day's flights were cancelled",
        opened_at=at,
        last_seen_at=at + timedelta(days=1),
        times_seen=2,
        owner="flight-ops",
    )
    settled = replace(
        opened,
        id="i-2",
        table="bronze.weather",
        rule_id="columns_match",
        state=IncidentState.RESOLVED,
        severity=Status.ERROR,
        title="The delivery came without the column humid",
    )
    store.cursors.advance("alerts", 1, Changes(incidents=(opened, settled)))


def _quarantine(story: Story) -> None:
    """Keep the rows that `foreign_key.dest` refused on the last day."""
    count = len(REFUSED_DESTS)
    frame = pl.DataFrame(
        {
            "flight_date": [story.last_day] * count,
            "carrier": ["B6", "B6", "UA", "DL", "AA", "B6"],
            "flight": [1701, 703, 1545, 1203, 655, 11],
            "origin": ["JFK", "JFK", "EWR", "JFK", "LGA", "EWR"],
            "dest": REFUSED_DESTS,
            "tailnum": ["N618JB", None, "N24211", "N668DN", "N619AA", "N805JB"],
            "dep_delay": [4.0, -3.0, 12.5, None, 0.0, 33.0],
            "_dq_write_id": [f"silver.flights:{story.last_day}"] * count,
            "_dq_reasons": [["foreign_key.dest"]] * (count - 1)
            + [["foreign_key.dest", "foreign_key.tailnum"]],
            "_dq_at": [datetime.combine(story.last_day, time(5), UTC)] * count,
        }
    )
    frame.write_delta(story.warehouse / "quarantine" / "silver" / "flights")
