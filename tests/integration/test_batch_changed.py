"""The same key with other content is refused, loudly; the same content again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.app import App, open_app
from dq_monitor.errors import BatchChanged, ExitCode, UsageError
from dq_monitor.gate import Gate, Write
from dq_monitor.model.event import Origin, StepBroke
from dq_monitor.model.verdict import Decision
from dq_monitor.pipeline.declare import Pipeline, Step, file
from dq_monitor.pipeline.inputs import Run
from dq_monitor.pipeline.result import RunResult, StepState
from dq_monitor.pipeline.run import run_pipeline
from dq_monitor.settings import load_settings
from tests.power_cut import CuttingLog, PowerCut

TABLE = "silver.t"
PACK = "table: silver.t\nrules:\n  - not_null: a\n    on_fail: block\n"
NOW = datetime(2013, 2, 9, tzinfo=UTC)
ROWS = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})


def opened(folder: Path) -> App:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules/t.yaml").write_text(PACK)
    return open_app(load_settings(home=folder / "home", rules=folder / "rules"))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = opened(tmp_path)
    yield app
    app.close()


def stored(app: App) -> list[tuple[object, ...]]:
    return app.tables.scan(TABLE).collect().sort("a", "b").rows()


def test_one_changed_cell_is_refused_with_table_key_and_remedy(app: App) -> None:
    app.write(ROWS, TABLE, key="monday")
    changed = ROWS.with_columns(b=pl.Series(["x", "y", "Z"]))
    with pytest.raises(BatchChanged) as refused:
        app.write(changed, TABLE, key="monday")
    assert "silver.t, key 'monday': version 1 holds it" in refused.value.detail
    assert refused.value.fix == (
        "send it under a key of its own; there, mode overwrite, replace_partitions or merge"
        " lets its rows take the place of those"
    )
    assert refused.value.exit_code is ExitCode.DATA_FAILED
    assert stored(app) == ROWS.rows()
    last = app.store.log.read(0)[-1].event
    assert isinstance(last, StepBroke)
    assert "committed before with other content" in last.error


def test_a_batch_that_would_replace_needs_a_key_of_its_own_too(app: App) -> None:
    app.write(ROWS, TABLE, key="monday")
    with pytest.raises(BatchChanged, match="under a key of its own"):
        app.write(ROWS.head(1), TABLE, key="monday", mode="overwrite")
    app.write(ROWS.head(1), TABLE, key="monday, mended", mode="overwrite")
    assert stored(app) == ROWS.head(1).rows()


def test_the_same_rows_in_another_order_are_a_replay(app: App) -> None:
    first = app.write(ROWS, TABLE, key="monday")
    again = app.write(ROWS.reverse().select("b", "a"), TABLE, key="monday")
    assert (again.replayed, again.version) == (True, first.version)
    assert app.write(ROWS.to_arrow(), TABLE, key="monday").replayed


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_single_changed_cell_is_refused(app: App, data: st.DataObject) -> None:
    app.write(ROWS, TABLE, key="cells")
    row, column = data.draw(st.integers(0, 2)), data.draw(st.sampled_from(["a", "b"]))
    new = data.draw(st.integers(-(2**63), 2**63 - 1) if column == "a" else st.text())
    cells = ROWS[column].to_list()
    if new == cells[row]:
        return
    cells[row] = new
    changed = ROWS.with_columns(pl.Series(column, cells, dtype=ROWS.schema[column]))
    if sorted(changed.rows()) == sorted(ROWS.rows()):
        return
    with pytest.raises(BatchChanged):
        app.write(changed, TABLE, key="cells")


def test_a_refused_batch_comes_mended_under_the_same_key(app: App) -> None:
    bad = ROWS.with_columns(a=pl.Series([1, None, 3]))
    assert app.write(bad, TABLE, key="monday").decision is Decision.REJECT
    assert app.write(ROWS, TABLE, key="monday").decision is Decision.COMMIT
    with pytest.raises(BatchChanged):
        app.write(bad, TABLE, key="monday")


def test_a_lazy_frame_is_told_by_the_digest_that_is_given(app: App) -> None:
    lazy = ROWS.lazy()
    app.write(lazy, TABLE, key="monday", digest="v1")
    assert app.write(lazy, TABLE, key="monday", digest="v1").replayed
    assert app.write(lazy.head(1), TABLE, key="monday").replayed  # nothing is known of these rows
    with pytest.raises(BatchChanged):
        app.write(lazy, TABLE, key="monday", digest="v2")
    with pytest.raises(UsageError, match="digest without a key"):
        app.write(lazy, TABLE, digest="v1")


def test_what_a_dead_process_had_judged_is_held_against_what_comes(app: App) -> None:
    origin = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
    one = Write(
        table=TABLE, frame=ROWS.lazy(), write_id="w", origin=origin, now=NOW, digest="given:1"
    )
    dying = Gate(
        tables=app.tables,
        packs=app.packs,
        log=CuttingLog(app.store.log, "write_judged", kept=True),
        history=app.store.history,
    )
    with pytest.raises(PowerCut):
        dying.write(one)
    with pytest.raises(BatchChanged):
        app.gate.write(replace(one, digest="given:2"))
    assert stored(app) == ROWS.rows()  # the first was judged, so it was brought to its end


def deliver(folder: Path, app: App, content: str | None, key: str = "monday") -> RunResult:
    path = folder / "in.csv"
    path.write_text(content) if content is not None else path.unlink()
    pipeline = Pipeline("p", (Step(TABLE, {"rows": file(str(path))}, lambda rows: rows),))
    run = Run(key, NOW, date(2013, 2, 9))
    return run_pipeline(pipeline, run, gate=app.gate, tables=app.tables, log=app.store.log)


def test_a_file_that_changed_under_the_same_key_breaks_the_step(tmp_path: Path, app: App) -> None:
    deliver(tmp_path, app, "a,b\n1,x\n")
    before = len(app.store.log.read(0))
    assert deliver(tmp_path, app, "a,b\n1,x\n").exit_code is ExitCode.GOOD
    assert len(app.store.log.read(0)) == before
    (step,) = deliver(tmp_path, app, "a,b\n1,y\n").steps
    assert (step.state, step.exit_code) == (StepState.BROKE, ExitCode.DATA_FAILED)
    assert "key 'monday'" in step.cause
    assert stored(app) == [(1, "x")]
    assert deliver(tmp_path, app, "a,b\n1,y\n", "tuesday").exit_code is ExitCode.GOOD


def test_a_file_that_was_tidied_away_is_still_a_replay(tmp_path: Path, app: App) -> None:
    deliver(tmp_path, app, "a,b\n1,x\n")
    (step,) = deliver(tmp_path, app, None).steps
    assert step.replayed
