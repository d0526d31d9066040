"""`dqm check` on other engines: rows are judged where they lie, and no password is ever said."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import duckdb
import polars as pl
import psycopg
import pytest
from sqlalchemy import make_url

from dq_monitor.cli.main import run
from dq_monitor.engines.backends._spark_connect import session as spark_session
from tests.clickhouse_server import clickhouse_server
from tests.engine_house import sail

CANARY = "c4n4ry"
PACK = """\
pack: silver.flights
table: silver.flights
contract:
  columns:
    carrier: {type: string}
    delay: {type: int64}
rules:
  - not_null: [carrier]
  - in_range: {column: delay, min: -120, max: 1440}
    where: "carrier <> 'UA'"
    on_fail: quarantine
  - unique: [carrier]
    nulls: fail
  - mean: {column: delay}
    where: "carrier = 'AA'"
    error: {over: 6}
  - row_count: {}
    error: {below: 3}
  - foreign_key: {column: carrier, references: bronze.airlines.carrier}
    warn: {over: 0}
  - in_set: {column: tail, values: [N1]}
    id: about_no_column
"""
FLIGHTS = pl.DataFrame({"carrier": ["AA", None, "ZZ", "AA"], "delay": [5, 7, 9999, 9]})
AIRLINES = pl.DataFrame({"carrier": ["AA", "UA"]})
FOUND = {
    "contract": ("pass", None, None),
    "not_null.carrier": ("fail", 1, None),
    "in_range.delay": ("fail", 1, None),
    "unique.carrier": ("fail", 3, None),
    "mean.delay": ("fail", None, 7),
    "row_count": ("pass", None, 4),
    "foreign_key.carrier": ("warn", 1, None),
    "about_no_column": ("error", None, None),
}

# Whoever reads `number` is told: invalid input syntax for type integer: "AA"
HAZARDS = """\
CREATE VIEW silver.hazards AS SELECT *, carrier::integer AS number FROM silver.flights
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("pack.yaml").write_text(PACK)
    return tmp_path


@pytest.fixture
def duckdb_url(folder: Path) -> str:
    with duckdb.connect(str(folder / "there.duckdb")) as there:
        there.register("flights", FLIGHTS.to_arrow())
        there.register("airlines", AIRLINES.to_arrow())
        there.execute("CREATE SCHEMA silver; CREATE SCHEMA bronze")
        there.execute("CREATE TABLE silver.flights AS FROM flights")
        there.execute("CREATE TABLE bronze.airlines AS FROM airlines")
    return f"duckdb://{folder}/there.duckdb?table=silver.flights"


@pytest.fixture
def postgres_there(empty_postgres: str) -> str:
    url = make_url(empty_postgres).set(drivername="postgresql", password=CANARY)
    text = url.render_as_string(hide_password=False)
    with psycopg.connect(text) as there:
        for name, frame in (("silver.flights", FLIGHTS), ("bronze.airlines", AIRLINES)):
            schema, _, table = name.partition(".")
            types = {pl.String: "text", pl.Int64: "bigint"}
            columns = ", ".join(f"{n} {types[type(t)]}" for n, t in frame.schema.items())
            there.execute(f"CREATE SCHEMA {schema}")
            there.execute(f"CREATE TABLE {name} ({columns})")
            with there.cursor().copy(f"COPY {schema}.{table} FROM STDIN") as into:
                for row in frame.iter_rows():
                    into.write_row(row)
    return f"{text}{'&' if '?' in text else '?'}table=silver.flights"


@pytest.fixture
def clickhouse_url() -> Iterator[str]:
    client = clickhouse_connect.get_client(dsn="chdb://memory")
    names = {"silver.flights": FLIGHTS, "bronze.airlines": AIRLINES}
    types = {pl.String: "Nullable(String)", pl.Int64: "Nullable(Int64)"}
    for name, frame in names.items():
        columns = ", ".join(f"{n} {types[type(t)]}" for n, t in frame.schema.items())
        client.command(f"CREATE DATABASE {name.partition('.')[0]}")
        client.command(f"CREATE TABLE {name} ({columns}) ENGINE = Memory")
        client.insert(name, frame.rows(), column_names=frame.columns)
    with clickhouse_server(client, "scott", CANARY) as place:
        yield f"clickhouse://scott:{CANARY}@{place}/default?table=silver.flights"
    for name in names:
        client.command(f"DROP DATABASE {name.partition('.')[0]}")
    client.close()


