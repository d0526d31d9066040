"""`python` in plain Python, with the functions of `tests/functions_package.py`."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, each, floats, ints, small, unknown


def any_above(rows: Rows, _: Rows) -> list[bool | None]:
    def answer(cells: list[float | None]) -> bool | None:
        if any(not unknown(cell) and cell is not None and cell > 2.5 for cell in cells):
            return True
        return None if any(map(unknown, cells)) else False

    return [answer(list(row.values())) for row in rows]


CASES = {
    "one column": Case(
        lambda n: {
            "python": {"function": "on_time", "columns": [n("x")], "arguments": {"minutes": 15}}
        },
        {"x": Column(pl.Int64, ints)},
        each(lambda x: x <= 15, "x"),
    ),
    "several columns": Case(
        lambda n: {
            "python": {
                "function": "one_of",
                "columns": [n("x"), n("y")],
                "arguments": {"least": 2.5, "until": "2013-01-01"},
            }
        },
        {"x": Column(pl.Float64, floats), "y": Column(pl.Int8, small)},
        any_above,
    ),
}
