from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App, open_app
from dq_monitor.errors import ExitCode, SourceUnreadable
from dq_monitor.model.event import StepBroke, StepStarted
from dq_monitor.pipeline.declare import Pipeline, Step, file, new_rows, table
from dq_monitor.pipeline.inputs import Run
from dq_monitor.pipeline.result import RunResult, StepState
from dq_monitor.pipeline.run import run_pipeline
from dq_monitor.settings import load_settings

NOW = datetime(2013, 1, 2, 11, tzinfo=UTC)
BRONZE = """
pack: bronze.flights
table: bronze.flights
rules:
  - not_null: [carrier]
  - row_count: {}
    error: {below: 2}
    on_fail: block
"""
SILVER = """
pack: silver.flights
table: silver.flights
rules:
  - in_range: {column: delay, max: 100}
  - unique: [carrier, flight]
    warn: {over: 0}
"""
GOLD = """
pack: gold.delays
table: gold.delays
rules:
  - not_null: carrier
"""
DAY_ONE = "carrier,flight,delay\nUA,1,5\nUA,2,500\nDL,3,\n"
DAY_TWO = "carrier,flight,delay\nDL,4,7\nAA,5,8\n"


def typed(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(pl.col("flight", "delay").cast(pl.Int64))


def pipeline() -> Pipeline:
    return Pipeline(
        "daily",
        (
            Step(
                "bronze.flights",
                {"rows": file("{landing}/{day}.csv", infer_schema=False)},
                lambda rows: rows,
            ),
            Step("silver.flights", {"rows": new_rows("bronze.flights")}, typed),
            Step(
                "gold.delays",
                {"flights": table("silver.flights")},
                sql="SELECT carrier, SUM(delay) AS delay FROM flights GROUP BY carrier",
                mode="overwrite",
            ),
        ),
    )


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    rules = tmp_path / "rules"
    rules.mkdir()
    for text in (BRONZE, SILVER, GOLD):
        (rules / f"{text.split()[1]}.yaml").write_text(text)
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "2013-01-01.csv").write_text(DAY_ONE)
    (landing / "2013-01-02.csv").write_text(DAY_TWO)
    opened = open_app(load_settings(home=tmp_path / "home", rules=rules))
    yield opened
    opened.close()


def go(app: App, day: int = 1, only: Sequence[str] = ()) -> RunResult:
    landing = app.settings.home.parent / "landing"
    of_day = date(2013, 1, day)
    return run_pipeline(
        pipeline(),
        Run(str(of_day), NOW, of_day, {"landing": str(landing)}),
        gate=app.gate,
        tables=app.tables,
        log=app.store.log,
        only=only,
    )


def rows(app: App, table: str) -> list[tuple[object, ...]]:
    return sorted(app.tables.scan(table).collect().rows(), key=str)


def test_two_days_arrive_in_every_layer_and_the_bad_row_in_quarantine(app: App) -> None:
    first, second = go(app, 1), go(app, 2)
    assert {s.state for r in (first, second) for s in r.steps} == {StepState.COMMITTED}
    assert rows(app, "silver.flights") == [
        ("AA", 5, 8),
        ("DL", 3, None),
        ("DL", 4, 7),
        ("UA", 1, 5),
    ]
    assert rows(app, "gold.delays") == [("AA", 8), ("DL", 7), ("UA", 5)]
    assert app.tables.scan("quarantine.silver.flights").collect()["delay"].to_list() == [500]
    assert first.exit_code is ExitCode.DATA_FAILED


def test_running_again_changes_nothing(app: App) -> None:
    go(app)
    before = app.store.log.read(0, 1000)
    versions = [app.tables.version(name) for name in pipeline().tables]
    again = go(app)
    assert all(step.replayed for step in again.steps)
    assert app.store.log.read(0, 1000) == before
    assert [app.tables.version(name) for name in pipeline().tables] == versions


def test_inputs_are_known_to_lineage_with_the_version_that_was_read(app: App) -> None:
    go(app)
    events = [recorded.event for recorded in app.store.log.read(0, 1000)]
    started = {e.origin.job: e.origin for e in events if isinstance(e, StepStarted)}
    landing = started["daily.bronze.flights"].inputs[0]
    assert (landing.format, Path(landing.path).name) == ("csv", "landing")
    read = started["daily.silver.flights"].inputs[0]
    assert (read.name, read.version) == ("bronze.flights", app.tables.version("bronze.flights"))
    assert started["daily.gold.delays"].sql.startswith("SELECT carrier")
    assert len({origin.parent_run_id for origin in started.values()}) == 1


