"""What a check is asked in tests, and what a plain reading of its docs answers.

Each check has a file of its own name beside this one with `CASES`. The same cases run against the
row-by-row oracle on Polars (`unit/test_catalogue.py`) and on every engine
(`integration/test_conformance.py`), so a new check is tested once its file is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import strategies as st
from polars._typing import PolarsDataType

NOW = datetime(2013, 7, 1, 12, tzinfo=UTC)
ZONE = "America/New_York"
NEW_YORK = ZoneInfo(ZONE)
BERLIN = pl.Datetime("us", "Europe/Berlin")

ints = st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 10)
small = st.integers(-100, 100)
few = st.integers(0, 3)
floats = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.5, -0.0, 1.0])
plain_floats = st.floats(-1e6, 1e6) | st.just(math.nan)
texts = st.text(max_size=4) | st.sampled_from(["EWR", "JFK", "é", "a\nb", "\U0001f600", "", " "])
dates = st.dates(date(2013, 6, 28), date(2013, 7, 4))
naive = st.datetimes(datetime(2013, 6, 30), datetime(2013, 7, 2))  # noqa: DTZ001 - without a zone
aware = naive.map(lambda moment: moment.replace(tzinfo=UTC))

Row = Mapping[str, Any]
Rows = Sequence[Row]
Names = Callable[[str], str]
# True passes, False fails, None is unknown; for a table check its value.
Answer = list[bool | None] | float | None


class Error:
    """What an oracle returns when the rule must come out as an error."""


ERROR = Error()


@dataclass(frozen=True)
class Column:
    """One column of a test's frames: its type, and what its cells may hold beside null."""

    dtype: PolarsDataType
    cells: st.SearchStrategy[Any]
    nullable: bool = True

    def series(self, size: int) -> st.SearchStrategy[pl.Series]:
        """Draw a column of `size` cells; some are all null."""
        cells = st.none() | self.cells if self.nullable else self.cells
        drawn = st.lists(cells, min_size=size, max_size=size)
        if self.nullable:
            drawn = drawn | st.just([None] * size)
        return drawn.map(lambda found: pl.Series(found, dtype=self.dtype))


@dataclass(frozen=True)
class Case:
    """One way to ask a check.

    `rule` makes the rule as a pack has it from the names of its columns, which tests vary: write
    `n("x")` for column x, inside SQL `quoted(n("x"))`. `oracle` gets the rows by the names of
    `columns` and, for a rule with a reference, the rows of that table; it answers row by row for
    row and set checks, with the value for table checks, or with `ERROR`. `stored` says that a set
    check on its own table may meet stored rows: the oracle gets them as the other rows. `typed`
    says that the types answer: a column of nothing but nulls has an answer of its own then.
    """

    rule: Callable[[Names], Mapping[str, Any]]
    columns: Mapping[str, Column]
    oracle: Callable[[Rows, Rows], Any]
    others: Mapping[str, Column] = field(default_factory=dict)
    references: str = "ref.other"
    stored: bool = False
    typed: bool = False
    max_rows: int = 12
    odd_names: bool = True


def each(answer: Callable[..., bool], *names: str) -> Callable[[Rows, Rows], list[bool | None]]:
    """Return an oracle that asks row by row; unknown where one of `names` is null or NaN."""

    def oracle(rows: Rows, _: Rows) -> list[bool | None]:
        return [
            None if any(unknown(row[n]) for n in names) else answer(*(row[n] for n in names))
            for row in rows
        ]

    return oracle


def quoted(name: str) -> str:
    """Return a column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def unknown(cell: Any) -> bool:
    """Say whether a cell has no value: null, or NaN."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def known(rows: Rows, name: str) -> list[Any]:
    """Return the values of a column that are there."""
    return [row[name] for row in rows if not unknown(row[name])]


def frames(columns: Mapping[str, Column], max_rows: int) -> st.SearchStrategy[pl.DataFrame]:
    """Draw frames with these columns, empty ones too."""

    def of_size(size: int) -> st.SearchStrategy[pl.DataFrame]:
        series = st.tuples(*(column.series(size) for column in columns.values()))
        return series.map(lambda drawn: pl.DataFrame(dict(zip(columns, drawn, strict=True))))

    return st.integers(0, max_rows).flatmap(of_size)
