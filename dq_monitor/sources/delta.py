"""Delta tables that another job keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from pydantic import BaseModel, ConfigDict

from dq_monitor.errors import SourceMissing, SourceUnreadable
from dq_monitor.sources._options import read_options
from dq_monitor.sources._unreadable import AGAIN, READ_ERRORS, blame
from dq_monitor.storage import bounded, bounded_reads, is_remote, meaning

OPEN_ERRORS: tuple[type[BaseException], ...] = (DeltaError, *READ_ERRORS)


class _DeltaOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int | None = None
    storage_options: dict[str, str] | None = None


class Delta:
    """A Delta table by its folder or URL.

    Options: `version` (the newest by default) and `storage_options` (as deltalake takes them).
    """

    def scan(self, path: str, options: Mapping[str, object]) -> pl.LazyFrame:
        """Return the rows; raise SourceMissing or SourceUnreadable."""
        chosen = read_options(_DeltaOptions, options, path)
        table = _open(path, chosen)
        try:
            reads = bounded_reads(chosen.storage_options or {}) if is_remote(path) else None
            frame = pl.scan_delta(table, storage_options=reads)
            frame.collect_schema()
        except OPEN_ERRORS as error:
            raise blame(error, path) from error
        return frame


def _open(path: str, options: _DeltaOptions) -> DeltaTable:
    reach = bounded(options.storage_options or {}) if is_remote(path) else None
    storage: dict[str, Any] = {"storage_options": reach}
    try:
        newest = DeltaTable(path, **storage)
        if options.version is None or options.version == newest.version():
            return newest
        if options.version > newest.version():
            raise SourceMissing(
                f"{path} has no version {options.version}", fix=f"its newest is {newest.version()}"
            )
        return DeltaTable(path, version=options.version, **storage)
    except TableNotFoundError as error:
        raise SourceMissing(
            f"{path} is no Delta table", fix="correct the path, or write the table first"
        ) from error
    except (DeltaError, OSError, ValueError) as error:
        if is_remote(path) and meaning(error):
            raise blame(error, path) from error
        raise SourceUnreadable(
            f"{path}: its transaction log cannot be read", fix=AGAIN, path=path
        ) from error
