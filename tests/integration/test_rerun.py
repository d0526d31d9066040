"""A rollback with `--rerun`: what was built from it goes back too, and all of it is made again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from dq_monitor.cli.main import dqm
from dq_monitor.errors import UsageError
from dq_monitor.failpoints import ARMED

PIPELINE = """\
import polars as pl
from dq_monitor import Pipeline, Step, file, new_rows, table


def landed(rows, run):
    return rows.with_columns(pl.lit(run.key).alias("day"))


def typed(rows):
    return rows.select("trip", (pl.col("km") * FACTOR).alias("metres"), "day")


pipeline = Pipeline("daily", (
    Step("bronze.trips", {"rows": file("landing/{day}.csv")}, landed),
    Step("silver.trips", {"rows": new_rows("bronze.trips")}, typed),
    Step("gold.days", {"trips": table("silver.trips")}, mode="overwrite",
         sql="SELECT day, sum(metres) AS metres FROM trips GROUP BY day"),
))
"""
CHAIN = """\
import polars as pl
from dq_monitor import Pipeline, Step, file, new_rows, table


def landed(rows, run):
    return rows.with_columns(pl.lit(run.key).alias("day"))


def counted(trips):
    return trips.group_by("day").agg(pl.len().cast(pl.Int64).alias("n"))


