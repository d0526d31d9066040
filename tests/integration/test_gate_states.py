"""The gate with what is remembered of the stored rows: the same outcome, from what is new."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.model.event import Origin
from dq_monitor.model.pack import Pack
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import Decision
from dq_monitor.states.memory import Memory
from dq_monitor.store import Store, open_store
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from dq_monitor.tables.delta import DeltaTables
from tests.states_house import TABLE, pack_of

NOW = datetime(2013, 7, 1, 12, tzinfo=UTC)
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
EXAMPLES = int(os.environ.get("DQM_EXAMPLES", "40")) // 3
SCHEMA = {"day": pl.String, "id": pl.Int64, "dest": pl.String, "delay": pl.Float64}
RULES = """
- unique: id
  on_fail: quarantine
- unique: [id, dest]
  warn: {over: 0}
- unique: [dest, delay]
  where: "day = 'mon'"
- row_count: {}
  scope: table
  error: {over: 12}
- mean: {column: delay}
  scope: table
  warn: {outside: [1, 4]}
- max: {column: delay}
  scope: table
  by: [dest]
  warn: {over: 4}
- median: {column: delay}
  scope: table
  warn: {over: 4}
- null_share: {column: dest}
  scope: table
  by: [day]
  warn: {over: 20%}
"""


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = open_store(sqlite_url)
    yield opened
    opened.close()


class House:
    """A warehouse of its own, with a memory or without."""

    def __init__(self, root: Path, store: Store | None, pack: Pack) -> None:
        self.tables = DeltaTables(str(root / "warehouse"))
        self.memory = Memory(store.states, root / "states") if store else None
        self.log = MemoryLog()
        self.gate = Gate(
            tables=self.tables,
            packs={pack.table: pack},
            log=self.log,
            history=MemoryHistory(self.log),
            memory=self.memory,
        )

    def write(self, batch: pl.DataFrame, number: int, mode: WriteMode) -> Outcome:
        return self.gate.write(
            Write(
                table=TABLE,
                frame=batch.lazy(),
                write_id=f"w{number}",
                origin=ORIGIN,
                now=NOW,
                mode=mode,
                partition_by=("day",),
            )
        )

    def rows(self) -> list[str]:
        return sorted(map(repr, self.tables.scan(TABLE).collect().rows()))


ROW = st.fixed_dictionaries(
    {
        "day": st.sampled_from(["mon", "tue"]),
        "id": st.none() | st.integers(0, 30),
        "dest": st.none() | st.sampled_from(["EWR", "JFK"]),
        "delay": st.none() | st.sampled_from([0.5, 3.0, float("nan"), 9.0]),
    }
)
BATCH = st.lists(ROW, max_size=5).map(lambda rows: pl.DataFrame(rows, schema=SCHEMA))
MODES = st.sampled_from(
    [WriteMode.APPEND] * 4 + [WriteMode.OVERWRITE, WriteMode.REPLACE_PARTITIONS]
)


def test_a_write_has_the_outcome_that_it_has_without_memory(tmp_path: Path, store: Store) -> None:
    numbers = iter(range(100_000))

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(BATCH, MODES, st.booleans()), min_size=2, max_size=5))
    def hold(writes: list[tuple[pl.DataFrame, WriteMode, bool]]) -> None:
        root = tmp_path / str(next(numbers))
        knowing, plain = (
            House(root / name, there, pack_of(RULES))
            for name, there in (("knowing", store), ("plain", None))
        )
        for number, (batch, mode, wider) in enumerate(writes):
            rows = batch.with_columns(extra=pl.lit(1)) if wider else batch
            outcomes = [house.write(rows, number, mode) for house in (knowing, plain)]
            assert comparable(outcomes[0]) == comparable(outcomes[1])
        if knowing.tables.exists(TABLE):
            assert knowing.rows() == plain.rows()

    hold()


def comparable(outcome: Outcome) -> object:
    verdict = outcome.verdict
    found = sorted(
        (f.rule_id, f.segment, f.status, f.failing, f.passing, _rounded(f.value))
        for f in verdict.findings
    )
    return verdict.decision, verdict.counts, found


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"


def test_an_append_does_not_read_the_stored_rows_that_are_known(
    tmp_path: Path, store: Store
) -> None:
    pack = pack_of(RULES)
    # Of keys that lie beyond all stored ones the files' footers say so: they are opened, not read.
    beyond = {"unique.id_dest", "unique.dest_delay"}
    rules = (rule for rule in pack.rules if rule.name != "median")
    adding_up = tuple(rule for rule in rules if rule.id not in beyond)
    house = House(tmp_path, store, replace(pack, rules=adding_up))
    for number in range(3):
        assert house.write(overlapping(number), number, WriteMode.APPEND).version is not None
    uri = house.tables.uri(TABLE)
    known = [f.path for f in house.tables.open(TABLE).files() if "w2" not in f.path]
    assert len(known) == 2
    for path in known:
        Path(uri, path).write_bytes(b"whoever reads it breaks")
    assert house.write(overlapping(3), 3, WriteMode.APPEND).decision is Decision.COMMIT


def overlapping(number: int) -> pl.DataFrame:
    """Return rows whose keys are new and lie around those of the batches before."""
    rows = {
        "day": "mon",
        "id": [10 - number, 11 + number],
        "dest": [f"A{9 - number}", f"Z{number}"],
        "delay": [2.0, 3.0],
    }
    return pl.DataFrame(rows, schema=SCHEMA)
