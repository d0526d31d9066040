"""What engines share: a driver that is missing, a server that does not answer, a table's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dq_monitor.engines.address import Address
from dq_monitor.errors import EngineUnreachable, MissingDriver


@contextmanager
def driver(engine: str) -> Iterator[None]:
    """Guard the import of an engine's libraries: raise MissingDriver with the line to install."""
    try:
        yield
    except ImportError as error:
        raise MissingDriver(
            f"{error.name or 'a library'}, which {engine} needs",
            fix=f"pip install 'dq-monitor[{engine}]'",
        ) from error


@contextmanager
def connecting(address: Address) -> Iterator[None]:
    """Guard the opening of a connection: raise EngineUnreachable.

    The cause is left out: a driver's words may quote the URL, and with it a password.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - each driver raises classes of its own
        raise EngineUnreachable(
            f"{address.label}: {address.reason(error)}",
            fix="check that it runs, and host, port, database, user and password",
        ) from None


def named(table: str) -> tuple[str | None, str]:
    """Split `schema.table`; the schema is None where only a table is named."""
    schema, _, name = table.rpartition(".")
    return schema or None, name
