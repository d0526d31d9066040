"""One streaming pass over a batch: every row rule counted, every table rule measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.answers import KEPT, answer, with_parts
from dq_monitor.engines.hashes import AT_ONCE, Hashes, count_hashes, hash_keys, hashed
from dq_monitor.engines.plan import Plan, RowQuestion, SetQuestion, TableQuestion, reads
from dq_monitor.model.rule import OnFail
from dq_monitor.model.verdict import Counts

ROWS = "rows"
States = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over a batch measured.

    `hashes` holds the keys of the first unique rules among the kept rows. `states` and
    `batch_states` hold each table rule's state over the kept rows and over all rows.
    """

    counts: Counts
    failing: Mapping[str, int]
    passing: Mapping[str, int]
    hashes: Mapping[str, Hashes] = field(default_factory=dict)
    states: States = field(default_factory=dict)
    batch_states: States = field(default_factory=dict)


def scan(answered: pl.LazyFrame, plan: Plan, sink: pl.LazyFrame | None = None) -> Pass:
    """Count every answer and measure every table rule in one pass, beside `sink` if there is one.

    `answered` comes from `answer()`, and so must the `sink`'s rows, for the scan to be shared.
    """
    kept = answered.filter(pl.col(KEPT)) if plan.removing(OnFail.QUARANTINE, OnFail.DROP) else None
    branches = _branches(answered, kept, plan)
    sinks = [] if sink is None else [sink]
    results = pl.collect_all([*sinks, *branches.values()], engine="streaming")[len(sinks) :]
    return _read(plan, dict(zip(branches, results, strict=True)), shared=kept is None)


def scan_once(frame: pl.LazyFrame, plan: Plan) -> Pass:
    """Ask the row and table questions, and hash the unique keys, in one pass over `frame`."""
    return scan(answer(frame, plan), plan)


def scan_columns(frame: pl.LazyFrame, plan: Plan) -> Pass:
    """Do what `scan` does where columns lie apart from each other: one small pass for each set.

    Rules that read the same columns share a pass. Each column is decoded once all the same, both
    cores are busy, and no more than a few columns are in memory: measured on 10 million rows of 20
    columns, 12% less time and a sixth of the memory of all rules in one pass. Only for a frame that
    scans Parquet: of anything else each pass would do all the work again.
    """
    passes = [scan(answer(frame, part), part) for part in _by_columns(plan)]
    hashes = hash_keys(frame, [q for q in plan.sets if q.only_repeats], plan.view)
    return Pass(
        counts=passes[0].counts,
        failing={name: n for seen in passes for name, n in seen.failing.items()},
        passing={name: n for seen in passes for name, n in seen.passing.items()},
        hashes=dict(hashes),
        states={name: state for seen in passes for name, state in seen.states.items()},
        batch_states={name: state for seen in passes for name, state in seen.batch_states.items()},
    )


def _by_columns(plan: Plan) -> Iterator[Plan]:
    """Yield parts of the plan, each of the row and table questions that read the same columns."""
    rows: dict[frozenset[str], list[RowQuestion]] = defaultdict(list)
    tables: dict[frozenset[str], list[TableQuestion]] = defaultdict(list)
    for row in plan.rows:
        rows[reads(row.rule)].append(row)
    for table in plan.tables:
        tables[reads(table.rule)].append(table)
    for columns in dict.fromkeys([*rows, *tables, frozenset()]):
        yield replace(plan, rows=tuple(rows[columns]), tables=tuple(tables[columns]), sets=())


def table_states(
    frame: pl.LazyFrame, plan: Plan, questions: Sequence[TableQuestion]
) -> dict[str, dict[str, Any]]:
    """Measure table questions of `plan` alone, over the rows of `frame`."""
    branches = dict(_table_branches(with_parts(frame, plan), questions, ROWS))
    results = pl.collect_all(list(branches.values()), engine="streaming")
    return _states(questions, dict(zip(branches, results, strict=True)), ROWS)


