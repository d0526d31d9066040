"""Tells a CSV whose last row was cut short: Polars would read the missing fields as nulls."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dq_monitor.sources._files import Delivered

QUOTED = "the last row ends inside a quoted field: the file is cut off"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields are told apart; no `quote` means that quotes are plain characters."""

    separator: str = ","
    quote: str | None = '"'

    def fields(self, text: str) -> list[str]:
        """Return the fields of the first record in `text`."""
        rows = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.separator,
            quotechar=self.quote or '"',
            quoting=csv.QUOTE_NONE if self.quote is None else csv.QUOTE_MINIMAL,
        )
        return next(rows, [])


def first_row(file: Delivered, dialect: Dialect) -> list[str]:
    """Return the fields of the first record; raise SourceUnreadable when it is none."""
    try:
        return dialect.fields(file.head().decode("utf-8-sig", errors="replace"))
    except csv.Error as error:
        raise file.damaged(f"its first row cannot be parsed ({error})") from error


def check_header(file: Delivered, names: Sequence[str]) -> None:
    """Raise SourceUnreadable when a column name stands twice: Polars would rename one."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        listed = ", ".join(repr(name) for name in twice)
        raise file.damaged(
            f"its header names {listed} more than once", "rename the columns where it is made"
        )


def check_last_row(file: Delivered, width: int, dialect: Dialect) -> None:
    """Raise SourceUnreadable when the last row has fewer fields than the first."""
    tail = file.tail().decode("utf-8", errors="replace")
    lines = tail.rstrip("\r\n").split("\n")
    start = _record_start(lines, dialect)
    if start is None:
        raise file.damaged(QUOTED)
    if start == 0:
        return  # the only record is the first one, or one record fills the whole window
    try:
        found = len(dialect.fields("\n".join(lines[start:])))
    except csv.Error:
        return  # a field longer than Python's parser takes: Polars will say what it makes of it
    if found < width:
        end = "" if tail.endswith("\n") else " and no line end"
        raise file.damaged(f"its last row has {found} of {width} fields{end}: the file is cut off")


def _record_start(lines: Sequence[str], dialect: Dialect) -> int | None:
    """Return the line that the last record begins on; None when its quotes never close.

    A record that is whole holds an even number of quotes, so lines are added until that is so.
    """
    if dialect.quote is None:
        return len(lines) - 1
    odd = False
    for index in range(len(lines) - 1, -1, -1):
        odd ^= lines[index].count(dialect.quote) % 2 == 1
        if not odd:
            return index
    return None
