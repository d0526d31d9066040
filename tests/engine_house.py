"""The engines on this machine, and a frame put into each of them as a table."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

import clickhouse_connect
import ibis
import narwhals.stable.v2 as nw
import polars as pl
import psycopg
from clickhouse_connect.driver.binding import quote_identifier
from psycopg import sql
from pysail.spark import SparkConnectServer
from pyspark.sql.types import StructType  # after the session: it keeps pyspark quiet

from dq_monitor.engines.backends._spark_connect import session as spark_session
from dq_monitor.engines.backends.clickhouse import ClickHouse
from dq_monitor.engines.backends.duckdb import DuckDb
from dq_monitor.engines.backends.postgres import Postgres
from dq_monitor.engines.backends.spark import Spark
from dq_monitor.engines.isolation import Frame
from dq_monitor.ports import Backend

_numbers = itertools.count()
# What each engine calls a type that it can store; others have their own lines below.
NAMES: Mapping[str, Mapping[type[pl.DataType], str]] = {
    "postgres": {
        pl.Boolean: "boolean",
        pl.Int8: "smallint",
        pl.UInt8: "smallint",
        pl.UInt16: "integer",
        pl.UInt32: "bigint",
        pl.Int16: "smallint",
        pl.Int32: "integer",
        pl.Int64: "bigint",
        pl.Float32: "real",
        pl.Float64: "double precision",
        pl.String: "text",
        pl.Categorical: "text",
        pl.Enum: "text",
        pl.Date: "date",
        pl.Binary: "bytea",
    },
    "clickhouse": {
        pl.Boolean: "Bool",
        pl.Int8: "Int8",
        pl.Int16: "Int16",
        pl.Int32: "Int32",
        pl.Int64: "Int64",
        pl.UInt8: "UInt8",
        pl.UInt16: "UInt16",
        pl.UInt32: "UInt32",
        pl.UInt64: "UInt64",
        pl.Float32: "Float32",
        pl.Float64: "Float64",
        pl.String: "String",
        pl.Categorical: "String",
        pl.Enum: "String",
        pl.Date: "Date32",
    },
    "spark": {
        pl.Boolean: "boolean",
        pl.UInt8: "short",
        pl.UInt16: "integer",
        pl.UInt32: "long",
        pl.Int8: "byte",
        pl.Int16: "short",
        pl.Int32: "integer",
        pl.Int64: "long",
        pl.Float32: "float",
        pl.Float64: "double",
        pl.String: "string",
        pl.Categorical: "string",
        pl.Enum: "string",
        pl.Date: "date",
        pl.Binary: "binary",
    },
}
# Spark knows no unsigned integers: their values are in wider ones.
WIDER: Any = {pl.UInt8: pl.Int16, pl.UInt16: pl.Int32, pl.UInt32: pl.Int64}


class CannotStore(Exception):
    """The engine has no such type, or cannot hold such a value."""


class Engine(Protocol):
    """An engine that runs here."""

    @property
    def backend(self) -> Backend | None:
        """Return what the command would use; None on Polars, which needs none."""
        ...

    def put(self, frame: pl.DataFrame) -> Frame:
        """Store a frame and return it as a table of the engine; raise CannotStore."""
        ...

    def collect(self, frame: Frame) -> pl.DataFrame:
        """Run a query."""
        ...


class PolarsEngine:
    """The portable way on Polars itself."""

    backend = None

    def put(self, frame: pl.DataFrame) -> Frame:
        return nw.from_native(frame.lazy())

    def collect(self, frame: Frame) -> pl.DataFrame:
        found: pl.DataFrame = frame.to_native().collect(engine="streaming")
        return found


class DuckDbEngine:
    """DuckDB in memory."""

    def __init__(self, backend: DuckDb) -> None:
        self.backend = backend

    def put(self, frame: pl.DataFrame) -> Frame:
        for dtype in frame.dtypes:
            _duckdb(dtype)
        return self.backend.hold(frame.to_arrow())

    def collect(self, frame: Frame) -> pl.DataFrame:
        return self.backend.collect(frame)


class SparkEngine:
    """Sail, which speaks Spark Connect."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.backend = Spark(session)

    def put(self, frame: pl.DataFrame) -> Frame:
        fields = [
            {"name": name, "type": _spark(dtype), "nullable": True, "metadata": {}}
            for name, dtype in frame.schema.items()
        ]
        schema = StructType.fromJson({"type": "struct", "fields": fields})
        stored = frame.cast(WIDER).with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
        found: Frame = nw.from_native(self._session.createDataFrame(stored.to_arrow(), schema))
        return found

    def collect(self, frame: Frame) -> pl.DataFrame:
        return self.backend.collect(frame)


