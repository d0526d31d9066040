"""`none_of` in plain Python."""

from __future__ import annotations

from tests.catalogue.all_of import answers, case, disjunction, negation, parts

CASES = {
    "two": case(
        lambda n: {"none_of": parts(n)[:2]}, lambda row: negation(disjunction(answers(row)[:2]))
    ),
    "one": case(lambda n: {"none_of": parts(n)[2:]}, lambda row: negation(answers(row)[2])),
}
