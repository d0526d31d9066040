"""Turns what a reader raises over a damaged file into one error, without any of its values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import polars as pl

from dq_monitor.errors import DqmError, SourceUnreadable
from dq_monitor.storage import is_remote, meaning

# Polars panics are no Exception; they leave a worker thread and mean that a file made it stumble.
READ_ERRORS: tuple[type[BaseException], ...] = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    OSError,
)
AGAIN = "ask for the file again"
NOT_UTF8 = "convert it: iconv -f ISO-8859-1 -t UTF-8 FILE (or the encoding it really has)"
DECLARE = "declare the column in `schema_overrides`, or read it with `infer_schema: false`"
SAME = "read files of different shape as separate sources"

# What Polars says (2.1), what it means, and what to do. The groups never hold a row's value.
MEANINGS = (
    (
        r"could not parse `.*` as dtype `str` at column '([^']*)'",
        "column {0!r} holds a field whose quotes do not match",
        AGAIN,
    ),
    (
        r"could not parse `.*` as dtype `(\w+)` at column '([^']*)'",
        "column {1!r} holds a value that is no {0}",
        DECLARE,
    ),
    (
        r"cannot parse .* as (\w+)\b",
        "a value is no {0}, the type of its column's first rows",
        DECLARE,
    ),
    # "... sequence of 1 bytes from index 3" is about a value inside a binary file.
    (r"invalid utf-8 sequence of", "holds a text that is not UTF-8", AGAIN),
    (r"invalid utf-8|valid UTF-8", "is not UTF-8 text", NOT_UTF8),
    (
        r"found more fields than defined",
        "a row has more fields than the header",
        f"{AGAIN}, or correct the separator and quoting",
    ),
    (r"CSV malformed", "the quotes of its fields do not match", AGAIN),
    (
        r"schema names differ|data type mismatch|schema lengths differ",
        "its files do not have the same columns",
        SAME,
    ),
    (
        r"parquet: File out of specification: ([\w ]{1,60})",
        "the Parquet data is damaged ({0})",
        AGAIN,
    ),
    (r"parquet|ARROW:schema", "the Parquet data is damaged", AGAIN),
    (r"NDJSON line expected to contain JSON object", "a line is no JSON object", AGAIN),
    (r"at character \d+", "a line is not JSON", AGAIN),
    (r"unexpected end of file|corrupt deflate", "the compressed data is cut off", AGAIN),
)


def unreadable(
    error: BaseException, path: str, frame: pl.LazyFrame | None = None
) -> SourceUnreadable | None:
    """Say whether `error` came from the file at `path`: the error to raise instead, or None.

    With the `frame` that the source returned, the file is read once more by itself to decide, so
    that a mistake in a step is never blamed on its input; without it only texts that Polars uses
    for damaged files count.
    """
    if not isinstance(error, READ_ERRORS):
        return None
    if frame is not None:
        found = _read_alone(frame)
        return None if found is None else blame(found, path)
    return blame(error, path) if _meaning(error) else None


def blame(error: BaseException, path: str) -> SourceUnreadable:
    """Return the error for a file that is known to have caused `error`."""
    told = meaning(error) if is_remote(path) else None
    reason, fix = told or _meaning(error) or (f"its reader gave up ({type(error).__name__})", AGAIN)
    return SourceUnreadable(f"{path}: {reason}", fix=fix, path=path)


@contextmanager
def reading(sources: Mapping[str, pl.LazyFrame]) -> Iterator[None]:
    """Guard an evaluation of frames made from `sources` (by path): raise SourceUnreadable.

    The frames must be the ones that `scan` returned, before a step changed them.
    """
    try:
        yield
    except DqmError:
        raise
    except READ_ERRORS as error:
        for path, frame in sources.items():
            broken = unreadable(error, path, frame)
            if broken:
                raise broken from error
        raise


def _read_alone(frame: pl.LazyFrame) -> BaseException | None:
    try:
        # Counting nulls decodes every page of every column but keeps none of them in memory.
        frame.select(pl.all().null_count()).collect(engine="streaming")
    except READ_ERRORS as error:
        return error
    return None


def _meaning(error: BaseException) -> tuple[str, str] | None:
    if isinstance(error, FileNotFoundError):
        return "a file of it went away while it was read", AGAIN
    if isinstance(error, PermissionError):
        return "its permissions forbid reading it", "give this user read access"
    text = str(error)
    for pattern, reason, fix in MEANINGS:
        match = re.search(pattern, text, re.DOTALL)
        if match:
            return reason.format(*match.groups()), fix
    return None
