"""PostgreSQL, through Ibis and psycopg."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.address import Address
from dq_monitor.engines.backends._driver import connecting, driver
from dq_monitor.engines.backends._ibis import find, frame_of
from dq_monitor.engines.isolation import Frame

if TYPE_CHECKING:
    from ibis.backends.postgres import Backend

TIMEOUT = 10  # seconds to connect


class Postgres:
    """Tables of a PostgreSQL database (`postgresql://host/db?table=schema.name`), read only."""

    schemes: ClassVar[tuple[str, ...]] = ("postgresql", "postgres")
    cannot: ClassVar[Mapping[str, str]] = {}

    def __init__(self, backend: Backend) -> None:
        """Take an Ibis backend; Ibis has set its times to UTC."""
        from dq_monitor.engines.backends import _dialects  # noqa: PLC0415 - it imports Ibis

        self._backend: Any = backend
        self._backend.compiler = _dialects.Postgres()

    @classmethod
    def open(cls, address: Address) -> Postgres:
        """Connect; raise MissingDriver or EngineUnreachable."""
        with driver("postgres"):
            import ibis  # noqa: PLC0415 - optional drivers
            import psycopg  # noqa: PLC0415
        with connecting(address):
            patience = int(address.options.get("connect_timeout", TIMEOUT))
            connection = psycopg.connect(address.url, autocommit=True, connect_timeout=patience)
            connection.read_only = True
            return cls(ibis.postgres.from_connection(connection))

    def table(self, name: str) -> Frame | None:
        """Return a table by its name, with its schema or without; None when there is none."""
        return find(self._backend, name)

    def with_clocks(self, frame: Frame, columns: Mapping[str, str], zone: str) -> Frame:
        """Add columns: instants as the clocks of a zone showed them."""
        from dq_monitor.engines.backends import _dialects  # noqa: PLC0415 - it imports Ibis

        table: Any = frame.to_native()
        show = _dialects.postgres_clock
        shown = {clock: show(table[name], zone) for name, clock in columns.items()}
        found: Frame = nw.from_native(table.mutate(**shown))
        return found

    def prepare(self, frame: Frame) -> None:
        """Write a query's SQL without running it."""
        self._backend.compile(frame.to_native())

    def collect(self, frame: Frame) -> pl.DataFrame:
        """Run a query.

        Not through Ibis: it cannot read the numerics that PostgreSQL answers means with.
        """
        query: Any = frame.to_native()
        with self._backend.con.transaction(), self._backend.con.cursor() as cursor:
            rows = cursor.execute(self._backend.compile(query)).fetchall()
        return frame_of(rows, query)

    def close(self) -> None:
        """Close the connection."""
        self._backend.disconnect()
