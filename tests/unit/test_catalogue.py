"""Every check answers as a plain row-by-row reading of its docs does, on Polars."""

from __future__ import annotations

import os
from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.engines.passes import table_states
from dq_monitor.engines.plan import compile_rules
from dq_monitor.engines.polars import evaluate, merged, observe_tables
from dq_monitor.model.check import Kind
from tests.catalogue.asking import (
    ODD,
    cases,
    expect,
    key_answers,
    renamed,
    row_answers,
    rows_of,
    rule_of,
    view_of,
    without_cases,
)
from tests.catalogue.case import ERROR, Case, Column, frames

# `make fuzz` asks for many more examples than `make test`.
EXAMPLES = int(os.environ.get("DQM_EXAMPLES", "8"))
UNHURRIED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
CASES = cases()
SIMPLE = {name: name for case in CASES.values() for name in case.columns}


def test_every_check_has_an_oracle() -> None:
    assert without_cases() == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@UNHURRIED
@given(data=st.data())
def test_check_agrees_with_plain_python(case: Case, data: st.DataObject) -> None:
    frame = data.draw(frames(case.columns, case.max_rows))
    others = (
        data.draw(frames(case.others or case.columns, 6)) if case.others or case.stored else None
    )
    names = {name: name for name in case.columns}
    if case.odd_names:
        odd = st.lists(st.sampled_from(ODD), min_size=len(names), max_size=len(names), unique=True)
        names = dict(zip(names, data.draw(odd), strict=True))
    rule = rule_of(case, names.__getitem__)
    asked = renamed(frame, names)
    references = {case.references: others.lazy()} if case.others and others is not None else {}
    stored = renamed(others, names).lazy() if case.stored and others is not None else None
    (seen,) = evaluate(asked.lazy(), [rule], view_of(asked), references, stored)
    other_rows = rows_of(others) if others is not None else []
    expect(case, rows_of(frame), other_rows, seen)
    if rule.kind is Kind.ROW:
        assert row_answers(asked, rule) == case.oracle(rows_of(frame), other_rows)
    if rule.kind is Kind.SET:
        answers = key_answers(asked, rule, references, stored)
        assert answers == case.oracle(rows_of(frame), other_rows)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_columns_of_nothing_but_nulls_need_no_type(case: Case) -> None:
    rule = rule_of(case, SIMPLE.__getitem__)
    references = {case.references: nulls(case.others, 0).lazy()} if case.others else {}
    stored = nulls(case.columns, 1).lazy() if case.stored else None
    for bare in [{name} for name in case.columns] + [set(case.columns)]:
        frame = nulls(case.columns, 2).with_columns(pl.lit(None).alias(name) for name in bare)
        (seen,) = evaluate(frame.lazy(), [rule], view_of(frame), references, stored)
        # what has no type has no wrong one
        if case.typed:
            assert seen.error is None
        elif case.oracle(rows_of(frame), []) is not ERROR:
            expect(case, rows_of(frame), [], seen)


def nulls(columns: Mapping[str, Column], rows: int) -> pl.DataFrame:
    cells = {name: pl.Series([None] * rows, dtype=c.dtype) for name, c in columns.items()}
    return pl.DataFrame(cells)


def merging(case: Case) -> bool:
    rule = rule_of(case, SIMPLE.__getitem__)
    if rule.kind is not Kind.TABLE:
        return False
    frame = pl.DataFrame(schema={name: column.dtype for name, column in case.columns.items()})
    tables = compile_rules([rule], view_of(frame)).tables
    return bool(tables and tables[0].parts and tables[0].mergeable)


MERGING = {label: case for label, case in CASES.items() if merging(case)}


@pytest.mark.parametrize("case", MERGING.values(), ids=MERGING)
@UNHURRIED
@given(data=st.data())
def test_states_of_two_parts_merge_into_the_state_of_the_whole(
    case: Case, data: st.DataObject
) -> None:
    first = data.draw(frames(case.columns, case.max_rows))
    second = data.draw(frames(case.columns, case.max_rows))
    plan = compile_rules([rule_of(case, SIMPLE.__getitem__)], view_of(first))
    one, other = (table_states(part.lazy(), plan, plan.tables) for part in (first, second))
    both = merged(plan.tables, one, other)
    (seen,) = observe_tables(plan, both, both)
    expect(case, [*rows_of(first), *rows_of(second)], [], seen)
