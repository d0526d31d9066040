"""`column_type` in plain Python: the answer is in the case itself."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st
from polars._typing import PolarsDataType

from tests.catalogue.case import (
    BERLIN,
    Case,
    Column,
    aware,
    dates,
    naive,
    plain_floats,
    small,
    texts,
)

CELLS = {
    pl.String: texts,
    pl.Int64: small,
    pl.Int32: small,
    pl.Float64: plain_floats,
    pl.Boolean: st.booleans(),
    pl.Date: dates,
    pl.Datetime("us"): naive,
    BERLIN: aware,
}


def case(dtype: PolarsDataType, types: str | list[str], differs: int) -> Case:
    return Case(
        lambda n: {"column_type": {"column": n("x"), "type": types}},
        {"x": Column(dtype, CELLS[dtype])},
        lambda *_: differs,
        typed=True,
    )


CASES = {
    "string": case(pl.String, "string", 0),
    "text": case(pl.String, "text", 0),
    "integer": case(pl.Int32, "integer", 0),
    "int64": case(pl.Int64, "int64", 0),
    "number": case(pl.Float64, "number", 0),
    "boolean is no number": case(pl.Boolean, ["integer", "number"], 1),
    "one of several": case(pl.Date, ["string", "date"], 0),
    "date is a time": case(pl.Date, "time", 0),
    "date is no timestamp": case(pl.Date, "timestamp", 1),
    "timestamp without zone": case(pl.Datetime("us"), "datetime_naive", 0),
    "timestamp with zone": case(BERLIN, "datetime", 0),
    "timestamp": case(BERLIN, "timestamp", 0),
    "float is no integer": case(pl.Float64, "integer", 1),
}