pipeline = Pipeline("daily", (
    Step("bronze.trips", {"rows": file("landing/{day}.csv")}, landed),
    Step("silver.trips", {"rows": new_rows("bronze.trips")}, lambda rows: rows),
    Step("gold.counts", {"trips": new_rows("silver.trips")}, counted),
    Step("gold.last", {"rows": new_rows("bronze.trips")}, lambda rows: rows, mode="overwrite"),
))
"""
DAYS = ("2026-11-23", "2026-11-24", "2026-11-25")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    for table, column in (("bronze.trips", "trip"), ("silver.trips", "trip"), ("gold.days", "day")):
        pack = f"table: {table}\nrules:\n  - not_null: {column}\n"
        (tmp_path / "rules" / f"{table}.yaml").write_text(pack)
    (tmp_path / "landing").mkdir()
    for number, day in enumerate(DAYS, start=1):
        (tmp_path / "landing" / f"{day}.csv").write_text(f"trip,km\n{number},{number}\n")
    use(1000)
    return tmp_path


@pytest.fixture
def chain(project: Path) -> Path:
    """Steps after steps that read the new rows of a day, and one that keeps the last day alone."""
    for table in ("gold.counts", "gold.last"):
        pack = f"table: {table}\nrules:\n  - not_null: day\n"
        (project / "rules" / f"{table}.yaml").write_text(pack)
    (project / "daily.py").write_text(CHAIN)
    for name in DAYS:
        day(name)
    return project


def use(factor: int) -> None:
    Path("daily.py").write_text(f"FACTOR = {factor}\n{PIPELINE}")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dqm, arguments, catch_exceptions=False)


def day(name: str) -> None:
    assert run("run", "daily.py", "--day", name).exit_code == 0


def roll_back(*arguments: str) -> Any:
    done = run("rollback", *arguments, "--rerun", "daily.py", "--json")
    assert done.exit_code == 0
    return json.loads(done.output)


def killed_at(step: str, *arguments: str) -> bool:
    main = "from dq_monitor.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", main, *arguments],
        env={**os.environ, ARMED: step},
        check=False,
        capture_output=True,
    )
    return done.returncode == -signal.SIGKILL


def rows(table: str) -> list[tuple[Any, ...]]:
    return sorted(pl.read_delta(f".dqm/warehouse/{table.replace('.', '/')}").rows())


def test_days_that_were_made_wrongly_are_made_again_with_all_that_came_of_them(
    project: Path,
) -> None:
    day(DAYS[0])
    use(1)  # the mistake
    day(DAYS[1])
    day(DAYS[2])
    use(1000)
    bronze = run("history", "bronze.trips", "--json").output
    dry = roll_back("silver.trips", "--to", "1", "--dry-run")
    assert dry["version"] is None
    assert [(one["key"], one["steps"]) for one in dry["run_again"]] == [
        (name, ["silver.trips", "gold.days"]) for name in DAYS[1:]
    ]
    told = roll_back("silver.trips", "--to", "1")
    assert told["rolled_back_too"] == [{"table": "gold.days", "to": 1}]
    assert {one["state"] for one in told["results"]} == {"committed"}
    assert [row[1] for row in rows("silver.trips")] == [1000, 2000, 3000]
    assert rows("gold.days") == [(name, 1000 * n) for n, name in enumerate(DAYS, start=1)]
    assert run("history", "bronze.trips", "--json").output == bronze
    again = json.loads(run("run", "daily.py", "--day", DAYS[2], "--json").output)
    assert all(step["replayed"] for step in again["steps"])


@pytest.mark.parametrize("step", ["rolled_back", "rolled_back:2", "settled:3"])
def test_what_was_killed_half_way_is_finished_by_the_same_command(project: Path, step: str) -> None:
    day(DAYS[0])
    use(1)  # the mistake
    day(DAYS[1])
    day(DAYS[2])
    use(1000)
    aim = ("silver.trips", "--to", "1")
    assert killed_at(step, "rollback", *aim, "--rerun", "daily.py")
    assert rows("gold.days") != [(name, 1000 * n) for n, name in enumerate(DAYS, start=1)]
    told = roll_back(*aim)
    assert {one["key"] for one in told["run_again"]} >= {DAYS[2]}
    assert [row[1] for row in rows("silver.trips")] == [1000, 2000, 3000]
    assert rows("gold.days") == [(name, 1000 * n) for n, name in enumerate(DAYS, start=1)]


@pytest.mark.parametrize("step", ["staged:3", "table_committed:5"])
def test_a_chain_that_was_killed_is_finished_to_its_end(chain: Path, step: str) -> None:
    aim = ("bronze.trips", "--to", "1")
    assert killed_at(step, "rollback", *aim, "--rerun", "daily.py")
    told = roll_back(*aim)
    assert [one["key"] for one in told["run_again"]] == [*DAYS[1:]]
    assert rows("gold.counts") == [(name, 1) for name in DAYS]
    assert [row[2] for row in rows("gold.last")] == [DAYS[2]]


def test_days_come_again_in_their_own_order_whatever_was_made_again_before(chain: Path) -> None:
    late = chain / "landing" / f"{DAYS[2]}.csv"
    late.rename(chain / "late.csv")
    assert run("rollback", "bronze.trips", "--to", "1", "--rerun", "daily.py").exit_code == 2
    (chain / "late.csv").rename(late)
    told = roll_back("bronze.trips", "--to", "1")
    assert [one["key"] for one in told["run_again"]] == [*DAYS[1:]]
    assert rows("gold.counts") == [(name, 1) for name in DAYS]
    assert [row[2] for row in rows("gold.last")] == [DAYS[2]]


def test_a_day_that_was_refused_further_down_comes_again_too(chain: Path) -> None:
    pack = chain / "rules" / "silver.trips.yaml"
    patient = pack.read_text()
    pack.write_text(patient + "  - in_range: {column: km, max: 5}\n    on_fail: block\n")
    landing = chain / "landing" / "2026-11-26.csv"
    landing.write_text("trip,km\n4,400\n")
    assert run("run", "daily.py", "--day", "2026-11-26").exit_code == 1
    landing.write_text("trip,km\n4,4\n")
    told = roll_back("bronze.trips", "--to", "3")
    assert told["run_again"] == [
        {"key": "2026-11-26", "steps": ["bronze.trips", "silver.trips", "gold.counts", "gold.last"]}
    ]
    assert rows("gold.counts") == [(name, 1) for name in (*DAYS, "2026-11-26")]


def test_a_day_of_which_no_row_was_kept_comes_again_too(project: Path) -> None:
    pack = project / "rules" / "silver.trips.yaml"
    pack.write_text(pack.read_text() + "  - in_range: {column: metres, max: 3000}\n")
    day(DAYS[0])
    use(10_000)  # the mistake
    assert run("run", "daily.py", "--day", DAYS[1]).exit_code == 1
    use(1000)
    told = roll_back("silver.trips", "--to", "1")
    assert [one["key"] for one in told["run_again"]] == [DAYS[1]]
    assert [row[1] for row in rows("silver.trips")] == [1000, 2000]


def test_one_undone_write_is_made_again_with_what_was_built_from_it(project: Path) -> None:
    for name in DAYS:
        day(name)
    write_id = json.loads(run("history", "silver.trips", "--json").output)[0]["write_id"]
    aim = ("silver.trips", "--write-id", write_id)
    assert killed_at("rolled_back:2", "rollback", *aim, "--rerun", "daily.py")
    assert (len(rows("silver.trips")), len(rows("gold.days"))) == (2, 2)
    told = roll_back(*aim)
    assert [one["key"] for one in told["run_again"]] == [DAYS[2]]
    assert (len(rows("silver.trips")), len(rows("gold.days"))) == (3, 3)
    words = run("rollback", *aim, "--rerun", "daily.py").output
    assert words.endswith(": nothing to do\n")


def test_a_corrected_file_goes_through_all_layers(project: Path) -> None:
    for name in DAYS:
        day(name)
    (project / "landing" / f"{DAYS[2]}.csv").write_text("trip,km\n3,30\n")
    told = roll_back("bronze.trips", "--to", "2")
    assert [one["table"] for one in told["rolled_back_too"]] == ["gold.days", "silver.trips"]
    assert [one["key"] for one in told["run_again"]] == [DAYS[2]]
    assert rows("gold.days")[2] == (DAYS[2], 30_000)
    assert len(rows("bronze.trips")) == 3


def test_a_rejected_batch_that_was_released_whole_is_its_pipelines_to_make_again(
    project: Path,
) -> None:
    pack = project / "rules" / "silver.trips.yaml"
    patient = pack.read_text()
    strict = patient + "  - in_range: {column: metres, max: 1500}\n    on_fail: block\n"
    day(DAYS[0])
    pack.write_text(strict)
    assert run("run", "daily.py", "--day", DAYS[1]).exit_code == 1
    pack.write_text(patient)
    assert run("quarantine", "replay", "silver.trips").exit_code == 0
    day(DAYS[1])
    told = roll_back("silver.trips", "--to", "1")
    assert [one["key"] for one in told["run_again"]] == [DAYS[1]]
    assert [row[1] for row in rows("silver.trips")] == [1000, 2000]
    assert rows("gold.days")[1] == (DAYS[1], 2000)


def test_other_writes_in_what_was_built_from_it_are_not_undone(project: Path) -> None:
    day(DAYS[0])
    day(DAYS[1])
    script = "import dq_monitor as dq, polars as pl\n"
    script += "rows = pl.DataFrame({'day': ['x'], 'metres': [1]})\n"
    script += "dq.write(rows, 'gold.days', key='by hand')\n"
    exec(script, {})  # noqa: S102 - as somebody would by hand
    arguments = ["rollback", "silver.trips", "--to", "1", "--rerun", "daily.py"]
    refused = CliRunner().invoke(dqm, arguments)
    assert isinstance(refused.exception, UsageError)
    assert "gold.days: version 3 came after what has to be undone" in str(refused.exception)
    assert len(rows("silver.trips")) == 2


def test_a_pipeline_that_does_not_write_what_was_built_is_refused(project: Path) -> None:
    day(DAYS[0])
    Path("other.py").write_text(
        "from dq_monitor import Pipeline, Step, table\n"
        "pipeline = Pipeline('other', (Step('silver.trips', {'b': table('bronze.trips')},"
        " sql='SELECT * FROM b'),))\n"
    )
    arguments = ["rollback", "silver.trips", "--to", "0", "--rerun", "other.py"]
    refused = CliRunner().invoke(dqm, arguments)
    assert "'other' does not write gold.days" in str(refused.exception)
