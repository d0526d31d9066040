"""Many row rules of one text column: asked of its distinct values, where these are few.

A regular expression costs the same for each text, so twenty rules about a column of a hundred
thousand names in ten million rows are better asked of the names. Only counts come of it: which
rows fail is not known, so it serves where nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.answers import answer
from dq_monitor.engines.plan import Plan, RowQuestion, compile_rules, reads
from dq_monitor.engines.watch import Part, Watch, unwatched

TIMES = "_dq_times"
# Fewer rules than this are asked of the rows before the values are even counted.
MANY_RULES = 6
# Values are worth finding where each stands for this many rows, and they fit into little memory.
ROWS_A_VALUE = 10
MOST_VALUES = 1_000_000


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows that pass and fail each rule, by rule id."""

    failing: Mapping[str, int]
    passing: Mapping[str, int]


def tally_values(frame: pl.LazyFrame, plan: Plan, watch: Watch = unwatched) -> Tally:
    """Answer the row rules of text columns with few values; none where no column is such."""
    by_column = _few_valued(frame, by_text_column(plan), watch)
    if not by_column:
        return Tally({}, {})
    counts = [_counts(frame, name, some, plan) for name, some in by_column.items()]
    with watch(Part.VALUES, _ids(by_column)):
        results = pl.collect_all(counts, engine="streaming")
    passing: dict[str, int] = {}
    failing: dict[str, int] = {}
    for questions, found in zip(by_column.values(), results, strict=True):
        row = found.row(0, named=True)
        for question in questions:
            rule_id = question.rule.id
            passing[rule_id] = row[f"passing:{rule_id}"]
            failing[rule_id] = row[f"judged:{rule_id}"] - passing[rule_id]
    return Tally(failing, passing)


def without(plan: Plan, answered: Container[str]) -> Plan:
    """Return the plan without the row questions whose rules are answered."""
    return replace(plan, rows=tuple(q for q in plan.rows if q.rule.id not in answered))


def by_text_column(plan: Plan) -> dict[str, list[RowQuestion]]:
    """Return the row questions that read one text column and nothing else, where there are many.

    Those with segments are not among them: which rows fail is what they ask.
    """
    found: dict[str, list[RowQuestion]] = defaultdict(list)
    for question in plan.rows:
        columns = reads(question.rule)
        if (
            len(columns) == 1
            and not question.rule.by
            and isinstance(plan.view.schema[min(columns)], nw.String)
        ):
            found[min(columns)].append(question)
    return {name: questions for name, questions in found.items() if len(questions) >= MANY_RULES}


def _few_valued(
    frame: pl.LazyFrame, asked: Mapping[str, list[RowQuestion]], watch: Watch
) -> dict[str, list[RowQuestion]]:
    """Keep the columns with few values by estimate: a wrong one costs time, never a count."""
    if not asked:
        return {}
    estimate = frame.select(
        pl.len().alias(TIMES), *(pl.col(name).approx_n_unique() for name in asked)
    )
    with watch(Part.ESTIMATE, _ids(asked)):
        row = estimate.collect(engine="streaming").row(0, named=True)
    most = min(MOST_VALUES, row[TIMES] // ROWS_A_VALUE)
    return {name: questions for name, questions in asked.items() if row[name] <= most}


def _ids(asked: Mapping[str, list[RowQuestion]]) -> list[str]:
    return [question.rule.id for questions in asked.values() for question in questions]


def _counts(
    frame: pl.LazyFrame, column: str, questions: Sequence[RowQuestion], plan: Plan
) -> pl.LazyFrame:
    """Count each rule's passing and judged rows, each value as often as it occurs."""
    values = frame.group_by(column).agg(pl.len().alias(TIMES))
    view = replace(plan.view, schema={column: plan.view.schema[column]})
    own = compile_rules([question.rule for question in questions], view, share=True)
    return answer(values, own).select(_sums(own))


def _sums(plan: Plan) -> Iterator[pl.Expr]:
    for question in plan.rows:
        passes, rule_id = pl.col(question.column), question.rule.id
        yield pl.col(TIMES).filter(passes).sum().alias(f"passing:{rule_id}")
        yield pl.col(TIMES).filter(passes.is_not_null()).sum().alias(f"judged:{rule_id}")
