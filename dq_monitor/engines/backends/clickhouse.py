"""ClickHouse, through Ibis and clickhouse-connect."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.address import Address
from dq_monitor.engines.backends._driver import connecting, driver
from dq_monitor.engines.backends._ibis import find, shaped
from dq_monitor.engines.isolation import Frame

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

# As other engines have it: no rows have no maximum, and a join without a partner is null.
SETTINGS = {"aggregate_functions_null_for_empty": 1, "join_use_nulls": 1, "session_timezone": "UTC"}


class ClickHouse:
    """Tables of a ClickHouse server (`clickhouse://host:port/db?table=name`), by its HTTP port."""

    schemes: ClassVar[tuple[str, ...]] = ("clickhouse",)
    cannot: ClassVar[Mapping[str, str]] = {}

    def __init__(self, client: Client) -> None:
        """Take a client."""
        import ibis  # noqa: PLC0415 - an optional driver

        from dq_monitor.engines.backends import _dialects  # noqa: PLC0415 - it imports Ibis

        self._client = client
        self._backend: Any = ibis.clickhouse.from_connection(client)
        self._backend.compiler = _dialects.ClickHouse()

    @classmethod
    def open(cls, address: Address) -> ClickHouse:
        """Connect; raise MissingDriver or EngineUnreachable."""
        with driver("clickhouse"):
            import clickhouse_connect  # noqa: PLC0415 - optional drivers
            import ibis.backends.clickhouse  # noqa: F401, PLC0415
        # it warns of what it raises as well
        logging.getLogger("clickhouse_connect").setLevel(logging.ERROR)
        parts = address.parts
        options: dict[str, Any] = dict(address.options)
        with connecting(address):
            client = clickhouse_connect.get_client(
                host=parts.hostname or "localhost",
                port=parts.port,
                username=unquote(parts.username or "") or None,
                password=unquote(parts.password or ""),
                database=unquote(parts.path.strip("/")) or None,
                **options,
            )
            return cls(client)

    def table(self, name: str) -> Frame | None:
        """Return a table by its name, with its database or without; None when there is none."""
        found = find(self._backend, name)
        return None if found is None else _in_utc(found)

    def with_clocks(self, frame: Frame, columns: Mapping[str, str], zone: str) -> Frame:
        """Add columns: instants as the clocks of a zone showed them."""
        from dq_monitor.engines.backends import _dialects  # noqa: PLC0415 - it imports Ibis

        table: Any = frame.to_native()
        show = _dialects.clickhouse_clock
        shown = {clock: show(table[name], zone) for name, clock in columns.items()}
        found: Frame = nw.from_native(table.mutate(**shown))
        return found

    def prepare(self, frame: Frame) -> None:
        """Write a query's SQL without running it."""
        self._backend.compile(frame.to_native())

    def collect(self, frame: Frame) -> pl.DataFrame:
        """Run a query."""
        query: Any = frame.to_native()
        found = self._client.query_arrow(self._backend.compile(query), settings=SETTINGS)
        return shaped(pl.DataFrame(found), query)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _in_utc(frame: Frame) -> Frame:
    """Return instants in UTC: ClickHouse reads hours and dates in the zone of the column."""
    import ibis.expr.datatypes as dt  # noqa: PLC0415 - an optional driver

    table: Any = frame.to_native()
    zoned = {
        name: table[name].cast(dt.Timestamp("UTC", dtype.scale))
        for name, dtype in table.schema().items()
        if dtype.is_timestamp() and dtype.timezone not in {None, "UTC"}
    }
    return nw.from_native(table.mutate(**zoned)) if zoned else frame
