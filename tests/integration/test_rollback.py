"""The way back: a table becomes what it was, and what was undone can be written again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable, write_deltalake

import dq_monitor as dq
from dq_monitor.app import App, open_app
from dq_monitor.cli.main import dqm
from dq_monitor.errors import CommitContended, PackMissing, UnknownName, UsageError
from dq_monitor.gate.outcome import Outcome
from dq_monitor.gate.undoing import Plan, roll_back, to_before, to_version, without
from dq_monitor.model.quarantine import STATE
from dq_monitor.model.verdict import Decision
from dq_monitor.quarantine.release import Releases
from dq_monitor.quarantine.select import Selection
from dq_monitor.settings import load_settings
from dq_monitor.tables.ledger import Ledger
from dq_monitor.tables.timeline import timeline
from dq_monitor.way_back.bisection import asking, bisect
from tests.bucket_server import Warehouse

TABLE = "silver.trips"
PACK = f"""\
table: {TABLE}
gate: {{max_quarantined: 60%}}
rules:
  - not_null: trip
  - max: {{column: miles}}
    id: longest
    scope: table
    warn: {{over: 100}}
"""

TYPES = {"trip": pl.Int64, "miles": pl.Int64}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Iterator[App]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DQM_STORE_URL", sqlite_url)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "trips.yaml").write_text(PACK)
    opened = open_app(load_settings())
    yield opened
    opened.close()


def write(app: App, key: str, *trips: int, miles: int = 1) -> Outcome:
    rows = pl.DataFrame({"trip": trips, "miles": [miles] * len(trips)})
    return app.write(rows, TABLE, key=key)


def trips(app: App) -> list[int]:
    return sorted(app.tables.scan(TABLE).collect()["trip"].to_list())


def take_back(app: App, plan: Plan, name: str = "r1") -> int:
    return roll_back(app.tables, app.store.log, name, plan.rollback, datetime.now(UTC)).version


def known(app: App) -> tuple[bool, ...]:
    """Return which versions are undone, oldest first."""
    return tuple(one.undone for one in timeline(TABLE, app.tables.open(TABLE)).versions)


def test_a_write_of_which_no_row_was_kept_is_undone_and_its_key_is_free(app: App) -> None:
    write(app, "a", 1)
    empty = app.write(pl.DataFrame(schema=TYPES), TABLE, key="b")
    plan = without(timeline(TABLE, app.tables.open(TABLE)), empty.write_id)
    assert [one.write_id for one in plan.undone] == [empty.write_id]
    take_back(app, plan)
    assert not write(app, "b", 2).replayed
    assert trips(app) == [1, 2]


def test_upkeep_after_a_write_does_not_hinder_its_undoing(app: App) -> None:
    write(app, "a", 1)
    last = write(app, "b", 2)
    settings = {"delta.logRetentionDuration": "interval 9 days"}
    app.tables.open(TABLE).handle.alter.set_table_properties(settings)
    take_back(app, without(timeline(TABLE, app.tables.open(TABLE)), last.write_id))
    assert trips(app) == [1]


def test_a_table_becomes_what_it_was_and_the_versions_between_are_undone(app: App) -> None:
    for key, number in (("a", 1), ("b", 2), ("c", 3)):
        write(app, key, number)
    assert take_back(app, to_version(timeline(TABLE, app.tables.open(TABLE)), 1)) == 4
    assert trips(app) == [1]
    assert known(app) == (False, False, True, True, False)
    rows = {row.write_id: row.outcome for row in app.store.views.writes(TABLE)}
    assert sorted(rows.values()) == ["committed", "committed", "undone", "undone"]


def test_an_undone_batch_is_written_again_and_the_others_stay_settled(app: App) -> None:
    first, second = write(app, "a", 1), write(app, "b", 2)
    take_back(app, without(timeline(TABLE, app.tables.open(TABLE)), second.write_id))
    assert write(app, "a", 1).replayed
    again = write(app, "b", 2)
    assert (again.replayed, again.version) == (False, 4)
    assert write(app, "b", 2).replayed
    assert write(app, "a", 1).version == first.version
    assert trips(app) == [1, 2]


def test_a_rollback_can_be_undone_too(app: App) -> None:
    write(app, "a", 1)
    second = write(app, "b", 2)
    take_back(app, to_version(timeline(TABLE, app.tables.open(TABLE)), 1))
    take_back(app, to_version(timeline(TABLE, app.tables.open(TABLE)), 2), "r2")
    assert trips(app) == [1, 2]
    assert (write(app, "b", 2).replayed, write(app, "b", 2).version) == (True, second.version)


def test_a_write_that_others_came_after_is_undone_only_with_them(app: App) -> None:
    first = write(app, "a", 1)
    middle = write(app, "b", 2)
    write(app, "c", 3)
    history = timeline(TABLE, app.tables.open(TABLE))
    with pytest.raises(UsageError, match=r"after write .* \(version 2\) came 3 \(append"):
        without(history, middle.write_id)
    take_back(app, without(history, middle.write_id[:10], with_later=True))
    assert trips(app) == [1]
    with pytest.raises(UnknownName, match="no write is called 'nobody'"):
        without(history, "nobody")
    assert write(app, "a", 1).version == first.version


def test_a_table_goes_back_to_a_time(app: App) -> None:
    write(app, "a", 1)
    write(app, "b", 2)
    history = timeline(TABLE, app.tables.open(TABLE))
    take_back(app, to_before(history, history.by_number[2].at))
    assert trips(app) == [1]
    with pytest.raises(UsageError, match="has no version from before 2000"):
        to_before(history, datetime(2000, 1, 1, tzinfo=UTC))


def test_what_came_meanwhile_is_not_undone_unseen(app: App) -> None:
    write(app, "a", 1)
    write(app, "b", 2)
    plan = to_version(timeline(TABLE, app.tables.open(TABLE)), 1)
    write(app, "c", 3)
    with pytest.raises(CommitContended, match="version 3 came while version 2"):
        take_back(app, plan)
    assert trips(app) == [1, 2, 3]
    assert app.store.log.open_writes() == []


def test_the_same_rollback_twice_is_done_once(app: App) -> None:
    write(app, "a", 1)
    write(app, "b", 2)
    plan = to_version(timeline(TABLE, app.tables.open(TABLE)), 1)
    assert take_back(app, plan) == take_back(app, plan) == 3


def test_a_restore_past_the_gate_undoes_a_write_as_well(app: App) -> None:
    write(app, "a", 1)
    write(app, "b", 2)
    app.tables.open(TABLE).handle.restore(1)
    assert not write(app, "b", 2).replayed
    assert trips(app) == [1, 2]


def test_the_metrics_of_undone_writes_are_forgotten_by_those_who_learn(app: App) -> None:
    write(app, "a", 1, miles=5)
    write(app, "b", 2, miles=90)
    take_back(app, to_version(timeline(TABLE, app.tables.open(TABLE)), 1))
    before = app.store.history.before(TABLE, "longest", "", datetime.now(UTC), 9)
    assert [one.value for one in before] == [5.0]


def write_rows(app: App, key: str, *numbers: int | None) -> Outcome:
    rows = pl.DataFrame({"trip": numbers, "miles": [1] * len(numbers)}, schema_overrides=TYPES)
    return app.write(rows, TABLE, key=key)


def undo(app: App, write: Outcome, name: str = "r1") -> None:
    history = timeline(TABLE, app.tables.open(TABLE))
    take_back(app, without(history, write.write_id, with_later=True), name)


def held(app: App) -> dict[str, int]:
    """Return how many refused rows are in which state, as the ledger and the store have it."""
    rows = Ledger(app.tables).rows(TABLE)
    assert rows is not None
    states = dict(rows.group_by(STATE).len().collect().iter_rows())
    told = app.store.views.quarantine(TABLE)
    counted = {row.state: row.rows for row in told if row.rows and not row.rule_id}
    assert counted == states
    return states


def test_a_batch_that_was_refused_mended_and_undone_is_written_again(app: App) -> None:
    write(app, "a", 1)
    assert write_rows(app, "b", None, None, 2).decision is Decision.REJECT
    mended = write_rows(app, "b", 2, 3)
    undo(app, mended)
    assert trips(app) == [1]
    again = write_rows(app, "b", 2, 3)
    assert (again.replayed, again.version) == (False, 4)
    assert trips(app) == [1, 2, 3]
    assert write_rows(app, "b", 2, 3).replayed


def test_where_the_store_was_lost_the_table_knows_what_is_undone(
    app: App, tmp_path: Path, empty_sqlite: str
) -> None:
    write(app, "a", 1)
    undo(app, write(app, "b", 2))
    anew = open_app(load_settings(store_url=empty_sqlite))
    assert write(anew, "a", 1).replayed
    assert not write(anew, "b", 2).replayed
    assert trips(anew) == [1, 2]
    assert write(anew, "b", 2).replayed
    anew.close()


def test_refused_rows_of_an_undone_write_wait_until_its_batch_brings_them_again(app: App) -> None:
    undone = write_rows(app, "a", 1, None)
    undo(app, undone)
    assert held(app) == {"open": 1}
    again = write_rows(app, "a", 1, None)
    assert held(app) == {"open": 1, "superseded": 1}
    undo(app, again, "r2")
    assert write_rows(app, "a", 1, 2).decision is Decision.COMMIT
    assert held(app) == {"superseded": 2}


def test_rows_that_an_undone_release_brought_wait_in_quarantine_again(app: App) -> None:
    write_rows(app, "a", 1, None)
    releases = Releases(app.gate, app.tables, app.store.log)

    def waive() -> int:
        now = datetime.now(UTC)
        return sum(
            one.released
            for one in releases.waive(TABLE, Selection(), by="ada", why="known", now=now)
        )

    assert (waive(), waive()) == (1, 0)
    assert held(app) == {"waived": 1}
    take_back(app, to_version(timeline(TABLE, app.tables.open(TABLE)), 1))
    assert held(app) == {"open": 1}
    assert (waive(), waive()) == (1, 0)
    assert held(app) == {"waived": 1}
    assert app.tables.scan(TABLE).collect()["trip"].to_list().count(None) == 1
    take_back(app, to_version(timeline(TABLE, app.tables.open(TABLE)), 2), "r2")
    assert held(app) == {"waived": 1}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(dqm, arguments, catch_exceptions=False)


def test_the_commands_show_take_back_and_find(app: App) -> None:
    for number, miles in enumerate((5, 50, 500, 700), start=1):
        write(app, f"k{number}", number, miles=miles)
    found = run("bisect", TABLE, "longest", "--json")
    assert (found.exit_code, json.loads(found.output)["first"]) == (1, 3)
    linear = run("bisect", TABLE, "longest", "--linear", "--json")
    assert json.loads(linear.output)["asked"] == {
        "0": "not_evaluated",
        "1": "pass",
        "2": "pass",
        "3": "warn",
        "4": "warn",
    }
    dry = run("rollback", TABLE, "--to", "2", "--dry-run")
    assert "would become what it was as version 2" in dry.output
    assert trips(app) == [1, 2, 3, 4]
    done = json.loads(run("rollback", TABLE, "--to", "2", "--why", "too long", "--json").output)
    assert (done["version"], [one["version"] for one in done["undone"]]) == (5, [4, 3])
    assert trips(app) == [1, 2]
    shown = json.loads(run("history", TABLE, "--json").output)
    assert [(one["number"], one["undone"]) for one in shown][:4] == [
        (5, False),
        (4, True),
        (3, True),
        (2, False),
    ]
    assert shown[0]["reason"] == "too long"
    assert re.search(
        r"^ +5 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", run("history", TABLE).output, re.MULTILINE
    )
    assert run("bisect", TABLE, "longest").exit_code == 0
    assert "nothing to do" in run("rollback", TABLE, "--to", "5").output
    assert f"{TABLE}: 2 writes are undone" in run("status").output
    write(app, "k3", 3, miles=5)
    assert f"{TABLE}: 1 write is undone" in run("status").output


def test_tables_that_were_built_from_undone_versions_are_named(app: App) -> None:
    (Path("rules") / "gold.yaml").write_text("table: gold.miles\nrules: [{not_null: miles}]\n")
    Path("daily.py").write_text(
        "from dq_monitor import Pipeline, Step, table\n"
        "pipeline = Pipeline('p', (Step('gold.miles', {'t': table('silver.trips')},"
        " sql='SELECT sum(miles) AS miles FROM t', mode='overwrite'),))\n"
    )
    write(app, "a", 1)
    second = write(app, "b", 2)
    assert run("run", "daily.py").exit_code == 0
    dry = run("rollback", TABLE, "--write-id", second.write_id, "--dry-run", "--json")
    (built,) = json.loads(dry.output)["built_from_undone"]
    assert (built["table"], built["version"]) == ("gold.miles", 1)
    assert "gold.miles" not in run("rollback", TABLE, "--to", "2", "--dry-run", "--json").output


def test_a_table_that_no_pack_guards_is_left_alone(app: App) -> None:
    write_rows(app, "a", 1, None)
    refused = CliRunner().invoke(dqm, ["rollback", f"quarantine.{TABLE}", "--to", "0"])
    assert isinstance(refused.exception, PackMissing)


RIVAL = """\
from pathlib import Path
import dq_monitor as dq, polars as pl
from dq_monitor import Pipeline, Step, file
if not Path("rival").exists():
    Path("rival").touch()
    dq.write(pl.DataFrame({"trip": [9], "miles": [1]}), "silver.trips", key="rival")
