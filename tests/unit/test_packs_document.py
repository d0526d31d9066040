from __future__ import annotations

import math

import pytest

from dq_monitor.packs.document import MAX_DEPTH, Node, read
from dq_monitor.packs.report import Report


def nodes(text: str) -> Node:
    report = Report("f")
    node = read(text, report)
    assert not report.problems
    assert node is not None
    return node


def child(node: Node, key: str) -> Node:
    found = node.get(key)
    assert found is not None
    return found


def problems(text: str) -> list[str]:
    report = Report("f")
    read(text, report)
    return [str(problem) for problem in report.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30:00", "12:30:00"),
        ("2013-01-31", "2013-01-31"),
        ("1_000", "1_000"),
        ("0.1%", "0.1%"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("5.", 5.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
    ],
)
def test_a_bare_word_is_what_the_core_schema_says(written: str, value: object) -> None:
    found = nodes(f"key: {written}\n").plain()["key"]
    assert found == value
    assert type(found) is type(value)


def test_nan_is_read_for_the_rows_of_tests() -> None:
    assert math.isnan(nodes("key: .nan").plain()["key"])


def test_keys_stay_text_whatever_they_look_like() -> None:
    assert nodes("{2013: a, true: b, no: c, null: d}").plain() == {
        "2013": "a",
        "true": "b",
        "no": "c",
        "null": "d",
    }


def test_every_value_and_key_knows_its_place() -> None:
    root = nodes("table: a\nrules:\n  - not_null: [x, y]\n")
    (rule,) = child(root, "rules").children()
    assert root.keys["rules"] == (2, 1)
    assert rule.keys["not_null"] == (3, 5)
    assert [node.mark for node in child(rule, "not_null").children()] == [(3, 16), (3, 19)]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "[{a: "], ids=["[", "{", "-", "[{"])
def test_deep_nesting_is_refused_without_recursion(opening: str) -> None:
    assert problems(opening * 100_000)[0].endswith(
        f"nested more than {MAX_DEPTH} levels deep: no pack needs that"
    )


def test_nesting_up_to_the_limit_is_read() -> None:
    assert nodes("[" * MAX_DEPTH + "]" * MAX_DEPTH)


def test_an_alias_bomb_is_refused_and_never_expanded() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    found = problems("\n".join(["a0: &a0 [x]", *levels]))
    assert len(found) == 9 + 8 * 9
    assert found[0] == "f:1:5: anchors (&a0) are not allowed: remove it"


def test_a_recursive_alias_is_refused() -> None:
    assert problems("a: &a [*a]") == [
        "f:1:4: anchors (&a) are not allowed: remove it",
        "f:1:8: aliases (*a) are not allowed: write the value out",
    ]


def test_too_many_values_are_refused_while_reading() -> None:
    assert problems("[" + "1," * 300_000 + "]")[0].endswith(
        "more than 200,000 values: split the pack"
    )


def test_a_huge_text_is_refused_unread() -> None:
    assert problems("a: " + "x" * 1_048_576) == [
        "f:1:1: the file has 1,048,579 bytes, the limit is 1,048,576: split it"
    ]


@pytest.mark.parametrize(
    "text",
    ['a: "\\ud800"', "a: \ud800", 'a: "\\0"', "a: \x00", "\ud800: a", '"\\0": a'],
    ids=["escaped half", "raw half", "escaped NUL", "raw NUL", "half in a key", "NUL in a key"],
)
def test_what_is_no_character_is_refused(text: str) -> None:
    assert len(problems(text)) == 1


def test_the_first_of_two_equal_keys_is_read_on() -> None:
    report = Report("f")
    node = read("a: 1\na: 2\n", report)
    assert node is not None
    assert node.plain() == {"a": 1}
    assert [str(p) for p in report.problems] == ["f:2:1: key 'a' is given twice, first in line 1"]
