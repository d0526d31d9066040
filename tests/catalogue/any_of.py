"""`any_of` in plain Python."""

from __future__ import annotations

from tests.catalogue.all_of import answers, case, disjunction, parts

CASES = {
    "three": case(lambda n: {"any_of": parts(n)}, lambda row: disjunction(answers(row))),
    "two": case(lambda n: {"any_of": parts(n)[:2]}, lambda row: disjunction(answers(row)[:2])),
}
