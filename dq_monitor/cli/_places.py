"""Where `dqm check` finds its rows: a table, a file, or another engine's table by its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import narwhals.stable.v2 as nw
import pyarrow.dataset as arrow_data
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from dq_monitor.cli._target import Target, kind_at, open_target
from dq_monitor.engines.address import Address, read_address
from dq_monitor.engines.backends.duckdb import DuckDb
from dq_monitor.engines.refusal import POLARS
from dq_monitor.errors import (
    DqmError,
    EngineCannot,
    EngineUnreachable,
    UnknownName,
    UsageError,
)
from dq_monitor.model.view import Files
from dq_monitor.ports import Backend
from dq_monitor.registry import plugs, suggest
from dq_monitor.storage import bounded, is_remote
from dq_monitor.tables.delta import DeltaTables

BACKENDS = "dq_monitor.engines.backends"
DUCKDB = "duckdb"
LOCAL = (POLARS, DUCKDB)
# Where Delta tables lie, as delta-rs writes it.
STORES = ("file", "s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss", "hdfs")

Frame = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Rows on an engine. `find` gives a table that rules refer to; None when there is none.

    `files` are those of a Delta table.
    """

    backend: Backend
    rows: Frame
    find: Callable[[str], Frame | None]
    files: Files | None = None

    def references(self, names: list[str]) -> Mapping[str, Frame]:
        """Return those tables of `names` that there are."""
        return {name: found for name in names if (found := self.find(name)) is not None}


def engines() -> Mapping[str, type]:
    """Return the engines by name, without Polars, which is always there."""
    return plugs(BACKENDS)


def address_of(target: str) -> Address | None:
    """Return the table that a URL names on another engine; None for a table or file of our own."""
    schemes = {scheme for engine in engines().values() for scheme in _schemes(engine)}
    address = read_address(target, schemes)
    scheme = urlsplit(target).scheme if "://" in target else ""
    if address is None and scheme and scheme not in STORES:
        raise UsageError(
            f"{scheme}:// is nothing that dqm check can read", fix=suggest(scheme, schemes)
        )
    return address


def engine_of(address: Address | None, asked: str | None) -> str:
    """Return the engine to run on: the one asked for, or the URL's own; raise UsageError."""
    own = next((n for n, e in engines().items() if address and address.scheme in _schemes(e)), None)
    name = asked or own or POLARS
    if name not in {POLARS, *engines()}:
        raise UnknownName(f"engine {name!r}", fix=suggest(name, {POLARS, *engines()}))
    if own and name not in {own, POLARS}:
        raise UsageError(f"{name} cannot read a table of {own}", fix=f"leave --engine {name} out")
    if not own and name not in LOCAL:
        scheme = _schemes(engines()[name])[0]
        raise UsageError(
            f"{name} reads its own tables, no tables or files here",
            fix=f"give a {scheme}:// URL with ?table=, or use --engine {' or '.join(LOCAL)}",
        )
    return name


def cannot(engine: str) -> Mapping[str, str]:
    """Return the checks that an engine cannot run, and why."""
    found: Mapping[str, str] = {} if engine == POLARS else engines()[engine].cannot  # type: ignore[attr-defined]  # the protocol's
    return found


@contextmanager
def opened(address: Address) -> Iterator[Place]:
    """Connect to where a URL says; raise MissingDriver, EngineUnreachable or UnknownName."""
    engine: Any = engines()[engine_of(address, None)]
    backend: Backend = engine.open(address)
    try:
        rows = _asked(backend, address, address.table)
        if rows is None:
            raise UnknownName(f"table {address.table} at {address.label}", fix="correct ?table=")
        yield Place(backend, rows, lambda name: _asked(backend, address, name))
    finally:
        backend.close()


@contextmanager
def held(target: str, tables: DeltaTables) -> Iterator[Place]:
    """Have DuckDB look at a table or file of our own, where it lies."""
    backend = DuckDb.empty()
    try:

        def find(name: str) -> Frame | None:
            if not tables.exists(name):
                return None
            return backend.hold(_files(tables.open(name).handle, name))

        found = open_target(target, tables)  # says what is wrong with a file
        yield Place(backend, backend.hold(_data(target, tables, found)), find, found.files)
    finally:
        backend.close()


def _data(target: str, tables: DeltaTables, found: Target) -> object:
    """Return a table or file as Arrow data: Parquet stays where it is, other files are read."""
    kind = kind_at(target)
    if not kind:
        return _files(tables.open(target).handle, target)
    if kind == "delta":
        reach = bounded(tables.storage) if is_remote(target) else None
        return _files(DeltaTable(target, storage_options=reach), target)
    if kind == "parquet" and not is_remote(target):
        return arrow_data.dataset(target, format="parquet")
    return found.frame.collect(engine="streaming").to_arrow()


def _files(table: DeltaTable, name: str) -> object:
    try:
        return table.to_pyarrow_dataset()
    except DeltaError as error:
        raise EngineCannot(
            f"{DUCKDB} cannot read the files of {name} ({type(error).__name__})",
            fix=f"use --engine {POLARS}",
        ) from error


def _asked(backend: Backend, address: Address, name: str) -> Frame | None:
    try:
        return backend.table(name)
    except DqmError:
        raise
    except Exception as error:  # noqa: BLE001 - each driver raises classes of its own
        raise EngineUnreachable(
            f"{address.label}: {name} cannot be looked up: {address.reason(error)}",
            fix="check the table's name, and that this user may read it",
        ) from None


def _schemes(engine: type) -> tuple[str, ...]:
    schemes: tuple[str, ...] = engine.schemes  # type: ignore[attr-defined]  # the protocol's
    return schemes
