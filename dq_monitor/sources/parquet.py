"""Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from dq_monitor.errors import PipelineInvalid, SourceMissing
from dq_monitor.sources._files import Delivered, find
from dq_monitor.sources._manifest import verify
from dq_monitor.sources._options import FileOptions, read_options
from dq_monitor.sources._pages import PagesDamaged, check_pages
from dq_monitor.sources._unreadable import READ_ERRORS, blame
from dq_monitor.storage import bounded_reads, is_remote

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"
FOOTER_END = 8  # four bytes of the footer's length, then the magic
SMALLEST = len(MAGIC) + FOOTER_END


class _ParquetOptions(FileOptions):
    storage_options: dict[str, str] | None = None


class Parquet:
    """A Parquet file, or a glob of files with the same columns.

    Options: `sha256` and `size` (of the file as delivered) and `manifest`, of files on disk;
    `storage_options` (as deltalake takes them) behind a URL. Parquet has no checksum that readers
    check: about a quarter of files with flipped bits read as other values, so give the digest
    where the sender publishes one.
    """

    def scan(self, path: str, options: Mapping[str, object]) -> pl.LazyFrame:
        """Return the rows; raise SourceMissing or SourceUnreadable."""
        chosen = read_options(_ParquetOptions, options, path)
        if is_remote(path):
            return _remote(path, chosen)
        files = find(path)
        verify(files, path, chosen)
        for file in files:
            _check(file, vouched=bool(chosen.sha256 or chosen.manifest))
        try:
            frame = pl.scan_parquet([str(file) for file in files], glob=False)
            frame.collect_schema()
        except READ_ERRORS as error:
            raise blame(error, path) from error
        return frame


def _remote(path: str, options: _ParquetOptions) -> pl.LazyFrame:
    """Return what lies in an object store: Polars reads the columns that are asked for."""
    if options.sha256 is not None or options.size is not None or options.manifest:
        raise PipelineInvalid(
            f"source {path}: sha256, size and manifest are of files on disk",
            fix="leave them out, or copy it",
        )
    try:
        reads = bounded_reads(options.storage_options or {})
        frame = pl.scan_parquet(path, storage_options=reads)
        frame.collect_schema()
    except FileNotFoundError as error:
        raise SourceMissing(f"{path}: nothing there", fix="correct the URL") from error
    except READ_ERRORS as error:
        raise blame(error, path) from error
    return frame


def _check(path: Path, *, vouched: bool) -> None:
    """Raise SourceUnreadable for what is no whole Parquet file.

    The pages are walked unless a digest vouched for them already.
    """
    file = Delivered(path)
    try:
        size, head, end = file.size, file.head(len(MAGIC)), file.tail(FOOTER_END)
    except OSError as error:
        raise blame(error, str(path)) from error
    if size == 0:
        raise file.damaged("is empty")
    if head == ENCRYPTED or end.endswith(ENCRYPTED):
        raise file.damaged("is encrypted", "ask for it without encryption")
    if head != MAGIC:
        raise file.damaged("does not begin like a Parquet file")
    if size < SMALLEST or not end.endswith(MAGIC):
        raise file.damaged("has no footer: the file is cut off")
    if int.from_bytes(end[:4], "little") > size - SMALLEST:
        raise file.damaged("its footer is longer than the file")
    try:
        if not vouched:
            check_pages(path)
        pl.scan_parquet(str(path), glob=False).collect_schema()
    except PagesDamaged as error:
        raise file.damaged(f"the Parquet data is damaged ({error})") from error
    except READ_ERRORS as error:
        raise blame(error, str(path)) from error