step = Step("silver.trips", {"t": file("trips.csv")}, sql="SELECT * FROM t")
pipeline = Pipeline("p", (step,))
"""


def test_what_comes_meanwhile_is_undone_too_only_when_that_is_asked_for(app: App) -> None:
    Path("rival.py").write_text(RIVAL)
    write(app, "a", 1)
    write(app, "b", 2)
    aim = ("rollback", TABLE, "--to", "1", "--rerun", "rival.py", "--json")
    contended = CliRunner().invoke(dqm, aim)
    assert isinstance(contended.exception, CommitContended)
    assert trips(app) == [1, 2, 9]
    Path("rival").unlink()
    write(app, "c", 3)
    done = json.loads(run(*aim, "--retry").output)
    assert trips(app) == [1]
    assert (done["version"], done["from"]) == (5, 4)


def test_history_tells_upkeep_and_what_others_wrote_from_audited_writes(app: App) -> None:
    write(app, "a", 1)
    write(app, "b", 2)
    uri = app.tables.uri(TABLE)
    DeltaTable(uri).optimize.compact()
    write_deltalake(uri, pl.DataFrame({"trip": [7, 8], "miles": [1, 1]}).to_arrow(), mode="append")
    DeltaTable(uri).delete("trip = 1")
    shown = [
        (one.number, one.maker.value, one.added, one.removed, bool(one.fingerprint))
        for one in timeline(TABLE, app.tables.open(TABLE)).versions
    ]
    assert shown == [
        (0, "upkeep", 0, 0, False),
        (1, "gate", 1, 0, True),
        (2, "gate", 1, 0, True),
        (3, "upkeep", 0, 0, False),
        (4, "outside", 2, 0, False),
        (5, "outside", 1, 2, False),
    ]
    plan = to_version(timeline(TABLE, app.tables.open(TABLE)), 2)
    assert [one.number for one in plan.undone] == [5, 4]
    take_back(app, plan)
    assert trips(app) == [1, 2]
    assert "unaudited" in run("history", TABLE).output


def test_files_that_a_vacuum_took_bound_the_way_back_and_the_search(app: App) -> None:
    for number, miles in enumerate((500, 600, 700), start=1):
        rows = pl.DataFrame({"trip": [number], "miles": [miles]})
        app.write(rows, TABLE, mode="overwrite", key=f"k{number}")
    DeltaTable(app.tables.uri(TABLE)).vacuum(0, enforce_retention_duration=False, dry_run=False)
    known = timeline(TABLE, app.tables.open(TABLE))
    assert [one.number for one in known.versions if not one.readable] == [1, 2]
    with pytest.raises(UsageError, match="files of version 2 are gone"):
        to_version(known, 2)
    found = json.loads(run("bisect", TABLE, "longest", "--json").output)
    assert (found["first"], found["began_before"], found["gone"]) == (3, True, 2)
    assert found["earliest"] == 1
    assert "may have begun in versions 1 to 2" in run("bisect", TABLE, "longest").output


def test_the_search_passes_over_versions_from_before_a_column_came(app: App) -> None:
    Path("rules/trips.yaml").write_text(f"table: {TABLE}\nrules: [{{not_null: trip}}]\n")
    dq.write(pl.DataFrame({"trip": [1]}), TABLE, key="a")
    Path("rules/trips.yaml").write_text(PACK)
    brought = write(app, "b", 2, miles=5)
    write(app, "c", 3, miles=500)
    found = json.loads(run("bisect", TABLE, "longest", "--linear", "--json").output)
    assert found["first"] == 4
    assert {found["asked"][version] for version in ("0", "1")} == {"error"}
    assert "could not be asked" in run("bisect", TABLE, "longest", "--linear").output
    undo(app, brought)
    assert app.tables.open(TABLE).schema.names() == ["trip"]


def test_a_rule_on_the_past_has_no_version_in_which_it_began(app: App) -> None:
    with Path("rules/trips.yaml").open("a") as pack:
        pack.write("  - anomaly: {metric: row_count}\n    id: odd\n    warn: {beyond: 4}\n")
        pack.write("  - row_count: {}\n    warn: {below: 1}\n")
    write(app, "a", 1)
    asked = CliRunner().invoke(dqm, ["bisect", TABLE, "odd"])
    assert isinstance(asked.exception, UsageError)
    unknown = CliRunner().invoke(dqm, ["bisect", TABLE, "longst"])
    assert "did you mean 'longest'?" in str(unknown.exception)


def test_tables_go_back_wherever_they_lie(
    warehouse: Warehouse, tmp_path: Path, sqlite_url: str
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "trips.yaml").write_text(PACK)
    settings = load_settings(
        rules=tmp_path / "rules", store_url=sqlite_url, home=tmp_path, **warehouse.settings()
    )
    app = open_app(settings)
    for number, miles in enumerate((5, 50, 500), start=1):
        write(app, f"k{number}", number, miles=miles)
    history = timeline(TABLE, app.tables.open(TABLE))
    assert [(one.added, one.readable) for one in history.versions[1:]] == [(1, True)] * 3
    pack = replace(app.packs[TABLE], rules=app.packs[TABLE].rules[1:])
    found = bisect(history, asking(pack, app.tables, None))
    assert found.first is not None
    take_back(app, without(history, found.first.version.write_id))
    assert trips(app) == [1, 2]
    assert not write(app, "k3", 3, miles=5).replayed
    app.close()