@pytest.fixture
def spark_url(folder: Path) -> Iterator[str]:
    with sail() as place:
        # Sail's tables are those of a session, so the command has to join it
        url = f"{place}/;session_id={uuid.uuid4()}"
        session = spark_session(url)
        for name, frame in (("silver.flights", FLIGHTS), ("bronze.airlines", AIRLINES)):
            frame.write_parquet(folder / f"{name}.parquet")
            session.sql(f"CREATE SCHEMA {name.partition('.')[0]}")
            session.sql(f"CREATE TABLE {name} USING parquet LOCATION '{folder}/{name}.parquet'")
        yield f"{url};x-key={CANARY}?table=silver.flights"
        session.stop()


URLS = ("duckdb_url", "postgres_there", "clickhouse_url", "spark_url")


def findings(text: str) -> dict[str, tuple[str, int | None, float | None]]:
    found = json.loads(text)["findings"]
    return {one["rule"]: (one["status"], one["failing"], one["value"]) for one in found}


@pytest.mark.parametrize("engine", URLS)
def test_each_engine_finds_the_same(
    request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str], engine: str
) -> None:
    url = request.getfixturevalue(engine)
    capfd.readouterr()
    assert run(["check", url, "--pack", "pack.yaml", "--json"]) == 1
    said = capfd.readouterr()
    assert findings(said.out) == FOUND
    assert CANARY not in said.out + said.err


@pytest.mark.parametrize("engine", URLS)
def test_a_table_of_another_engine_can_be_fetched_into_polars(
    request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str], engine: str
) -> None:
    url = request.getfixturevalue(engine)
    capfd.readouterr()
    assert run(["check", url, "--pack", "pack.yaml", "--json", "--engine", "polars"]) == 1
    assert findings(capfd.readouterr().out) == FOUND


@pytest.mark.parametrize("engine", URLS)
def test_a_table_that_is_not_there_is_named(
    request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str], engine: str
) -> None:
    url = request.getfixturevalue(engine).replace("silver.flights", "silver.nothing")
    capfd.readouterr()
    assert run(["check", url, "--pack", "pack.yaml"]) == 2
    said = capfd.readouterr()
    assert "No such name: table silver.nothing" in said.err
    assert CANARY not in said.out + said.err


