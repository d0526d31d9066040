"""Query rules on Polars: those that need groups, joins or another table, in one pass together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.plan import QueryQuestion
from dq_monitor.engines.watch import Part, Watch, unwatched
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

Failure = (ValueError, TypeError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


def ask_queries(
    rows: pl.LazyFrame,
    questions: Sequence[QueryQuestion],
    references: Mapping[str, pl.LazyFrame],
    view: View,
    watch: Watch = unwatched,
) -> list[Observation]:
    """Run the queries over `rows`; when one breaks the pass each runs alone, the broken in error.

    `references` are the tables that rules refer to, by name.
    """
    if not questions:
        return []
    with watch(Part.QUERIES, [question.rule.id for question in questions]):
        try:
            return _together(rows, questions, references, view)
        except Failure:
            return [_alone(rows, question, references, view) for question in questions]


def _together(
    rows: pl.LazyFrame,
    questions: Sequence[QueryQuestion],
    references: Mapping[str, pl.LazyFrame],
    view: View,
) -> list[Observation]:
    frames = [_query(rows, question, references, view) for question in questions]
    states = pl.collect_all(frames, engine="streaming")
    return [
        _observe(question, state.row(0, named=True), view)
        for question, state in zip(questions, states, strict=True)
    ]


def _alone(
    rows: pl.LazyFrame,
    question: QueryQuestion,
    references: Mapping[str, pl.LazyFrame],
    view: View,
) -> Observation:
    rule_id = question.rule.id
    try:
        return _together(rows, [question], references, view)[0]
    except (ValueError, TypeError) as error:  # the check's own words: it names columns and types
        return Observation(rule_id, error=str(error))
    except Failure as error:
        # Polars quotes values, and this text goes into alerts.
        message = f"evaluation failed with {type(error).__name__}: check the rule's columns"
        return Observation(rule_id, error=message)


def _query(
    rows: pl.LazyFrame,
    question: QueryQuestion,
    references: Mapping[str, pl.LazyFrame],
    view: View,
) -> pl.LazyFrame:
    asked = nw.from_native(rows)
    if question.asked is not None:
        asked = asked.filter(question.asked)
    reference = question.check.reference()
    others = None
    if reference is not None:
        if reference.table not in references:
            raise ValueError(f"there is no table {reference.table!r} to compare with")
        others = nw.from_native(references[reference.table])
    found: pl.LazyFrame = question.check.query(asked, others, view).to_native()
    return found


def _observe(question: QueryQuestion, state: Mapping[str, object], view: View) -> Observation:
    try:
        measure = question.check.measure(state, view)
    except ValueError as error:
        return Observation(question.rule.id, error=str(error))
    return Observation(question.rule.id, value=measure.value, note=measure.note)
