"""A pattern means the same on every engine, or is refused."""

from __future__ import annotations

import pytest

from dq_monitor.checks._pattern_dialects import spelled

PATTERN = r"^N\d{1,5}[A-Z]?$"


@pytest.mark.parametrize("engine", ["polars", "duckdb", "postgres"])
def test_common_syntax_stays_as_it_is(engine: str) -> None:
    assert spelled(PATTERN, engine) == ("", PATTERN)


@pytest.mark.parametrize(
    ("pattern", "engine", "flags", "body"),
    [
        ("a.b", "duckdb", "", "a.b"),
        ("a.b", "postgres", "", "a[^\n]b"),
        ("a.b", "spark", "", "a[^\n]b"),
        ("a.b", "clickhouse", "(?-s)", "a.b"),
        ("(?s)a.b", "clickhouse", "(?s)", "a.b"),
        ("(?s)a.b", "postgres", "(?s)", "a.b"),
        ("(?i)ab", "clickhouse", "(?i-s)", "ab"),
        ("a$", "spark", "", r"a\z"),
        ("[.$]", "spark", "", "[.$]"),
        (r"\bEWR\b\z", "postgres", "", r"\yEWR\y\Z"),
        (r"\x41\u{e9}\x{5D}", "duckdb", "", r"Aé\]"),
        (r"[\x41-\x5A]", "postgres", "", "[A-Z]"),
        (r"\v", "spark", "", "\v"),
        ("(?P<year>[0-9]+)(?<x>a)(?:b)", "spark", "", "([0-9]+)(a)(?:b)"),
        ("[[:alpha:]_]+", "spark", "", "[A-Za-z_]+"),
        ("[]a]", "spark", "", r"[\]a]"),
        ("[^]a]", "postgres", "", r"[^\]a]"),
        ("(?i:a)b", "duckdb", "", "(?i:a)b"),
        ("a--b", "postgres", "", "a--b"),
    ],
)
def test_pattern_is_spelled_for_an_engine(pattern: str, engine: str, flags: str, body: str) -> None:
    assert spelled(pattern, engine) == (flags, body)


@pytest.mark.parametrize(
    ("pattern", "engine", "what"),
    [
        ("[a-z&&[^b]]", "duckdb", "&&"),
        ("[a[b]]", "clickhouse", r"\["),
        (r"\p{Greek}", "postgres", "Greek"),
        ("a(?i)b", "postgres", "i"),
        ("(?i:a)", "spark", "i"),
        ("(?x)a b", "duckdb", "x"),
        (r"\b{start}a", "duckdb", "start"),
        ("[[:graph:]]", "duckdb", "graph"),
    ],
)
def test_what_an_engine_has_no_word_for_is_refused(pattern: str, engine: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"{engine} cannot read '.*{what}"):
        spelled(pattern, engine)