def test_a_secret_url_is_referred_to(
    duckdb_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLIGHTS_URL", duckdb_url.partition("?")[0])
    target = "env:FLIGHTS_URL?table=silver.flights"
    assert run(["check", target, "--pack", "pack.yaml", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["target"] == target
    assert said["rows"] == FLIGHTS.height


def test_without_pack_the_one_that_guards_the_table_of_that_name_is_taken(
    folder: Path, duckdb_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "rules").mkdir()
    (folder / "pack.yaml").rename(folder / "rules" / "flights.yaml")
    assert run(["check", duckdb_url, "--json"]) == 1
    assert findings(capsys.readouterr().out) == FOUND


def warehouse(folder: Path, name: str, frame: pl.DataFrame, **options: Any) -> Path:
    place = folder / ".dqm" / "warehouse" / name
    place.mkdir(parents=True)
    frame.write_delta(place, **options)
    return place


@pytest.mark.parametrize("kind", ["table", "folder", "parquet", "csv", "ndjson"])
def test_duckdb_finds_the_same_in_tables_and_files_of_our_own(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    # partition columns are in the folders' names, not in the files
    by = {"delta_write_options": {"partition_by": ["carrier"]}}
    place = warehouse(folder, "silver/flights", FLIGHTS, **by)
    warehouse(folder, "bronze/airlines", AIRLINES)
    target = {"table": "silver.flights", "folder": str(place)}.get(kind, f"flights.{kind}")
    if kind not in {"table", "folder"}:
        getattr(FLIGHTS, f"write_{kind}")(folder / target)
    assert run(["check", target, "--pack", "pack.yaml", "--json", "--engine", "duckdb"]) == 1
    assert findings(capsys.readouterr().out) == FOUND


def test_files_of_a_delta_table_are_counted_on_duckdb_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse(folder, "silver/flights", FLIGHTS)
    rules = "table: t\nrules:\n  - file_count: {}\n    warn: {over: 9}\n"
    (folder / "pack.yaml").write_text(rules)
    assert (
        run(["check", "silver.flights", "--pack", "pack.yaml", "--json", "--engine", "duckdb"]) == 0
    )
    assert findings(capsys.readouterr().out) == {"file_count": ("pass", None, 1)}


def test_what_the_engine_cannot_do_is_refused_by_name_all_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FLIGHTS.write_parquet("flights.parquet")
    for name in ("one", "two"):
        rule = f"  - approx_distinct_count: carrier\n    id: {name}\n    warn: {{over: 9}}\n"
        (folder / "pack.yaml").write_text((folder / "pack.yaml").read_text() + rule)
    assert run(["check", "flights.parquet", "--pack", "pack.yaml", "--engine", "duckdb"]) == 2
    said = capsys.readouterr().err
    assert "cannot run these rules; nothing was read: 2 of the pack's rules" in said
    for name in ("one", "two"):
        assert f"rule {name}: approx_distinct_count cannot run on duckdb: it runs on" in said
    assert said.count("; use --engine polars or remove it") == 2
    assert run(["check", "flights.parquet", "--pack", "pack.yaml"]) == 1


def test_what_the_engine_turns_out_not_to_know_is_refused_by_name_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FLIGHTS.rename({"delay": "a.delay"}).write_parquet("flights.parquet")
    rules = "table: t\nrules:\n  - unique: [a.delay]\n  - not_null: carrier\n"
    (folder / "pack.yaml").write_text(rules)
    assert run(["check", "flights.parquet", "--pack", "pack.yaml", "--engine", "duckdb"]) == 2
    said = capsys.readouterr().err
    assert "nothing was read: 1 of the pack's rules" in said
    assert "rule unique.a.delay: unique cannot run on duckdb: " in said
    assert run(["check", "flights.parquet", "--pack", "pack.yaml"]) == 1


def test_a_rule_that_breaks_is_in_error_alone_and_quotes_no_value(
    postgres_there: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = postgres_there.replace("table=silver.flights", "")
    with psycopg.connect(url) as there:
        there.execute(HAZARDS)
    (folder / "pack.yaml").write_text(f"{PACK}  - not_null: number\n    id: hazard\n")
    capfd.readouterr()
    assert run(["check", f"{url}table=silver.hazards", "--pack", "pack.yaml", "--json"]) == 1
    said = capfd.readouterr().out
    assert findings(said) == {**FOUND, "hazard": ("error", None, None)}
    assert "InvalidTextRepresentation" in said
    assert "invalid input syntax" not in said


ERRORS = {
    "scheme": ("mysql://u:{CANARY}@h/db?table=x", (), 2, "mysql:// is nothing that dqm check can"),
    "no table": ("duckdb:///there.duckdb", (), 2, "duckdb:///there.duckdb names no table"),
    "port": ("postgresql://u:{CANARY}@h:port/db?table=x", (), 2, "postgresql URL cannot be read"),
    "no file": ("duckdb:///no.duckdb?table=x", (), 2, "there is no file /no.duckdb"),
    "engine": ("silver.flights", ("--engine", "sparc"), 2, "did you mean 'spark'?"),
    "own tables": ("silver.flights", ("--engine", "spark"), 2, "give a sc:// URL with ?table="),
    "other's": ("duckdb:///x?table=y", ("--engine", "spark"), 2, "spark cannot read a table of"),
    "no variable": ("env:NO_SUCH_URL", (), 2, "environment variable NO_SUCH_URL is not set"),
    "no URL": ("env:HOME?table=x", (), 2, "env:HOME holds no URL of an engine"),
    "postgres": (
        "postgresql://u:{CANARY}@127.0.0.1:1/db?table=x&sslmode=disable",
        (),
        3,
        "does not answer: postgresql://127.0.0.1:1/db?table=x: ",
    ),
    "wrong option": (
        "postgresql://u:{CANARY}@127.0.0.1:1/db?table=x&what={CANARY}",
        (),
        3,
        "does not answer: postgresql://127.0.0.1:1/db?table=x: ",
    ),
    "clickhouse": (
        "clickhouse://u:{CANARY}@127.0.0.1:1/db?table=x",
        (),
        3,
        "does not answer: clickhouse://127.0.0.1:1/db?table=x: Connection refused",
    ),
    "no duckdb": ("pack.yaml", ("--engine", "duckdb"), 2, "source 'yaml'"),
}


@pytest.mark.parametrize(("target", "options", "code", "said"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_reached_is_named_in_a_line_without_its_password(
    capfd: pytest.CaptureFixture[str], target: str, options: tuple[str, ...], code: int, said: str
) -> None:
    given = target.replace("{CANARY}", CANARY)
    assert run(["check", given, "--pack", "pack.yaml", *options]) == code
    told = capfd.readouterr()
    assert said in told.err
    assert len(told.err.strip().splitlines()) == 2
    assert "\n  fix: " in told.err
    assert CANARY not in told.out + told.err


def test_a_wrong_password_is_not_said(
    clickhouse_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    url = clickhouse_url.replace(CANARY, f"{CANARY}%40")
    assert run(["check", url, "--pack", "pack.yaml"]) == 3
    told = capfd.readouterr()
    assert "Authentication failed" in told.err
    assert CANARY not in told.out + told.err