def _branches(
    answered: pl.LazyFrame, kept: pl.LazyFrame | None, plan: Plan
) -> dict[str, pl.LazyFrame]:
    """Return what is computed side by side, by name.

    What reduces the same rows is one select: each further branch costs another look at them.
    """
    rows = answered if kept is None else kept
    whole = [q for q in plan.tables if q.asked is None]
    some = [q for q in plan.tables if q.asked is not None]
    reduced = [*_row_counts(plan), *_parts(whole)]
    return {
        ROWS: nw.from_native(answered).select(reduced).to_native(),
        **dict(_table_branches(answered, some, "batch")),
        **({} if kept is None else dict(_table_branches(kept, plan.tables, "kept"))),
        **{f"keys:{q.rule.id}": hashed(rows, q, plan.view) for q in _hashed(plan)},
    }


def _row_counts(plan: Plan) -> Iterator[nw.Expr]:
    """Count the rows of each fate, and for each rule the passing and the judged ones."""
    yield nw.len().alias("rows_in")
    if plan.removing(OnFail.QUARANTINE, OnFail.DROP):
        yield nw.col(KEPT).sum().alias("kept")
    held = plan.removing(OnFail.QUARANTINE)
    if held:
        fails = [~nw.col(q.column).fill_null(value=True) for q in held]
        yield nw.any_horizontal(*fails, ignore_nulls=True).sum().alias("quarantined")
    for question in plan.rows:
        column = nw.col(question.column)
        yield column.sum().alias(f"passing:{question.rule.id}")
        yield column.count().alias(f"judged:{question.rule.id}")


def _table_branches(
    frame: pl.LazyFrame, questions: Iterable[TableQuestion], name: str
) -> Iterator[tuple[str, pl.LazyFrame]]:
    """One branch for the questions of each distinct `where`, since parts only reduce."""
    asking = [q for q in questions if q.parts]
    for where in dict.fromkeys(q.rule.where for q in asking):
        group = [q for q in asking if q.rule.where == where]
        rows = nw.from_native(frame)
        if group[0].asked is not None:
            rows = rows.filter(group[0].asked)
        yield f"{name}:{where}", rows.select(_parts(group)).to_native()


def _parts(questions: Iterable[TableQuestion]) -> list[nw.Expr]:
    return [p.expr.alias(q.columns[n]) for q in questions for n, p in q.parts.items()]


def _hashed(plan: Plan) -> list[SetQuestion]:
    """Return the unique questions whose keys are hashed in the pass; the rest come after it."""
    return [q for q in plan.sets if q.only_repeats][:AT_ONCE]


def _read(plan: Plan, results: Mapping[str, pl.DataFrame], *, shared: bool) -> Pass:
    row = results[ROWS].row(0, named=True)
    passing = {q.rule.id: row[f"passing:{q.rule.id}"] for q in plan.rows}
    return Pass(
        counts=_counts(row),
        failing={name: row[f"judged:{name}"] - passed for name, passed in passing.items()},
        passing=passing,
        hashes={q.rule.id: count_hashes(results[f"keys:{q.rule.id}"]) for q in _hashed(plan)},
        states=_states(plan.tables, results, "batch" if shared else "kept"),
        batch_states=_states(plan.tables, results, "batch"),
    )


def _counts(row: Mapping[str, Any]) -> Counts:
    kept = row.get("kept", row["rows_in"])
    quarantined = row.get("quarantined", 0)
    return Counts(row["rows_in"], kept, quarantined, row["rows_in"] - kept - quarantined)


def _states(
    questions: Sequence[TableQuestion], results: Mapping[str, pl.DataFrame], name: str
) -> dict[str, dict[str, Any]]:
    rows = {branch: frame.row(0, named=True) for branch, frame in results.items() if frame.height}
    return {
        q.rule.id: {n: _row_of(q, rows, name)[c] for n, c in q.columns.items()} for q in questions
    }


def _row_of(
    question: TableQuestion, rows: Mapping[str, Mapping[str, Any]], name: str
) -> Mapping[str, Any]:
    """Return the reduced row that holds a question's state: that of its `where`, or of all rows."""
    return rows.get(f"{name}:{question.rule.where}") or rows[ROWS]
