"""`inferred_type` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, known, texts

DIGITS = set("0123456789")


def is_boolean(text: str) -> bool:
    return text in {"true", "True", "TRUE", "false", "False", "FALSE"}


def is_integer(text: str) -> bool:
    digits = text[1:] if text[:1] in {"+", "-"} else text
    return bool(digits) and set(digits) <= DIGITS


def is_number(text: str) -> bool:
    if not set(text) <= DIGITS | set("+-.eE"):
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_timestamp(text: str) -> bool:
    if is_date(text):
        return True
    if len(text) < 16 or text[10] not in "T " or not is_date(text[:10]) or text[13] != ":":
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


KINDS: Mapping[str, Callable[[str], bool]] = {
    "boolean": is_boolean,
    "integer": is_integer,
    "number": is_number,
    "date": is_date,
    "timestamp": is_timestamp,
    "text": lambda _: True,
}

days = st.dates().map(date.isoformat) | st.sampled_from(
    [
        "2012-02-29",
        "1900-02-29",
        "2000-02-29",
        "2013-02-29",
        "2013-13-01",
        "2013-04-31",
        "0000-01-01",
    ]
)
moments = st.datetimes().map(lambda moment: moment.isoformat(" ")) | st.sampled_from(
    ["2013-07-01T05:30", "2013-07-01 05:30:00Z", "2013-07-01T05:30:00.5+02:00", "2013-07-01 24:00"]
)
whole = st.integers().map(str) | st.sampled_from(["+5", "007", "-0", "1_000", " 1", "1\n"])
broken = st.floats(-1e9, 1e9).map(str) | st.sampled_from(["1.", ".5", "1e-300", ".", "inf", "nan"])
truth = st.sampled_from(["true", "False", "TRUE", "tRUE", "yes", "true\n", "1"])
anything = days | moments | whole | broken | truth | texts


def differs(wanted: list[str]) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        values = known(rows, "x")
        if not values:
            return None
        found = next(kind for kind, fits in KINDS.items() if all(map(fits, values)))
        return float(found not in wanted)

    return oracle


def case(cells: st.SearchStrategy[str], wanted: str | list[str]) -> Case:
    return Case(
        lambda n: {"inferred_type": {"column": n("x"), "type": wanted}},
        {"x": Column(pl.String, cells)},
        differs([wanted] if isinstance(wanted, str) else wanted),
        max_rows=4,
    )


CASES = {
    "boolean": case(truth, "boolean"),
    "integer": case(whole, "integer"),
    "number": case(whole | broken, ["number", "integer"]),
    "date": case(days, "date"),
    "timestamp": case(moments | days, "timestamp"),
    "text": case(anything, "text"),
}
