"""Every check answers on every engine as its oracle does, or its engine says by name that it can't.

The frames are drawn once a case, the same ones for all engines and in every run.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dq_monitor.engines.lazy import beside_clocks
from dq_monitor.engines.portable import evaluate
from dq_monitor.engines.refusal import why_not
from dq_monitor.model.view import View
from dq_monitor.registry import plugs
from tests.catalogue.asking import ODD, cases, chosen, expect, renamed, rows_of, rule_of
from tests.catalogue.case import NOW, ZONE, Case, frames
from tests.engine_house import ENGINES, CannotStore, Engine, storable

CASES = cases()
# One case of each check in `make test`; `make conformance` asks them all.
ASKED = chosen()
CHECKS = plugs("dq_monitor.checks")
BACKENDS = plugs("dq_monitor.engines.backends")
EXAMPLES = 3

# What single forms of a check mean otherwise on an engine, and why. Each must really differ.
NO_FUNCTIONS = "the portable way takes no functions of columns; Polars' own pass does"
DIFFERS: Mapping[tuple[str, str], str] = {
    **{("polars", label): NO_FUNCTIONS for label in CASES if label.startswith("json_")},
}
# Names that narwhals cannot hand to an engine: it would look for table a or struct a.
UNNAMED = {("duckdb", "a.b"), ("spark", "a.b")}


def cannot(name: str, case: str) -> str:
    """Return why the check of a case is refused on an engine; empty where it is not."""
    check = case.partition(":")[0]
    declared = {} if name == "polars" else BACKENDS[name].cannot  # type: ignore[attr-defined]  # the protocol's
    return why_not(check, CHECKS[check].engines, name, declared)  # type: ignore[attr-defined]  # the same


def stored(name: str, case: Case) -> bool:
    """Say whether an engine has the types of a case's columns."""
    columns = (*case.columns.values(), *case.others.values())
    return all(storable(name, column.dtype) for column in columns)


@functools.cache
def drawn(label: str) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Draw a case's frames, and those that it is held against; the first are empty."""
    case, found = CASES[label], []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        others = frames(case.others or case.columns, 6)
        found.append((data.draw(frames(case.columns, case.max_rows)), data.draw(others)))

    draw()
    return found


def ask(name: str, there: Engine, label: str) -> int:
    """Hold an engine's answers against the oracle's; return how many frames it could store."""
    case, asked = CASES[label], 0
    odd = [one for one in ODD if (name, one) not in UNNAMED]
    for number, (frame, others) in enumerate(drawn(label)):
        names = {column: column for column in case.columns}
        if case.odd_names and number % 2:
            names = {column: odd[(number + i) % len(odd)] for i, column in enumerate(names)}
        rule = rule_of(case, names.__getitem__)
        try:
            rows = there.put(renamed(frame, names))
            beside = others if case.others else renamed(others, names)
            held = there.put(beside) if case.others or case.stored else None
        except CannotStore:
            continue
        references = {case.references: held} if case.others and held is not None else {}
        view = View(rows.collect_schema(), NOW, ZONE, name)
        if there.backend:
            rows, view = beside_clocks(rows, view, there.backend.with_clocks)
        (seen,) = evaluate(
            rows,
            [rule],
            view,
            references,
            held if case.stored else None,
            collect=there.collect,
        )
        expect(case, rows_of(frame), rows_of(others) if held is not None else [], seen)
        asked += 1
    return asked


def must_agree(name: str, label: str) -> bool:
    """Say whether an engine has to answer a case as the oracle does."""
    refused = cannot(name, label) or (name, label) in DIFFERS
    return stored(name, CASES[label]) and not refused


@pytest.mark.parametrize("label", ASKED)
def test_engine_agrees_with_plain_python(engine: tuple[str, Engine], label: str) -> None:
    name, there = engine
    if must_agree(name, label):
        assert ask(name, there, label), "no frame could be stored"


def test_what_an_engine_cannot_do_does_not_work(engine: tuple[str, Engine]) -> None:
    name, there = engine
    works = []
    left = [label for label in ASKED if cannot(name, label) or (name, label) in DIFFERS]
    for label in left:
        if stored(name, CASES[label]):
            try:
                ask(name, there, label)
            except AssertionError:
                continue
            works.append(label)
    # of a check that is refused, some forms may work: then the check as a whole does not
    refused = {label.partition(":")[0] for label in left if label not in works}
    assert [one for one in works if one.partition(":")[0] not in refused] == []


@pytest.mark.parametrize("name", ENGINES)
def test_few_cases_are_left_out_for_their_types(name: str) -> None:
    left = [label for label, case in CASES.items() if not stored(name, case)]
    assert len(left) < len(CASES) / 10, left


def test_every_difference_is_of_a_case() -> None:
    assert {label for _, label in DIFFERS} <= set(CASES)
