"""`when_then` in plain Python."""

from __future__ import annotations

from tests.catalogue.all_of import answers, case, conjunction, disjunction, negation, parts
from tests.catalogue.case import Row


def follows(row: Row) -> bool | None:
    when, then, _ = answers(row)
    return disjunction([negation(when), then])


def follows_both(row: Row) -> bool | None:
    first, second, third = answers(row)
    return disjunction([negation(third), conjunction([first, second])])


CASES = {
    "both may be unknown": case(
        lambda n: {"when_then": {"when": parts(n)[0], "then": parts(n)[1]}}, follows
    ),
    "a composite": case(
        lambda n: {"when_then": {"when": parts(n)[2], "then": {"all_of": parts(n)[:2]}}},
        follows_both,
    ),
}
