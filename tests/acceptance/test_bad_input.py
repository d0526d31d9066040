"""Whatever is wrong gets one message and the right exit code; what is mended then runs."""

from __future__ import annotations

import io
import random
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.crew import Crew, Said
from tests.acceptance.trips_project import TABLES, Project, fares, make_project, trips

GOOD, FAILED, WRONG, BROKE = range(4)
MEGABYTE = 1 << 20
BRONZE_TRIPS, BRONZE_FARES, SILVER, GOLD = TABLES
TYPED = 'return trips.with_columns(pl.col("trip", "miles").cast(pl.Int64))'

Damage = Callable[[Project], object]


@dataclass(frozen=True)
class Bad:
    """What is done to day 2, and how the run must answer: its code, and words that it says.

    The tables in `still` must be as they were before, to the last file.
    """

    damage: Damage
    code: int
    says: tuple[str, ...]
    still: tuple[str, ...] = TABLES
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] | None = None


def write(path: str, content: str | bytes) -> Damage:
    return lambda project: project.write(path, content)


def edit(path: str, old: str, new: str) -> Damage:
    return lambda project: project.edit(path, old, new)


def remove(path: str) -> Damage:
    return lambda project: project.file(path).unlink()


def transform(code: str) -> Damage:
    return edit("daily.py", TYPED, code)


def channel(kind: str, url: str, key: str = "") -> Damage:
    told = f'[channels.ops]\nkind = "{kind}"\nurl = "{url}"\nsecret = "{key}"\n'
    return write("dqm.toml", told)


def nothing(_: Project) -> None:
    return None


def parquet() -> bytes:
    packed = io.BytesIO()
    fares(2).write_parquet(packed)
    return packed.getvalue()


def pages_damaged() -> bytes:
    """Keep magic and footer, spoil what lies between: it shows only while rows are read."""
    whole = parquet()
    return whole[:4] + b"\xff" * 40 + whole[44:]


def changed(change: Callable[[pl.DataFrame], pl.DataFrame], evolution: str) -> Damage:
    """Deliver fares of another schema, under a contract of that evolution."""

    def damage(project: Project) -> None:
        path = "rules/bronze.fares.yaml"
        if evolution != "strict":
            project.edit(path, "evolution: strict", f"evolution: {evolution}")
        change(fares(2)).write_parquet(project.file("in/fares-2.parquet"))

    return damage


def without_miles(text: str) -> str:
    return "".join(line.rsplit(",", 1)[0] + "\n" for line in text.splitlines())


def with_tip(text: str) -> str:
    return "".join(line + ",tip\n" for line in text.splitlines())


def failing_row(project: Project) -> None:
    """Let an alert be due: one trip of day 2 is too long."""
    project.write("in/trips-2.csv", trips(2).replace(",20\n", ",9999\n"))


def two_packs(project: Project) -> None:
    project.edit("rules/silver.trips.yaml", "max: 3000", "max: -1")
    project.edit("rules/gold.carriers.yaml", "not_null", "not_nul")


def many_trips(count: int) -> str:
    """Return trips whose file does not shrink below some megabytes."""
    rand = random.Random(2)  # noqa: S311 - the same every time
    rows = (f"{10**9 + n},{rand.getrandbits(120):030x},{n % 3000}" for n in range(count))
    return "\n".join(("trip,carrier,miles", *rows, ""))


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file of a child grow beyond `size`: a full disk that spares the others."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def renamed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({"fare": "price"})


def retyped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.cast({"fare": pl.String})


def dropped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("fare")