class PostgresEngine:
    """PostgreSQL from a wheel."""

    def __init__(self, backend: Any) -> None:
        self._connection = backend.con
        self.backend = Postgres(backend)

    def put(self, frame: pl.DataFrame) -> Frame:
        name = sql.Identifier(f"frame_{next(_numbers)}")
        types = {column: _postgres(dtype) for column, dtype in frame.schema.items()}
        texts = frame.select(pl.col(pl.String)).to_dict(as_series=False).values()
        if any("\0" in (text or "") for column in texts for text in column):
            raise CannotStore("a text with a NUL character")
        fields = [
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
            for column, kind in types.items()
        ]
        with self._connection.cursor() as cursor:
            create = sql.SQL("CREATE TEMP TABLE {} ({})").format(name, sql.SQL(", ").join(fields))
            cursor.execute(create)
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(name)) as into:
                for row in frame.iter_rows():
                    into.write_row(row)
        found = self.backend.table(name.as_string().strip('"'))
        assert found is not None
        return found

    def collect(self, frame: Frame) -> pl.DataFrame:
        return self.backend.collect(frame)


class ClickHouseEngine:
    """ClickHouse inside this process."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.backend = ClickHouse(client)

    def put(self, frame: pl.DataFrame) -> Frame:
        name = f"frame_{next(_numbers)}"
        fields = ", ".join(
            f"{quote_identifier(column)} {_clickhouse(dtype)}"
            for column, dtype in frame.schema.items()
        )
        self._client.command(f"CREATE TABLE {name} ({fields}) ENGINE = Memory")
        if frame.height:
            self._client.insert(name, frame.rows(), column_names=frame.columns)
        found = self.backend.table(name)
        assert found is not None
        return found

    def collect(self, frame: Frame) -> pl.DataFrame:
        return self.backend.collect(frame)


def _named(engine: str, dtype: pl.DataType) -> str:
    names = NAMES[engine]
    if type(dtype) not in names:
        raise CannotStore(f"type {dtype}")
    return names[type(dtype)]


def _spark(dtype: pl.DataType) -> Any:
    if isinstance(dtype, pl.Datetime):
        return "timestamp" if dtype.time_zone else "timestamp_ntz"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.List):
        return {"type": "array", "elementType": _spark(_inner(dtype)), "containsNull": True}
    return _named("spark", dtype)


def _postgres(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Datetime):
        return "timestamptz" if dtype.time_zone else "timestamp"
    if isinstance(dtype, pl.Decimal):
        return f"numeric({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.List):
        return f"{_postgres(_inner(dtype))}[]"
    return _named("postgres", dtype)


def _clickhouse(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Datetime):
        zone = f", '{dtype.time_zone}'" if dtype.time_zone else ""
        return f"Nullable(DateTime64(6{zone}))"
    if isinstance(dtype, pl.Decimal):
        return f"Nullable(Decimal({dtype.precision}, {dtype.scale}))"
    return f"Nullable({_named('clickhouse', dtype)})"


def _inner(dtype: pl.List) -> pl.DataType:
    inner: Any = dtype.inner
    found: pl.DataType = inner() if isinstance(inner, type) else inner
    return found


def storable(engine: str, dtype: Any) -> bool:
    """Say whether an engine has a type."""
    with suppress(CannotStore):
        TYPES[engine](dtype() if isinstance(dtype, type) else dtype)
        return True
    return False


def _duckdb(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Null):
        raise CannotStore("type Null")
    return str(dtype)


TYPES: Mapping[str, Callable[[pl.DataType], Any]] = {
    "polars": str,
    "duckdb": _duckdb,
    "spark": _spark,
    "postgres": _postgres,
    "clickhouse": _clickhouse,
}


@contextmanager
def polars() -> Iterator[Engine]:
    """Yield Polars."""
    yield PolarsEngine()


@contextmanager
def duckdb() -> Iterator[Engine]:
    """Yield a DuckDB in memory."""
    backend = DuckDb.empty()
    yield DuckDbEngine(backend)
    backend.close()


@contextmanager
def sail() -> Iterator[str]:
    """Start Sail; yield its URL."""
    server = SparkConnectServer()
    server.start(background=True)
    host, port = server.listening_address or ("", 0)
    yield f"sc://{host}:{port}"
    server.stop()


@contextmanager
def spark() -> Iterator[Engine]:
    """Yield a session of Sail."""
    with sail() as url:
        session = spark_session(url)
        yield SparkEngine(session)
        session.stop()


@contextmanager
def postgres(url: str) -> Iterator[Engine]:
    """Yield a connection to a PostgreSQL that runs already."""
    connection = psycopg.connect(url, autocommit=True)
    yield PostgresEngine(ibis.postgres.from_connection(connection))
    connection.close()


@contextmanager
def clickhouse() -> Iterator[Engine]:
    """Yield the ClickHouse of this process."""
    client = clickhouse_connect.get_client(dsn="chdb://memory")
    yield ClickHouseEngine(client)
    client.close()


STARTS: Mapping[str, Callable[[], AbstractContextManager[Engine]]] = {
    "polars": polars,
    "duckdb": duckdb,
    "spark": spark,
    "clickhouse": clickhouse,
}
ENGINES = (*STARTS, "postgres")
