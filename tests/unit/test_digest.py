from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from dq_monitor.gate.digest import differ, digest_of

ROWS = pl.DataFrame({"a": [1, 2, 2, None], "b": ["x", "y", "y", ""]})


def test_the_order_of_rows_columns_and_chunks_is_no_matter() -> None:
    parted = pl.concat([ROWS[3:], ROWS[:1], ROWS[1:3]], rechunk=False)
    assert digest_of(parted.select("b", "a")) == digest_of(ROWS)


@pytest.mark.parametrize(
    "other",
    [
        ROWS.with_columns(a=pl.Series([1, 2, 2, 0])),
        ROWS.with_columns(b=pl.Series(["x", "y", "y", None])),
        ROWS[:3],
        pl.concat([ROWS, ROWS[1:2]]),
        ROWS.rename({"b": "c"}),
        ROWS.cast({"a": pl.Int32}),
        ROWS.with_columns(a=pl.Series([2, 1, 2, None])),
        ROWS.clear(),
    ],
    ids=["null", "empty text", "less", "twice", "name", "type", "swapped", "no rows"],
)
def test_another_content_has_another_digest(other: pl.DataFrame) -> None:
    assert differ(digest_of(ROWS), digest_of(other))


@pytest.mark.parametrize(
    "values",
    [
        [1.5, float("nan"), None],
        [Decimal("1.10"), None],
        [date(2013, 1, 1), None],
        [datetime(2013, 1, 1, tzinfo=UTC), None],
        [b"\xff", None],
        [[1, None], [], None],
        [{"x": 1, "y": [{"z": "a"}]}, None],
        [None, None],
        [True, None],
    ],
    ids=["float", "decimal", "date", "datetime", "binary", "list", "struct", "null", "bool"],
)
def test_every_type_has_a_digest(values: list[object]) -> None:
    rows = pl.DataFrame({"v": pl.Series(values)})
    assert digest_of(rows) == digest_of(rows.reverse())
    assert differ(digest_of(rows), digest_of(pl.concat([rows, rows])))


def test_categories_are_told_apart_by_their_text() -> None:
    one, other = (
        pl.DataFrame({"c": pl.Series(order, dtype=pl.Enum(order)).sort()})
        for order in (["a", "b"], ["b", "a"])
    )
    assert digest_of(one) == digest_of(other)


def test_objects_have_none() -> None:
    assert digest_of(pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)})) == ""


def test_another_process_finds_the_same() -> None:
    code = (
        "import polars as pl; from dq_monitor.gate.digest import digest_of;"
        "print(digest_of(pl.DataFrame({'a': [1, 2, 2, None], 'b': ['x', 'y', 'y', '']})))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == digest_of(ROWS)


@pytest.mark.parametrize(
    ("before", "now", "answer"),
    [
        ("given:a", "given:b", True),
        ("given:a", "given:a", False),
        ("given:a", "files-sha256:b", False),
        ("rows-polars-2.1.0:a", "rows-polars-2.2.0:b", False),
        ("", "given:a", False),
        ("given:a", "", False),
    ],
)
def test_only_digests_of_one_kind_are_compared(before: str, now: str, *, answer: bool) -> None:
    assert differ(before, now) is answer
