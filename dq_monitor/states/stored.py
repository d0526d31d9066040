"""A version of a table with its data files, and the tables that its rules refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from dq_monitor.states.files import DataFile, data_files, digest_of, rows_in
from dq_monitor.tables.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Stored:
    """What is asked: `digests` tell one version of a referenced table from the next.

    `sizes` are their numbers of rows, None where the log does not say.
    """

    snapshot: Snapshot
    files: tuple[DataFile, ...]
    references: Mapping[str, pl.LazyFrame]
    digests: Mapping[str, str | None]
    sizes: Mapping[str, int | None]

    def scan(self, files: Iterable[DataFile]) -> pl.LazyFrame:
        """Return the rows of some of the files."""
        return self.snapshot.scan_files([file.stored for file in files])


def stored_of(snapshot: Snapshot, references: Mapping[str, Snapshot]) -> Stored | None:
    """Return what can be asked file by file; None where files may change under their names."""
    files = data_files(snapshot)
    if not files:
        return None
    return Stored(
        snapshot,
        files,
        {name: there.scan() for name, there in references.items()},
        {name: digest_of(there) for name, there in references.items()},
        {name: rows_in(data_files(there) or ()) for name, there in references.items()},
    )
