"""Inserts that mind what is there already; made once, as making a statement costs most of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from dq_monitor.store.access import is_postgres

Upsert = postgresql.Insert | sqlite.Insert


def add(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert `row`; what has its key already stays as it is."""
    connection.execute(_unless_there(table, is_postgres(connection)), row)


def put(
    connection: Connection,
    table: Table,
    key: str,
    row: Mapping[str, Any],
    first: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Insert `row` with the values of `first`, or give what has its key already those of `row`."""
    columns = tuple(name for name in row if name != key)
    statement = _or_renew(table, key, columns, is_postgres(connection))
    connection.execute(statement, {**row, **first})


def insert_into(connection: Connection, table: Table) -> Upsert:
    """Return the database's own insert, which knows `ON CONFLICT`."""
    return _insert(table, is_postgres(connection))


def _insert(table: Table, postgres: bool) -> Upsert:  # noqa: FBT001 - a key of the caches below
    return postgresql.insert(table) if postgres else sqlite.insert(table)


@cache
def _unless_there(table: Table, postgres: bool) -> Upsert:  # noqa: FBT001 - a key of the cache
    return _insert(table, postgres).on_conflict_do_nothing()


@cache
def _or_renew(
    table: Table,
    key: str,
    columns: tuple[str, ...],
    postgres: bool,  # noqa: FBT001 - a key of the cache
) -> Upsert:
    statement = _insert(table, postgres)
    renewed = {name: statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=[key], set_=renewed)
