"""DuckDB: a database file, or Arrow data that lies elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

import narwhals.stable.v2 as nw
import polars as pl
from sqlglot import exp

from dq_monitor.engines.address import Address
from dq_monitor.engines.backends._driver import connecting, driver, named
from dq_monitor.engines.isolation import Frame
from dq_monitor.errors import SourceMissing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class DuckDb:
    """Tables of a DuckDB file (`duckdb:///path/file.duckdb?table=main.flights`), read-only."""

    schemes: ClassVar[tuple[str, ...]] = ("duckdb",)
    cannot: ClassVar[Mapping[str, str]] = {}

    def __init__(self, connection: DuckDBPyConnection) -> None:
        """Take a connection; times are UTC from here on."""
        self._connection = connection
        connection.execute("SET TimeZone = 'UTC'")

    @classmethod
    def open(cls, address: Address) -> DuckDb:
        """Open the file; raise MissingDriver, SourceMissing or EngineUnreachable."""
        with driver("duckdb"):
            import duckdb  # noqa: PLC0415 - an optional driver
        path = unquote(address.parts.netloc + address.parts.path)
        if not Path(path).is_file():
            raise SourceMissing(f"{address.label}: there is no file {path}", fix="correct the path")
        with connecting(address):
            return cls(duckdb.connect(path, read_only=True))

    @classmethod
    def empty(cls) -> DuckDb:
        """Open a database in memory, for data that lies elsewhere; raise MissingDriver."""
        with driver("duckdb"):
            import duckdb  # noqa: PLC0415 - an optional driver
        return cls(duckdb.connect())

    def hold(self, data: object) -> Frame:
        """Return Arrow data (a table, a data set of files) as a frame; nothing is read yet."""
        return nw.from_native(self._connection.from_arrow(data))

    def table(self, name: str) -> Frame | None:
        """Return a table by its name, with its schema or without; None when there is none."""
        import duckdb  # noqa: PLC0415 - it was there when the connection was opened

        schema, table = named(name)
        quoted = exp.table_(table, db=schema, quoted=True).sql("duckdb")
        try:
            return nw.from_native(self._connection.table(quoted))
        except duckdb.CatalogException:
            return None

    def with_clocks(self, frame: Frame, columns: Mapping[str, str], zone: str) -> Frame:
        """Add columns: instants as the clocks of a zone showed them."""
        import duckdb  # noqa: PLC0415 - it was there when the connection was opened

        relation: Any = frame.to_native()
        there = duckdb.ConstantExpression(zone)
        shown = [
            duckdb.FunctionExpression("timezone", there, duckdb.ColumnExpression(name)).alias(clock)
            for name, clock in columns.items()
        ]
        found: Frame = nw.from_native(relation.project(duckdb.StarExpression(), *shown))
        return found

    def prepare(self, frame: Frame) -> None:
        """Do nothing: DuckDB has looked at a query before it is one."""

    def collect(self, frame: Frame) -> pl.DataFrame:
        """Run a query."""
        relation: Any = frame.to_native()
        found: pl.DataFrame = relation.pl()
        return found

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
