"""Comma-separated text, plain, in a zip or gzipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import polars as pl
from pydantic import Field

from dq_monitor.errors import SourceUnreadable
from dq_monitor.sources._files import Delivered, deliver, find
from dq_monitor.sources._manifest import verify
from dq_monitor.sources._options import TextOptions, column_types, read_options
from dq_monitor.sources._rows import Dialect, check_header, check_last_row, first_row
from dq_monitor.sources._text import check_text
from dq_monitor.sources._unreadable import READ_ERRORS, SAME, blame

OneCharacter = Annotated[str, Field(min_length=1, max_length=1)]


class _CsvOptions(TextOptions):
    separator: OneCharacter = ","
    quote_char: OneCharacter | None = '"'
    has_header: bool = True
    null_values: str | list[str] | dict[str, str] | None = None
    infer_schema: bool = True
    infer_schema_length: int | None = 10_000
    try_parse_dates: bool = False


class Csv:
    """A CSV file, or a glob of files with the same header.

    Options: `separator`, `quote_char`, `has_header`, `null_values` (such as `["NA"]`),
    `infer_schema` (false keeps every column as the text that was delivered),
    `infer_schema_length`, `try_parse_dates`, `schema_overrides`, `member` (of a zip), `sha256`
    and `size` (of the file as delivered), `manifest`.
    """

    def scan(self, path: str, options: Mapping[str, object]) -> pl.LazyFrame:
        """Return the rows; raise SourceMissing or SourceUnreadable."""
        chosen = read_options(_CsvOptions, options, path)
        types = column_types(chosen.schema_overrides, path)
        found = find(path)
        verify(found, path, chosen)
        files = [deliver(file, chosen.member) for file in found]
        _check(files, chosen)
        try:
            frame = _frame(files, chosen, types)
            frame.collect_schema()
        except READ_ERRORS as error:
            raise blame(error, path) from error
        return frame


def _check(files: Sequence[Delivered], options: _CsvOptions) -> None:
    dialect = Dialect(options.separator, options.quote_char)
    expected: list[str] | None = None
    for file in files:
        check_text(file)
        names = first_row(file, dialect)
        if options.has_header:
            check_header(file, names)
            if expected is not None and names != expected:
                raise _differs(file, files[0], names, expected)
            expected = names
        check_last_row(file, len(names), dialect)


def _differs(
    file: Delivered, first: Delivered, names: Sequence[str], expected: Sequence[str]
) -> SourceUnreadable:
    other = sorted(set(names) ^ set(expected))
    what = f"differs in {', '.join(other)}" if other else "has another order"
    return file.damaged(f"its header is not that of {first.path.name}: it {what}", SAME)


def _frame(
    files: Sequence[Delivered], options: _CsvOptions, types: Mapping[str, pl.DataType]
) -> pl.LazyFrame:
    return pl.scan_csv(
        [*_sources(files)],
        separator=options.separator,
        quote_char=options.quote_char,
        has_header=options.has_header,
        null_values=options.null_values,
        infer_schema=options.infer_schema,
        infer_schema_length=options.infer_schema_length,
        try_parse_dates=options.try_parse_dates,
        schema_overrides=dict(types) or None,
        glob=False,
    )


def _sources(files: Sequence[Delivered]) -> list[bytes] | list[str]:
    # Polars takes paths or contents, not a mixture of both.
    if any(file.unpacked is not None for file in files):
        return [
            file.path.read_bytes() if file.unpacked is None else file.unpacked for file in files
        ]
    return [str(file.path) for file in files]
