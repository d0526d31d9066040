from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

DAYS = 5


@dataclass(frozen=True)
class Demo:
    """A demo that ran: its folder, what it said, and what it says when it is run again."""

    home: Path
    first: subprocess.CompletedProcess[str]
    again: subprocess.CompletedProcess[str]

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.first.stdout)
        return told

    @property
    def tables(self) -> dict[str, Mapping[str, Any]]:
        return {one["table"]: one for one in self.told["tables"]}


def dqm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DQM_")}
    return subprocess.run(
        [sys.executable, "-m", "dq_monitor", *arguments],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    first = dqm(folder, "demo", "--days", str(DAYS), "--json")
    before = snapshot(folder)
    again = dqm(folder, "demo", "--days", str(DAYS), "--json")
    assert snapshot(folder) == before
    return Demo(folder / ".dqm", first, again)


def snapshot(folder: Path) -> Sequence[tuple[str, int]]:
    """Return every file of the warehouse and the lineage with its size."""
    files = [*(folder / ".dqm" / "warehouse").rglob("*"), folder / ".dqm" / "lineage.jsonl"]
    return sorted((str(path), path.stat().st_size) for path in files if path.is_file())


def test_it_ends_well_and_says_one_object_and_nothing_else(demo: Demo) -> None:
    assert demo.first.returncode == 0, demo.first.stderr
    assert demo.first.stderr == ""
    assert set(demo.told) == {"tables", "flagged"}
    assert demo.told["flagged"] == []  # too few days to call any of them unusual


def test_every_row_is_accounted_for(demo: Demo) -> None:
    for one in demo.tables.values():
        assert one["kept"] + one["quarantined"] + one["dropped"] == one["rows_in"]
        assert sum(one["verdicts"].values()) == one["writes"]
        assert one["rules"] > 0


def test_all_layers_are_written_as_often_as_their_feeds_arrive(demo: Demo) -> None:
    writes = {table: one["writes"] for table, one in demo.tables.items()}
    daily = ("bronze.flights", "bronze.weather", "silver.flights", "silver.weather")
    once = ("airlines", "airports", "planes")
    assert writes == {
        **dict.fromkeys(daily, DAYS),
        **{f"{layer}.{feed}": 1 for layer in ("bronze", "silver") for feed in once},
        "gold.carrier_days": DAYS,
        "gold.route_days": DAYS,
    }


def test_the_dirt_that_is_in_the_data_is_found(demo: Demo) -> None:
    flights = pl.scan_csv(demo.home / "landing/flights/*.csv", infer_schema=False)
    known = {
        feed: pl.read_csv(demo.home / f"landing/{feed}/2013-01-01.csv", infer_schema=False)
        for feed in ("airports", "planes")
    }
    dest, tailnum = pl.col("dest"), pl.col("tailnum")
    expected = flights.select(
        (~dest.is_in(known["airports"]["faa"].implode())).sum().alias("dest_known"),
        ((tailnum != "NA") & ~tailnum.is_in(known["planes"]["tailnum"].implode()))
        .sum()
        .alias("tailnum_known"),
    )
    failing = demo.tables["silver.flights"]["failing"]
    found = {rule: failing[rule] for rule in ("dest_known", "tailnum_known")}
    assert found == expected.collect().row(0, named=True)
    assert demo.tables["silver.airports"]["quarantined"] == 3


def test_unusable_rows_lie_in_quarantine_with_their_reasons(demo: Demo) -> None:
    rows = pl.read_delta(str(demo.home / "warehouse/quarantine/silver/airports"))
    reasons = dict(zip(rows["faa"], rows["_dq_reasons"].to_list(), strict=True))
    assert reasons == {
        "DVT": ["longitude_of_the_states"],
        "EEN": ["in_range.latitude", "longitude_of_the_states"],
        "MYF": ["longitude_of_the_states"],
    }


def test_running_it_again_says_the_same_and_changes_nothing(demo: Demo) -> None:
    assert (demo.again.returncode, demo.again.stdout) == (0, demo.first.stdout)


def test_each_step_is_told_to_lineage_once(demo: Demo) -> None:
    lines = (demo.home / "lineage.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    steps = [e for e in events if e["job"]["name"] == "nycflights13.silver.flights"]
    assert [event["eventType"] for event in steps] == ["START", "COMPLETE"] * DAYS
    # A folder of daily files is one dataset, not one for each day.
    bronze = [e for e in events if e["job"]["name"] == "nycflights13.bronze.flights"]
    assert len({source["name"] for event in bronze for source in event["inputs"]}) == 1


def test_people_are_shown_tables_findings_alerts_and_where_to_look(demo: Demo) -> None:
    shown = dqm(demo.home.parent, "demo", "--days", "2", "--home", "other")
    assert shown.returncode == 0, shown.stderr
    for words in ("silver.flights", "tailnum_known", "to quarantine", "other/lineage.jsonl"):
        assert words in shown.stdout
    assert "DQM_HOME=other" in shown.stdout
    assert "[fail] silver.airports" in shown.stderr
    again = dqm(demo.home.parent, "demo", "--days", "2", "--home", "other")
    assert "2 of 2 deliveries were there already: nothing changed." in again.stdout
    assert again.stderr == ""