def added(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(tip=pl.lit(1.0))


AFTER_TRIPS = (BRONZE_TRIPS, SILVER, GOLD)
AFTER_FARES = (BRONZE_FARES, GOLD)
AFTER_SILVER = (SILVER, GOLD)
AGAIN = "fix: ask for the file again"
CAST = "fix: cast, rename or drop the columns"

SOURCES = {
    "missing csv": Bad(
        remove("in/trips-2.csv"),
        WRONG,
        ("A source file is not there: in/trips-2.csv", "fix: the folder in holds trips-1.csv"),
        AFTER_TRIPS,
    ),
    "csv cut in its last row": Bad(
        write("in/trips-2.csv", trips(2)[:-4]),
        FAILED,
        ("in/trips-2.csv: its last row has 2 of 3 fields", AGAIN, "gold.carriers was skipped"),
        AFTER_TRIPS,
    ),
    "csv empty": Bad(
        write("in/trips-2.csv", ""), FAILED, ("in/trips-2.csv: is empty", AGAIN), AFTER_TRIPS
    ),
    "csv with its header alone": Bad(
        write("in/trips-2.csv", "trip,carrier,miles\n"),
        FAILED,
        ("bronze.trips was rejected: rule row_count blocks: measured 0 over 0 rows",),
        AFTER_TRIPS,
    ),
    "missing parquet": Bad(
        remove("in/fares-2.parquet"),
        WRONG,
        ("A source file is not there: in/fares-2.parquet", "fix: the folder in holds"),
        AFTER_FARES,
    ),
    "parquet empty": Bad(
        write("in/fares-2.parquet", b""),
        FAILED,
        ("in/fares-2.parquet: is empty", AGAIN),
        AFTER_FARES,
    ),
    "parquet without its end": Bad(
        write("in/fares-2.parquet", parquet()[:-9]),
        FAILED,
        ("in/fares-2.parquet: has no footer: the file is cut off", AGAIN),
        AFTER_FARES,
    ),
    "parquet with a footer too long": Bad(
        write("in/fares-2.parquet", parquet()[:-8] + b"\xff\xff\xff\x7fPAR1"),
        FAILED,
        ("in/fares-2.parquet: its footer is longer than the file", AGAIN),
        AFTER_FARES,
    ),
    "parquet with damaged pages": Bad(
        write("in/fares-2.parquet", pages_damaged()),
        FAILED,
        ("in/fares-2.parquet: the Parquet data is damaged", AGAIN),
        AFTER_FARES,
    ),
    "csv that is called parquet": Bad(
        write("in/fares-2.parquet", trips(2)),
        FAILED,
        ("in/fares-2.parquet: does not begin like a Parquet file", AGAIN),
        AFTER_FARES,
    ),
}
SCHEMAS = {
    f"{name} column, {evolution}": Bad(
        changed(change, evolution),
        FAILED,
        ("contract: bronze.fares: ", words, fix, "gold.carriers was skipped"),
        AFTER_FARES,
    )
    for name, change, words, fix, evolutions in (
        (
            "renamed",
            renamed,
            "column 'fare' is missing and 'price' is new",
            "fix: rename it",
            ("strict",),
        ),
        (
            "renamed",
            renamed,
            "column 'fare' is missing and 'price' is new and of the same type",
            "fix: rename it to 'fare' in the step",
            ("additive",),
        ),
        (
            "retyped",
            retyped,
            "column 'fare' should be float64 and is string",
            CAST,
            ("strict", "additive"),
        ),
        ("dropped", dropped, "column 'fare' (float64) is missing", CAST, ("strict", "additive")),
        ("added", added, "column 'tip' (float64) is not expected", CAST, ("strict",)),
    )
    for evolution in evolutions
} | {
    "renamed column beside the stored table": Bad(
        write("in/trips-2.csv", trips(2).replace("miles", "km")),
        FAILED,
        ("bronze.trips: column 'miles' is missing and 'km' is new", "fix: rename it to 'miles'"),
        AFTER_TRIPS,
    ),
    "dropped column beside the stored table": Bad(
        write("in/trips-2.csv", without_miles(trips(2))),
        FAILED,
        ("bronze.trips: column 'miles' (string) is missing", CAST),
        AFTER_TRIPS,
    ),
    "added column beside the stored table": Bad(
        write("in/trips-2.csv", with_tip(trips(2))),
        FAILED,
        ("bronze.trips: column 'tip' (string) is not expected", CAST),
        AFTER_TRIPS,
    ),
    "retyped column beside the stored table": Bad(
        transform("return trips"),
        FAILED,
        ("silver.trips: column 'trip' should be int64 and is string", CAST),
        AFTER_SILVER,
    ),
}
STEPS = {
    "transform that raises": Bad(
        transform('raise KeyError("no such thing")'),
        BROKE,
        ("step 'silver.trips' (daily.py:12): KeyError: 'no such thing'", "fix: correct the step"),
        AFTER_SILVER,
    ),
    "transform that raises while rows are read": Bad(
        transform(
            'return trips.with_columns(pl.col("trip", "miles").cast(pl.Int64))'
            ".map_batches(lambda rows: rows if rows.height == 0 else 1 / 0)"
        ),
        BROKE,
        ("step 'silver.trips'", "division by zero", "fix: correct the step"),
        AFTER_SILVER,
    ),
    "transform that leaves the process": Bad(
        transform("raise SystemExit(0)"),
        BROKE,
        ("step 'silver.trips' (daily.py:12): SystemExit: 0", "fix: correct the step"),
        AFTER_SILVER,
    ),
    "transform that misses a column": Bad(
        edit("daily.py", 'pl.col("trip", "miles")', 'pl.col("trip", "mile")'),
        BROKE,
        ("step 'silver.trips'", 'ColumnNotFoundError: "mile" not found', "fix: correct the step"),
        AFTER_SILVER,
    ),
    "transform that returns a frame that is not lazy": Bad(
        transform(TYPED + ".collect()"),
        BROKE,
        ("step 'silver.trips' returned DataFrame, not a LazyFrame", "fix: return a polars Lazy"),
        AFTER_SILVER,
    ),
    "transform that returns nothing": Bad(
        transform("trips.collect()"),
        BROKE,
        ("step 'silver.trips' returned NoneType", "fix: return a polars LazyFrame"),
        AFTER_SILVER,
    ),
    "type that delta cannot hold": Bad(
        transform(TYPED + '.cast({"carrier": pl.Categorical})'),
        FAILED,
        ("silver.trips: column 'carrier' has type Categorical", "fix: cast it to String"),
        AFTER_SILVER,
    ),
}
DECLARED = {
    "pack with errors": Bad(
        edit("rules/silver.trips.yaml", "in_range: {column: miles", "in_rnge: {colum: miles"),
        WRONG,
        ("rules/silver.trips.yaml:7:5: unknown check 'in_rnge' (did you mean 'in_range'?)",),
    ),
    "two packs with errors": Bad(
        two_packs,
        WRONG,
        ("2 errors in 2 files", "min 0 is above max -1", "rules/gold.carriers.yaml:4:5"),
    ),
    "table without a pack": Bad(
        remove("rules/gold.carriers.yaml"),
        WRONG,
        ("No rule pack guards this table: gold.carriers", "fix: write a pack in the rules folder"),
    ),
    "unknown step": Bad(
        nothing,
        WRONG,
        ("pipeline 'daily' has no step 'silver.trip'", "fix: did you mean 'silver.trips'?"),
        arguments=("--only", "silver.trip"),
    ),
    "pipeline that is not there": Bad(
        remove("daily.py"), WRONG, ("daily.py is not there", "fix: name the Python file")
    ),
    "pipeline with a syntax error": Bad(
        edit("daily.py", "daily = Pipeline(", "daily = = Pipeline("),
        WRONG,
        ("daily.py cannot be imported", "SyntaxError", "line 15", "fix: correct the file"),
    ),
    "pipeline that imports what is not there": Bad(
        edit("daily.py", "import polars as pl", "import polarrs as pl"),
        WRONG,
        ("daily.py cannot be imported (daily.py:2)", "'polarrs'", "fix: correct the file"),
    ),
    "sql that reads another table": Bad(
        edit("daily.py", "JOIN fares", "JOIN fare"),
        WRONG,
        ("step 'gold.carriers' has SQL that reads fare", "fix: known are fares, trips"),
    ),
    "channel of an unknown kind": Bad(
        channel("webhok", "env:HOOK"),
        WRONG,
        ("channel 'ops' is of kind 'webhok'", "fix: did you mean 'webhook'?"),
        environment={"HOOK": "https://hooks.example/x"},
    ),
    "channel whose address is not set": Bad(
        channel("webhook", "env:HOOK"),
        WRONG,
        ("channel 'ops'", "environment variable HOOK is not set", "fix: export HOOK"),
    ),
    "channel whose secret is not set": Bad(
        channel("webhook", "env:HOOK", "file:key"),
        WRONG,
        ("channel 'ops'", "secret file key: No such file", "fix: "),
        environment={"HOOK": "https://hooks.example/canary"},
    ),
    "channel with a literal for a secret": Bad(
        channel("slack", "https://hooks.example/canary"),
        WRONG,
        ("channels.ops.url: a secret must be a reference: env:NAME or file:PATH", "fix: correct"),
    ),
    "settings that are no toml": Bad(
        write("dqm.toml", "channels = = 3"), WRONG, ("dqm.toml: Invalid value (at line 1", "fix: ")
    ),
}
PLACES = {
    "warehouse that is no store": Bad(
        nothing,
        WRONG,
        ("warehouse: ftp:// is no object store", "fix: known are abfs, abfss"),
        environment={"DQM_WAREHOUSE": "ftp://bucket/house"},
    ),
    "store of a strange kind": Bad(
        nothing,
        WRONG,
        ("the store cannot live in 'mysql'", "fix: use sqlite:///PATH or postgresql://"),
        environment={"DQM_STORE_URL": "mysql://u:canary@localhost/x"},
    ),
    "store that does not answer": Bad(
        nothing,
        BROKE,
        (
            "The store does not answer; whatever was under way can be sent again: postgresql://127.0.0.1:1/x",
            "fix: check",
        ),
        environment={"DQM_STORE_URL": "postgresql://u:canary@127.0.0.1:1/x"},
    ),
    "store that is no database": Bad(
        write("other.db", "no database\n" * 400),
        BROKE,
        ("other.db: file is not a database", "fix: the file is damaged: move it away"),
        environment={"DQM_STORE_URL": "sqlite:///other.db"},
    ),
}
DAMAGED = {
    "warehouse that is a file": Bad(
        write("house", "x"),
        BROKE,
        ("A Delta table cannot be written", "house", "fix: "),
        environment={"DQM_WAREHOUSE": "house"},
    ),
    "table whose log is damaged": Bad(
        write(".dqm/warehouse/silver/trips/_delta_log/00000000000000000001.json", '{"add'),
        BROKE,
        ("silver.trips broke: A Delta table cannot be read: silver.trips at", "fix: "),
        (GOLD,),
    ),
}
FORBIDDEN = {
    "table's folder": Bad(
        lambda project: project.file(".dqm/warehouse/silver/trips").chmod(0o555),
        BROKE,
        ("silver.trips broke: A Delta table cannot be written", "Permission denied", "fix: make"),
        AFTER_SILVER,
    ),
    "table's log": Bad(
        lambda project: project.file(".dqm/warehouse/silver/trips/_delta_log").chmod(0o555),
        BROKE,
        ("silver.trips broke: A Delta table cannot be written", "fix: make"),
        AFTER_SILVER,
    ),
    "locks": Bad(
        lambda project: project.file(".dqm/warehouse/_locks").chmod(0o555),
        BROKE,
        ("A Delta table cannot be written", "_locks", "Permission denied", "fix: make"),
    ),
}
ON_THE_WAY = SOURCES | SCHEMAS | STEPS | DAMAGED
AT_THE_DOOR = DECLARED | PLACES


@pytest.fixture(scope="module")
def crew() -> Crew:
    return Crew()


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory, crew: Crew) -> Project:
    return make_project(tmp_path_factory.mktemp("template") / "project", crew)


