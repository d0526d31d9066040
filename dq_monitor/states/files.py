"""The data files of a table's version, each under an id that no other file will ever have."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from dq_monitor.tables.snapshot import Snapshot, StoredFile

# What a reader must know beyond Parquet files, and that changes nothing about what is in them.
# Deletion vectors take rows out of a file, column mapping and widening change how it is read.
HARMLESS = {"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"}
BY_FEATURES = 3


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table and its id: a digest of the table, the path, the size and the time."""

    id: str
    stored: StoredFile


def data_files(snapshot: Snapshot) -> tuple[DataFile, ...] | None:
    """Return the files of a version; None where a file may change without another name."""
    if not _is_plain(snapshot):
        return None
    table = str(snapshot.handle.metadata().id)
    return tuple(DataFile(_id(table, file), file) for file in snapshot.files())


def rows_in(files: Iterable[DataFile]) -> int | None:
    """Return how many rows files hold; None where the log does not say it of all."""
    counts = [file.stored.rows for file in files]
    return None if None in counts else sum(count or 0 for count in counts)


def digest_of(snapshot: Snapshot) -> str | None:
    """Return a digest of all that a version holds; None where there is no telling."""
    files = data_files(snapshot)
    if files is None:
        return None
    schema = snapshot.delta_schema.to_json()
    return _digest([schema, *sorted(file.id for file in files)])


def _is_plain(snapshot: Snapshot) -> bool:
    protocol = snapshot.handle.protocol()
    if protocol.min_reader_version < BY_FEATURES:
        mapping = snapshot.handle.metadata().configuration.get("delta.columnMapping.mode", "none")
        return str(mapping) == "none"
    return set(protocol.reader_features or ()) <= HARMLESS


def _id(table: str, file: StoredFile) -> str:
    return _digest([table, file.path, file.size, file.modified])


def _digest(parts: list[object]) -> str:
    text = json.dumps(parts, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
