"""How many files there are and how large: of a batch, and of the table that it goes into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.audit import audit_table
from dq_monitor.cli.main import run
from dq_monitor.gate import Gate, Write
from dq_monitor.model.event import Origin
from dq_monitor.model.table import WriteMode
from dq_monitor.packs import parse_pack
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from dq_monitor.tables.delta import DeltaTables

NOW = datetime(2013, 2, 9, 11, tzinfo=UTC)
TABLE = "silver.flights"
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
PACK = """
table: silver.flights
rules:
  - file_count: {}
    id: batch
    warn: {over: 99}
  - file_count: {}
    id: table
    scope: table
    warn: {over: 99}
  - file_size: total
    id: bytes
    scope: table
    warn: {over: 1GB}
"""


class House:
    def __init__(self, root: Path) -> None:
        self.pack = parse_pack(PACK, "pack.yaml")
        self.tables = DeltaTables(str(root))
        self.log = MemoryLog()
        self.gate = Gate(
            tables=self.tables,
            packs={TABLE: self.pack},
            log=self.log,
            history=MemoryHistory(self.log),
        )

    def write(self, days: list[int], mode: WriteMode = WriteMode.APPEND) -> Mapping[str, float]:
        outcome = self.gate.write(
            Write(
                table=TABLE,
                frame=pl.LazyFrame({"day": days, "x": days}),
                write_id=f"w{len(self.log.read(0))}",
                origin=ORIGIN,
                now=NOW,
                mode=mode,
                partition_by=("day",),
            )
        )
        return {f.rule_id: f.value or 0 for f in outcome.verdict.findings}

    def stored(self) -> tuple[int, int]:
        sizes = self.tables.open(TABLE).sizes().sizes
        return len(sizes), sum(sizes)


@pytest.mark.parametrize(
    ("mode", "days", "batch", "table"),
    [
        (WriteMode.APPEND, [1, 2], 2, 5),
        (WriteMode.OVERWRITE, [1], 1, 1),
        (WriteMode.REPLACE_PARTITIONS, [2, 3, 4], 3, 4),
    ],
)
def test_what_the_table_will_hold_is_what_it_then_holds(
    tmp_path: Path, mode: WriteMode, days: list[int], batch: int, table: int
) -> None:
    house = House(tmp_path)
    house.write([1, 2, 3])
    found = house.write(days, mode)
    assert (found["batch"], found["table"]) == (batch, table)
    assert (found["table"], found["bytes"]) == house.stored()


def test_an_audit_reads_the_files_off_the_log(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write([1, 2, 3])
    verdict = audit_table(house.pack, house.tables, house.log, NOW).verdict
    found = {finding.rule_id: finding.value for finding in verdict.findings}
    assert (found["table"], found["bytes"]) == house.stored()


@pytest.mark.parametrize("target", ["silver.flights", ".dqm/warehouse/silver/flights", "a.parquet"])
def test_the_command_knows_the_files_of_delta_tables(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    target: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pack.yaml").write_text(PACK)
    house = House(tmp_path / ".dqm" / "warehouse")
    house.write([1, 2, 3])
    pl.DataFrame({"day": [1], "x": [1]}).write_parquet("a.parquet")
    assert run(["check", target, "--pack", "pack.yaml", "--json"]) == 0
    found = {f["rule"]: f["value"] for f in json.loads(capsys.readouterr().out)["findings"]}
    assert found["table"] == (None if target == "a.parquet" else 3)