@pytest.fixture
def project(first_day: Project, tmp_path: Path) -> Project:
    """Return a project of its own: day 1 is in its tables, day 2 has arrived."""
    return Project(shutil.copytree(first_day.folder, tmp_path / "project"))


def mend(project: Project, first_day: Project) -> None:
    """Put back whatever was damaged; what the run has written stays."""
    project.file("dqm.toml").unlink(missing_ok=True)
    for name in ("in", "rules", "daily.py"):
        source, target = first_day.file(name), project.file(name)
        shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else shutil.copy(
            source, target
        )
    table, good = (one.file(".dqm/warehouse/silver/trips") for one in (project, first_day))
    for path in (table, table / "_delta_log", project.file(".dqm/warehouse/_locks")):
        path.chmod(0o755)
    log = "_delta_log/00000000000000000001.json"
    shutil.copy(good / log, table / log)


def check_told(bad: Bad, said: Said) -> None:
    assert said.code == bad.code, said.text
    assert [words for words in bad.says if words not in said.text] == [], said.text
    assert "Traceback" not in said.text
    assert "canary" not in said.text


def check_mended(project: Project, first_day: Project, crew: Crew) -> None:
    mend(project, first_day)
    said = project.run(crew, "--key", "2")
    assert said.code == GOOD, said.text
    assert project.trips() == [*range(10, 16), *range(20, 26)]
    assert project.open_writes() == []


