"""Set rules are asked in rounds: rows that leave may bring back stored ones, to be asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.answers import KEPT as KEEP_FLAG
from dq_monitor.engines.hashes import asked_rows
from dq_monitor.engines.passes import Pass
from dq_monitor.engines.plan import Plan, SetQuestion
from dq_monitor.engines.segments import observe_key_segments, observe_leaving
from dq_monitor.engines.sets import Held, KeyAnswer, ask_keys, in_range_of
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.staged import Around, Staged
from dq_monitor.model.check import Stored
from dq_monitor.model.rule import Nulls, OnFail
from dq_monitor.model.verdict import Counts, Observation
from dq_monitor.model.view import View
from dq_monitor.tables.staging import KEPT

SOURCE = "_dq_file"
MOVED = "_dq_moved"


def settled(
    staged: Staged, seen: Pass, around: Around
) -> tuple[Staged, list[Observation], list[Observation]]:
    """Ask the set rules until no row has to leave any more; return what they saw.

    Where it depends on the kept rows which stored rows stay (a refused row gives back the place
    that it would have taken), rows that leave may bring stored ones back, to be asked about again.
    """
    failing: dict[str, pl.DataFrame] = {}
    left: list[Observation] = []
    turn = 0
    while True:
        rows = staged.staging.scan(KEPT)
        found = _keys(rows, staged.plan, seen, around)
        now = {name: one.failing for name, one in found.items() if one.failing is not None}
        failing = {**failing, **{n: _joined(failing.get(n), keys) for n, keys in now.items()}}
        staged = replace(staged, failing=now)
        again = around.staying.depends and bool(moving_of(staged))
        if again:
            left += observe_leaving(_leaving(staged), staged.plan, found)
        else:
            whole = _summed([one.seen for one in found.values()], _of(left, parted=False))
            parts = observe_key_segments(rows, staged.plan, found)
            segments = _summed(parts, _of(left, parted=True))
        staged = replace(_take_out(staged, turn) if moving_of(staged) else staged, failing=failing)
        if not again:
            return staged, whole, segments
        seen, turn = replace(seen, hashes={}), turn + 1


def _leaving(staged: Staged) -> pl.LazyFrame:
    """Return the rows that leave in this round."""
    moving = moving_of(staged)
    marks = [mark_of(question) for question in moving]
    rows = marked_by(staged.staging.scan(KEPT), staged, moving)
    return rows.filter(pl.any_horizontal(marks)).drop(marks)


def _summed(last: Iterable[Observation], left: Iterable[Observation]) -> list[Observation]:
    """Add to what the rows of the last round answered what others did in the round they left in.

    So each row counts once, by its last answer. A rule is asked whole or in segments, not both.
    """
    found = {(one.rule_id, one.segment): one for one in last}
    errors = {one.rule_id for one in found.values() if one.error is not None}
    for one in left:
        place = one.rule_id, one.segment
        if one.rule_id in errors:
            continue
        found[place] = _plus(found.get(place), one)
    parted = {rule_id for rule_id, segment in found if segment}
    return [one for (rule_id, segment), one in found.items() if segment or rule_id not in parted]


def _of(left: Iterable[Observation], *, parted: bool) -> list[Observation]:
    return [one for one in left if bool(one.segment) is parted]


def _plus(one: Observation | None, other: Observation) -> Observation:
    if one is None:
        return other
    failing = (one.failing or 0) + (other.failing or 0)
    return replace(one, failing=failing, passing=(one.passing or 0) + (other.passing or 0))


def _joined(before: pl.DataFrame | None, now: pl.DataFrame) -> pl.DataFrame:
    return now if before is None else pl.concat([before, now])


def _keys(rows: pl.LazyFrame, plan: Plan, seen: Pass, around: Around) -> Mapping[str, KeyAnswer]:
    """Ask the set rules of the rows that were staged as kept."""
    held = [Held(q, _others(rows, q, plan, around)) for q in plan.sets]
    return ask_keys(rows, held, plan.view, seen.hashes)


def _others(
    rows: pl.LazyFrame, question: SetQuestion, plan: Plan, around: Around
) -> pl.LazyFrame | None:
    """Return what a question's keys are held against: of stored rows only those within range."""
    reference = question.check.reference()
    if reference is not None:
        return around.references.get(reference.table)
    stored = None if question.check.stored is Stored.NONE else around.staying.rows()
    if stored is None or question.check.stored is Stored.ALL:
        return stored
    if around.beside and around.beside.lacks(question, rows, indexed=True):
        return None
    near = in_range_of(stored, asked_rows(rows, question, plan.view).drop_nulls())
    first = near.select(question.rule.columns).limit(1).collect(engine="streaming")
    if first.is_empty() or (around.beside and around.beside.lacks(question, rows)):
        return None
    return near


