"""Newline-delimited JSON, plain, in a zip or gzipped."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from dq_monitor.sources._files import BLOCK, Delivered, deliver, find
from dq_monitor.sources._manifest import verify
from dq_monitor.sources._options import TextOptions, column_types, read_options
from dq_monitor.sources._text import check_text
from dq_monitor.sources._unreadable import READ_ERRORS, blame


class _NdjsonOptions(TextOptions):
    infer_schema_length: int | None = None


class Ndjson:
    """JSON lines: one object a line, or a glob of such files.

    Options: `schema_overrides`, `infer_schema_length` (rows that types are read from; all of them
    by default), `member` (of a zip), `sha256` and `size` (of the file as delivered), `manifest`.
    """

    def scan(self, path: str, options: Mapping[str, object]) -> pl.LazyFrame:
        """Return the rows; raise SourceMissing or SourceUnreadable."""
        chosen = read_options(_NdjsonOptions, options, path)
        types = column_types(chosen.schema_overrides, path)
        found = find(path)
        verify(found, path, chosen)
        files = [deliver(file, chosen.member) for file in found]
        for file in files:
            _check(file)
        try:
            frame = pl.concat([_frame(file, chosen, types) for file in files])
            frame.collect_schema()
        except READ_ERRORS as error:
            raise blame(error, path) from error
        return frame


def _check(file: Delivered) -> None:
    check_text(file)
    if file.head(BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        raise file.damaged("is one JSON array, not JSON lines", "convert it: jq -c '.[]' FILE")
    last = file.tail().rstrip().rpartition(b"\n")[2]
    if len(last) >= BLOCK:
        return  # one line longer than the window: nothing can be said
    try:
        json.loads(last.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise file.damaged("its last line is not whole JSON: the file is cut off") from error


def _frame(
    file: Delivered, options: _NdjsonOptions, types: Mapping[str, pl.DataType]
) -> pl.LazyFrame:
    return pl.scan_ndjson(
        file.unpacked if file.unpacked is not None else _literal(file),
        infer_schema_length=options.infer_schema_length,
        schema_overrides=dict(types) or None,
    )


def _literal(file: Delivered) -> str:
    """Return the path with glob characters escaped: `scan_ndjson` cannot switch globs off."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(file.path))