@pytest.mark.parametrize("bad", AT_THE_DOOR.values(), ids=AT_THE_DOOR.keys())
def test_what_is_wrong_at_the_door_is_told_before_anything_happens(
    bad: Bad, project: Project, crew: Crew
) -> None:
    bad.damage(project)
    before = project.files(*TABLES), project.events()
    check_told(bad, project.run(crew, "--key", "2", *bad.arguments, **bad.environment or {}))
    assert (project.files(*TABLES), project.events()) == before


@pytest.mark.parametrize("bad", ON_THE_WAY.values(), ids=ON_THE_WAY.keys())
def test_what_is_wrong_on_the_way_is_told_and_once_mended_it_runs(
    bad: Bad, project: Project, first_day: Project, crew: Crew
) -> None:
    bad.damage(project)
    before = project.files(*bad.still)
    check_told(bad, project.run(crew, "--key", "2", *bad.arguments, **bad.environment or {}))
    assert project.files(*bad.still) == before
    assert project.open_writes() == []
    check_mended(project, first_day, crew)


@pytest.mark.parametrize("bad", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_may_not_be_written_is_told_and_then_finished(
    bad: Bad, project: Project, first_day: Project, crew: Crew
) -> None:
    bad.damage(project)
    versions = project.versions()
    check_told(bad, project.run_obedient("--key", "2"))
    # A second run stumbles over nothing that the first has left.
    check_told(bad, project.run_obedient("--key", "2"))
    assert {table: project.versions()[table] for table in bad.still} == {
        table: versions[table] for table in bad.still
    }
    check_mended(project, first_day, crew)
    assert not list(project.file(".dqm").rglob("schema.arrow"))


def test_a_column_more_is_welcome_under_additive(project: Project, crew: Crew) -> None:
    changed(added, "additive")(project)
    assert project.run(crew, "--key", "2").code == GOOD
    stored = pl.read_delta(str(project.file(".dqm/warehouse/bronze/fares")))
    assert sorted(stored["tip"].is_null()) == [False] * 6 + [True] * 6


def test_a_store_that_another_process_holds_is_waited_for_and_then_told(
    project: Project, first_day: Project, crew: Crew
) -> None:
    before = project.files(*TABLES)
    with closing(sqlite3.connect(project.file(".dqm/store.db"), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        said = project.run(crew, "--key", "2")
    locked = (
        "The store is locked by another process; whatever was under way can be sent again",
        ".dqm/store.db",
    )
    check_told(Bad(nothing, BROKE, (*locked, "fix: wait for the other dq-monitor process")), said)
    assert project.files(*TABLES) == before
    check_mended(project, first_day, crew)


def test_a_full_disk_is_told_and_leaves_the_table_as_it_was(
    project: Project, first_day: Project, crew: Crew
) -> None:
    project.write("in/trips-2.csv", many_trips(200_000))
    before = project.files(BRONZE_TRIPS)
    with file_size_limit(MEGABYTE):
        said = project.run_obedient("--key", "2", "--only", "bronze.trips")
    full = ("bronze.trips broke: A Delta table cannot be written", "File too large", "fix: free")
    check_told(Bad(nothing, BROKE, full), said)
    assert project.files(BRONZE_TRIPS) == before
    assert project.open_writes() == []
    check_mended(project, first_day, crew)


def test_a_failing_row_is_data_that_failed_not_a_run_that_broke(
    project: Project, crew: Crew
) -> None:
    failing_row(project)
    said = project.run(crew, "--key", "2")
    assert said.code == FAILED
    assert "in_range.miles  1 of 6 judged rows fail" in said.text
    assert project.open_writes() == []