def moving_of(staged: Staged) -> list[SetQuestion]:
    """Return the set questions whose failing rows leave the batch."""
    leave = {OnFail.QUARANTINE, OnFail.DROP}
    return [q for q in staged.plan.sets if q.rule.id in staged.failing and q.rule.on_fail in leave]


def _take_out(staged: Staged, turn: int) -> Staged:
    """Rewrite the staged files that hold a failing key, without the rows that leave.

    Each turn gives its files other names than the one before: those are what it reads.
    """
    moving = moving_of(staged)
    rows = marked_by(staged.staging.scan(KEPT, SOURCE), staged, moving)
    leaves = pl.any_horizontal([pl.col(mark_of(q)) for q in moving])
    held = [q for q in moving if q.rule.on_fail is OnFail.QUARANTINE]
    to_quarantine = pl.any_horizontal([pl.col(mark_of(q)) for q in held]) if held else pl.lit(False)  # noqa: FBT003 - a literal
    affected = (
        rows.filter(leaves)
        .group_by(SOURCE)
        .agg(pl.len().alias("left"), to_quarantine.sum().alias("held"))
        .collect(engine="streaming")
    )
    files = affected[SOURCE].to_list()
    anew = (
        rows.filter(pl.col(SOURCE).is_in(files) & (~leaves | to_quarantine))
        .with_columns((~leaves).alias(KEEP_FLAG))
        .drop([SOURCE, *(mark_of(q) for q in moving)])
    )
    staging, name = staged.staging, f"rewritten-{turn}-"
    with staging.room(beside=True) as room:
        sink = staging.sink(anew, KEEP_FLAG, staged.partition_by, name, room=room)
        sink.collect(engine="streaming")
    failpoint(Failpoint.REWRITTEN)
    staging.drop(files)
    left, held_rows = int(affected["left"].sum()), int(affected["held"].sum())
    counts = staged.counts
    return replace(
        staged,
        counts=Counts(
            counts.rows_in,
            counts.kept - left,
            counts.quarantined + held_rows,
            counts.dropped + left - held_rows,
        ),
    )


def marked_by(rows: pl.LazyFrame, staged: Staged, questions: list[SetQuestion]) -> pl.LazyFrame:
    """Add a column for each question: whether the row's key is among those that fail it."""
    for question in questions:
        mark = mark_of(question)
        keys = staged.failing[question.rule.id].with_columns(pl.lit(value=True).alias(mark))
        joined = rows.join(keys.lazy(), on=list(question.rule.columns), how="left")
        fails = nw.col(mark).fill_null(value=False) | _null_key(question, staged.plan.view)
        if question.asked is not None:
            fails = fails & question.asked.fill_null(value=False)
        rows = nw.from_native(joined).with_columns(fails.alias(mark)).to_native()
    return rows


def _null_key(question: SetQuestion, view: View) -> nw.Expr:
    """Say which rows fail because a part of their key is missing, where the rule says that."""
    if question.rule.nulls is not Nulls.FAIL:
        return nw.lit(value=False)
    missing = [view.col(column).is_null() for column in question.rule.columns]
    return nw.any_horizontal(*missing, ignore_nulls=False)


def mark_of(question: SetQuestion) -> str:
    """Return the name of the column that says so."""
    return f"{MOVED}:{question.rule.id}"
