"""Whatever a file holds, the loader answers with a pack or with PackInvalid."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.errors import PackInvalid
from dq_monitor.packs import parse_pack

PACK = """\
pack: silver.flights
table: silver.flights
timezone: America/New_York
contract:
  evolution: additive
  columns: {dep_delay: {type: int64, unit: minutes}, carrier: {type: string}}
gate: {max_quarantined: 5%, on_empty: warn}
rules:
  - not_null: [carrier, origin]
  - in_range: {column: dep_delay, min: -120, max: 1440}
    where: "cancelled = false"
    error: {over: 0.1%}
  - matches: {column: carrier, pattern: '[A-Z]{2}'}
  - expression: "arr_delay >= dep_delay - 180"
  - row_count:
    error: {below: 1}
  - anomaly: row_count
    warn: {beyond: 4}
freshness: {column: time_hour, warn_after: 26h}
schedule: {audit: '0 6 * * *'}
tests: [{name: x, rows: [{carrier: ~}], fails: {not_null.carrier: 1}}]
"""
LINES = PACK.splitlines()
SNIPPETS = [
    "",
    "\t",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "[",
    "{",
    "- ",
    "? ",
    ": ",
    '"',
    "'",
    "|\n",
    "\0",
]
SNIPPETS += ["~", "-1", "1e999", ".nan", ".inf", "true", "9" * 30, "\ud800", "\u2028", "%", "[[]]"]
KEYS = sorted({word.strip(" -{") for line in LINES for word in line.split(":")[:-1] if word})

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=12,
)


def answer(text: str) -> None:
    try:
        pack = parse_pack(text, "pack.yaml")
    except PackInvalid as error:
        lines = error.detail.splitlines()
        assert len(lines) > 1
        assert all(line.startswith("pack.yaml:") for line in lines[1:]), lines
    else:
        assert len(pack.fingerprint) == 64


def test_the_pack_that_is_damaged_below_is_sound() -> None:
    assert len(parse_pack(PACK, "pack.yaml").rules) == 7


def test_a_value_that_breaks_lines_is_not_repeated_in_the_remedy() -> None:
    answer('table: t\nrules:\n- {row_count: {}, error: " \\x85"}\n')


@quick
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    answer(text)


@quick
@given(st.integers(0, len(PACK)), st.integers(0, 9), st.sampled_from(SNIPPETS))
def test_a_damaged_pack_gets_an_answer(place: int, cut: int, snippet: str) -> None:
    answer(PACK[:place] + snippet + PACK[place + cut :])


@quick
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_value_under_any_key_gets_an_answer(content: dict[str, object]) -> None:
    answer(yaml.safe_dump({"table": "silver.t"} | content, allow_unicode=True))


@quick
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=3), max_size=3))
def test_any_rule_gets_an_answer(rules: list[object]) -> None:
    answer(yaml.safe_dump({"table": "silver.t", "rules": rules}, allow_unicode=True))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("".join(f"key{n}: 1\n" for n in range(50_000)), id="unknown keys"),
        pytest.param(
            "table: a.b\nrules:\n" + "".join(f"  - chk{n}: 1\n" for n in range(5_000)),
            id="unknown checks",
        ),
        pytest.param("table: " + "a." * 400_000 + "/", id="a long name"),
        pytest.param("k" * 1_000_000 + ": 1", id="a long key"),
        pytest.param(f"table: a.b\nrules:\n  - not_null: {'x' * 900_000}", id="a long column"),
        pytest.param(
            f"table: a.b\nrules:\n  - expression: {'(' * 100_000}", id="a deep expression"
        ),
        pytest.param(
            "table: a.b\nrules:\n  - matches: {column: a, pattern: '"
            + "(a{1,99}){1,99}" * 9
            + "'}",
            id="a regex bomb",
        ),
        pytest.param(f"table: a.b\nschedule: {{audit: '{'*/1,' * 99_999} * * * *'}}", id="a cron"),
        pytest.param(f"table: a.b\ntimezone: {'../' * 99_999}", id="a timezone"),
    ],
)
def test_bulk_gets_an_answer(text: str) -> None:
    answer(text)