def test_a_batch_that_is_rejected_stops_its_dependents_and_leaves_no_row(app: App) -> None:
    landing = app.settings.home.parent / "landing"
    (landing / "2013-01-01.csv").write_text("carrier,flight,delay\nUA,1,5\n")
    result = go(app)
    assert [step.state for step in result.steps] == [
        StepState.REJECTED,
        StepState.SKIPPED,
        StepState.SKIPPED,
    ]
    assert result.exit_code is ExitCode.DATA_FAILED
    assert not app.tables.exists("silver.flights")
    # The refused batch is kept whole in quarantine.
    assert app.tables.scan("quarantine.bronze.flights").collect().height == 1


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, ExitCode.USED_WRONGLY, "2013-01-01.csv"),
        (b"carrier,flight,delay\nUA,1,5\nUA,2", ExitCode.DATA_FAILED, "2013-01-01.csv"),
        (b"carrier,flight,delay\nUA,1,\xff\xfe\n", ExitCode.DATA_FAILED, "UTF-8"),
    ],
    ids=["missing", "cut off", "not text"],
)
def test_a_damaged_delivery_is_told_in_the_sources_words(
    app: App, content: bytes | None, code: ExitCode, words: str
) -> None:
    delivery = app.settings.home.parent / "landing" / "2013-01-01.csv"
    delivery.unlink()
    if content is not None:
        delivery.write_bytes(content)
    result = go(app)
    assert result.steps[0].state is StepState.BROKE
    assert words in str(result.steps[0].error)
    assert result.exit_code is code
    last = app.store.log.read(0, 1000)[-1].event
    assert isinstance(last, StepBroke)


def test_damage_that_shows_only_while_rows_are_read_is_blamed_on_the_file(app: App) -> None:
    path = app.settings.home.parent / "landing" / "rows.parquet"
    pl.DataFrame({"carrier": [f"carrier {n}" for n in range(20_000)]}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[100:2_000] = bytes(1_900)
    path.write_bytes(content)
    step = Step("bronze.flights", {"rows": file(str(path))}, lambda rows: rows)
    result = run_pipeline(
        Pipeline("one", (step,)),
        Run("key", NOW),
        gate=app.gate,
        tables=app.tables,
        log=app.store.log,
    )
    assert isinstance(result.steps[0].error, SourceUnreadable)
    assert "rows.parquet" in result.steps[0].cause
    assert not app.tables.exists("bronze.flights")


def test_an_error_while_the_batch_is_read_breaks_the_step_and_nothing_is_written(app: App) -> None:
    landing = app.settings.home.parent / "landing"
    (landing / "2013-01-01.csv").write_text("carrier,flight,delay\nUA,one,5\nUA,2,5\n")
    result = go(app)
    assert [step.state for step in result.steps] == [
        StepState.COMMITTED,
        StepState.BROKE,
        StepState.SKIPPED,
    ]
    assert "step 'silver.flights'" in result.steps[1].cause
    assert not app.tables.exists("silver.flights")


def test_a_refused_batch_goes_in_once_its_rules_are_mended(app: App) -> None:
    landing = app.settings.home.parent / "landing"
    (landing / "2013-01-01.csv").write_text("carrier,flight,delay\nUA,1,5\n")
    go(app)
    pack = app.settings.rules / "bronze.flights.yaml"
    pack.write_text(BRONZE.replace("below: 2", "below: 1"))
    mended = open_app(app.settings)
    try:
        result = go(mended)
        assert {step.state for step in result.steps} == {StepState.COMMITTED}
        assert rows(mended, "silver.flights") == [("UA", 1, 5)]
        assert all(step.replayed for step in go(mended).steps)
    finally:
        mended.close()


def test_the_files_of_a_day_are_read_by_that_day_alone(app: App) -> None:
    go(app, 1)
    result = go(app, 2, only=("bronze.flights", "silver.flights"))
    counts = [step.outcome.verdict.counts.rows_in for step in result.steps if step.outcome]
    assert counts == [2, 2]
    assert replace(result.run, key="x").names["day"] == "2013-01-02"
