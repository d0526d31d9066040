"""Spark, through a Spark Connect server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.address import Address
from dq_monitor.engines.backends._driver import connecting, driver
from dq_monitor.engines.isolation import Frame

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

TIME_ZONE = "spark.sql.session.timeZone"


class Spark:
    """Tables that a Spark Connect server sees (`sc://host:15002?table=catalog.schema.name`)."""

    schemes: ClassVar[tuple[str, ...]] = ("sc",)
    cannot: ClassVar[Mapping[str, str]] = {}

    def __init__(self, session: SparkSession) -> None:
        """Take a session; times are UTC from here on."""
        self._session = session
        session.conf.set(TIME_ZONE, "UTC")

    @classmethod
    def open(cls, address: Address) -> Spark:
        """Begin a session; raise MissingDriver or EngineUnreachable."""
        with driver("spark"):
            from dq_monitor.engines.backends import _spark_connect  # noqa: PLC0415 - a driver
        with connecting(address):
            return cls(_spark_connect.session(_connection_string(address)))

    def table(self, name: str) -> Frame | None:
        """Return a table by its name, as Spark writes it; None when there is none."""
        if not self._session.catalog.tableExists(name):
            return None
        return nw.from_native(self._session.table(name))

    def with_clocks(self, frame: Frame, columns: Mapping[str, str], zone: str) -> Frame:
        """Add columns: instants as the clocks of a zone showed them."""
        from pyspark.sql.connect import functions  # noqa: PLC0415 - it was there for the session

        native: Any = frame.to_native()
        for name, clock in columns.items():
            shown = functions.from_utc_timestamp(native[name], zone).cast("timestamp_ntz")
            native = native.withColumn(clock, shown)
        found: Frame = nw.from_native(native)
        return found

    def prepare(self, frame: Frame) -> None:
        """Have Spark look at a query without running it."""
        native: Any = frame.to_native()
        native.schema  # noqa: B018 - asking for it sends the plan

    def collect(self, frame: Frame) -> pl.DataFrame:
        """Run a query."""
        native: Any = frame.to_native()
        return pl.DataFrame(native.toArrow())

    def close(self) -> None:
        """End the session."""
        self._session.stop()


def _connection_string(address: Address) -> str:
    """Return the URL as Spark takes it: options are in the path, behind semicolons."""
    parts = address.parts
    path, _, parameters = parts.path.partition(";")
    own = [f"{name}={value}" for name, value in address.options.items()]
    place = f"sc://{parts.netloc}{path or '/'}"
    return ";".join([place, *filter(None, [parameters]), *own])
