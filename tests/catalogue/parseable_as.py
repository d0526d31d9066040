"""`parseable_as` in plain Python."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

FORMS = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "YYYY/MM/DD": "%Y/%m/%d",
    "YYYYMMDD": "%Y%m%d",
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YYYY": "%d/%m/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
}
YES_OR_NO = {"true", "t", "yes", "y", "on", "1", "false", "f", "no", "n", "off", "0"}
NUMBERS = [
    "0",
    "-1",
    "+5",
    "1.5",
    ".5",
    "5.",
    "1e5",
    "1E-3",
    "e5",
    ".",
    "-",
    "1_0",
    " 1",
    "٣",
    "1\n",
]
LIMITS = [str(2**63), str(2**63 - 1), str(-(2**63)), f"-0{2**63}", f"-{2**63 + 1}", "0" * 30 + "7"]
years = st.sampled_from([0, 1, 4, 100, 400, 1900, 2000, 2013, 2024, 9999])


def layout(form: str, year: int, month: int, day: int) -> str:
    return form.replace("%Y", f"{year:04}").replace("%m", f"{month:02}").replace("%d", f"{day:02}")


def days(form: str) -> st.SearchStrategy[str]:
    ends = st.sampled_from([0, 1, 28, 29, 30, 31, 32])
    return st.builds(layout, st.just(form), years, st.integers(0, 13), ends)


def is_day(text: str, form: str) -> bool:
    pattern = "".join(
        {"Y": "(?P<Y>[0-9]{4})", "m": "(?P<m>[0-9]{2})", "d": "(?P<d>[0-9]{2})"}.get(
            part, re.escape(part)
        )
        for part in form.replace("%", "")
    )
    found = re.fullmatch(pattern, text)
    with suppress(ValueError):
        return bool(found and date(*(int(found[part]) for part in "Ymd")))
    return False


def is_time(text: str) -> bool:
    found = re.fullmatch(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})([.][0-9]{1,9})?)?", text)
    if not found:
        return False
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    return hour < 24 and minute < 60 and second < 60


def is_datetime(text: str) -> bool:
    found = re.fullmatch(r"(.{10})[T ](.*?)(Z|[+-][0-9]{2}:?[0-9]{2})?", text)
    if not found or not is_day(found[1], "%Y-%m-%d") or not is_time(found[2]):
        return False
    zone = (found[3] or "Z").replace(":", "")
    return zone == "Z" or (int(zone[1:3]) <= 14 and int(zone[3:]) <= 59)


def is_integer(text: str) -> bool:
    return re.fullmatch("[+-]?[0-9]+", text) is not None and -(2**63) <= int(text) < 2**63


def is_number(text: str) -> bool:
    if not re.fullmatch("[-+.0-9eE]+", text) or re.search("[eE][+-]?[0-9]{4}", text):
        return False
    with suppress(ValueError):
        return float(text) is not None
    return False


def case(kind: str, cells: st.SearchStrategy[str], oracle: Any, form: str = "") -> Case:
    options = {"layout": form} if form else {}
    return Case(
        lambda n: {"parseable_as": {"column": n("x"), "type": kind, **options}},
        {"x": Column(pl.String, texts | cells)},
        each(oracle, "x"),
    )


def date_case(form: str) -> Case:
    return case("date", days(FORMS[form]), lambda x: is_day(x, FORMS[form]), form)


moments = st.builds(
    "{}{}{}{}".format,
    days("%Y-%m-%d") | st.just("2013-07-01"),
    st.sampled_from(["T", " ", "t", ""]),
    st.sampled_from(
        ["00:00", "23:59:59", "24:00", "12:60", "12:00:60", "07:08:09.123456789", "7:00"]
    ),
    st.sampled_from(["", "Z", "+02:00", "-0500", "+15:00", "+02", "z", "\n"]),
)
CASES = {
    "integer": case("integer", st.sampled_from(NUMBERS + LIMITS), is_integer),
    "integer near 64 bits": case(
        "integer", st.integers(2**63 - 50, 2**63 + 50).map(str), is_integer
    ),
    "large integer": case("integer", st.integers(-(10**19), 10**19).map(str), is_integer),
    "number": case("number", st.sampled_from([*NUMBERS, "nan", "inf", "1e99999"]), is_number),
    "boolean": case(
        "boolean",
        st.sampled_from([*sorted(YES_OR_NO), "TRUE", "Off", "oui", "2", "tru", "yes "]),
        lambda x: x.lower() in YES_OR_NO,
    ),
    "time": case("time", moments.map(lambda x: x[11:]), is_time),
    "datetime": case("datetime", moments, is_datetime),
    "date": case("date", days("%Y-%m-%d"), lambda x: is_day(x, "%Y-%m-%d")),
    **{f"date {form}": date_case(form) for form in FORMS},
}
