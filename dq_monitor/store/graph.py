"""Which datasets there are and which step reads and writes them, as last seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_

from dq_monitor.model.event import Dataset, Origin
from dq_monitor.store.access import insert_into
from dq_monitor.store.columns import digest
from dq_monitor.store.schema import datasets, edges


def draw(connection: Connection, origin: Origin, at: datetime) -> None:
    """Note the datasets and the edges of a step that began at `at`."""
    for dataset in origin.inputs:
        _note(connection, dataset, at, written=False)
    if origin.output is None:
        return
    _note(connection, origin.output, at, written=True)
    for dataset in origin.inputs:
        _link(connection, dataset, origin.output, origin.job, at)


def _note(connection: Connection, dataset: Dataset, at: datetime, *, written: bool) -> None:
    row: dict[str, Any] = {
        "name": dataset.name,
        "namespace": dataset.namespace,
        "path": dataset.path,
        "format": dataset.format,
        "version": dataset.version,
        "seen_at": at,
    }
    statement = insert_into(connection, datasets).values(id=_id(dataset), written=written, **row)
    once_written = or_(datasets.c.written, statement.excluded.written)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_=row | {"written": once_written})
    )


def _link(connection: Connection, source: Dataset, target: Dataset, job: str, at: datetime) -> None:
    ends = {"source": _id(source), "target": _id(target), "job": job}
    statement = insert_into(connection, edges).values(id=digest(*ends.values()), seen_at=at, **ends)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"seen_at": at}))


def _id(dataset: Dataset) -> str:
    return digest(dataset.namespace, dataset.path)
