"""Which datasets there are and which step reads and writes them, as last seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from dq_monitor.model.event import Dataset, Origin
from dq_monitor.store.columns import digest
from dq_monitor.store.insert import put
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
    row = {
        "id": _id(dataset),
        "name": dataset.name,
        "namespace": dataset.namespace,
        "path": dataset.path,
        "format": dataset.format,
        "version": dataset.version,
        "seen_at": at,
    }
    if written:
        put(connection, datasets, "id", row | {"written": True})
    else:
        # Once a step of ours was seen to write it, it stays ours.
        put(connection, datasets, "id", row, first={"written": False})


def _link(connection: Connection, source: Dataset, target: Dataset, job: str, at: datetime) -> None:
    ends = {"source": _id(source), "target": _id(target), "job": job}
    put(connection, edges, "id", {"id": digest(*ends.values()), **ends, "seen_at": at})


def _id(dataset: Dataset) -> str:
    return digest(dataset.namespace, dataset.path)
