"""`not_missing` in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import (
    BERLIN,
    NEW_YORK,
    Case,
    Column,
    Rows,
    aware,
    dates,
    floats,
    ints,
    naive,
    small,
    unknown,
)

STAND_INS = {
    *("", "-", "--", "?", ".", "n/a", "na", "#n/a", "n.a.", "nan", "null", "nil", "none"),
    *("undefined", "unknown", "missing", "-999", "-9999", "-99999"),
}
words = st.sampled_from([*STAND_INS, "N/A", " NULL ", "\u00a0", "N14228", "none given", "99"])
FAR, NEAR = datetime(1900, 1, 1), datetime(2013, 1, 1)  # noqa: DTZ001 - without a zone


def case(column: Column, stands_in: Callable[[Any], bool], **parameters: Any) -> Case:
    def there(rows: Rows, _: Rows) -> list[bool | None]:
        return [not unknown(row["x"]) and not stands_in(row["x"]) for row in rows]

    return Case(lambda n: {"not_missing": {"column": n("x"), **parameters}}, {"x": column}, there)


CASES = {
    "text": case(Column(pl.String, words), lambda x: x.strip().lower() in STAND_INS),
    "text, own": case(
        Column(pl.String, words),
        lambda x: x.strip().lower() in {"n/a", "none given"},
        values=["N/A", "None given "],
    ),
    "category": case(Column(pl.Categorical, st.sampled_from(["NA", "EWR"])), lambda x: x == "NA"),
    "int": case(
        Column(pl.Int64, ints | st.sampled_from([-999, -9999, 999])),
        lambda x: x in {-999, -9999, -99999},
    ),
    "narrow int, own": case(Column(pl.Int8, small), lambda x: x in {-1, 99}, values=[-1, 99, 999]),
    "float": case(
        Column(pl.Float64, floats | st.just(-999.0)), lambda x: x in {-999, -9999, -99999}
    ),
    "bool": case(Column(pl.Boolean, st.booleans()), lambda x: False),
    "date": case(Column(pl.Date, dates), lambda x: False),
    "far date": case(
        Column(pl.Date, st.sampled_from([date(1900, 1, 1), date(2013, 1, 1)])),
        lambda x: x == date(1900, 1, 1),
    ),
    "timestamp": case(Column(pl.Datetime("us"), naive), lambda x: False),
    "far timestamp": case(
        Column(pl.Datetime("us"), st.sampled_from([FAR, NEAR])),
        lambda x: x == FAR,
    ),
    "instant, own": case(
        Column(BERLIN, aware | st.just(datetime(2013, 7, 1, 4, tzinfo=UTC))),
        lambda x: x == datetime(2013, 7, 1, tzinfo=NEW_YORK),
        values=["2013-07-01"],
    ),
}
