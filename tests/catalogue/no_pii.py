"""`no_pii` in plain Python: texts put together from words that are known to be harmless or not."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each

PII = {
    "email": ["ann@example.org", "a.b+c@mail.example.com"],
    "phone": ["+1 212 555 0123", "+4915112345678", "(212) 555-0123", "212-555-0123"],
    "credit_card": ["4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"],
    "iban": ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19"],
    "ipv4": ["192.0.2.17", "10.0.0.1"],
    "us_ssn": ["078-05-1120"],
}
HARMLESS = [
    *("late", "é", "UA", "2013-07-01", "12:59", "N14228", "1.5", "1.2.3", "999.1.1.1", "@home"),
    *("4111111111111112", "000-12-3456", "666-12-3456", "078-00-1120", "a@b", "XX89370400440532"),
    *("+1", "+0123456789", "555-0123", "DE8937040044053201300", "00000000-1111-2222", "1 2 3"),
]
NUMBER, LOOKED_AT = "4111111111111112", 2  # like a card's; only the last two of these are asked


def sentences(words: list[str]) -> st.SearchStrategy[str]:
    said = st.lists(st.sampled_from(HARMLESS), max_size=2)
    after = said.filter(lambda words: words.count(NUMBER) < LOOKED_AT)
    told = st.sampled_from(words) | st.none()
    ends = st.sampled_from(["", ".", ", ", "\n", ")"])
    return st.builds(
        lambda before, word, after, end: " / ".join([*before, *filter(None, [word]), *after]) + end,
        said,
        told,
        after,
        ends,
    )


def clean(text: str, kinds: list[str]) -> bool:
    return not any(word in text for kind in kinds for word in PII[kind])


def case(*kinds: str) -> Case:
    asked = list(kinds or PII)
    options = {"kinds": asked} if kinds else {}
    return Case(
        lambda n: {"no_pii": {"column": n("x"), **options}},
        {"x": Column(pl.String, sentences([word for words in PII.values() for word in words]))},
        each(lambda x: clean(x, asked), "x"),
    )


CASES = {"all": case(), "some": case("email", "ipv4"), **{kind: case(kind) for kind in PII}}
