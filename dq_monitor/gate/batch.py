"""One batch on its way through the gate: staged and measured in one pass, split, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines import faults
from dq_monitor.engines import polars as engine
from dq_monitor.engines.along import asks_staged, can_ride, counting, with_staged
from dq_monitor.engines.answers import KEPT as KEEP_FLAG
from dq_monitor.engines.answers import answer, split, with_faults
from dq_monitor.engines.faults import Refusal
from dq_monitor.engines.hashes import asked_rows
from dq_monitor.engines.passes import Pass, empty_states, scan, table_groups, table_states
from dq_monitor.engines.plan import Plan, SetQuestion, compile_rules
from dq_monitor.engines.segments import (
    observe_key_segments,
    observe_leaving,
    observe_segments,
    parted,
)
from dq_monitor.engines.sets import Held, KeyAnswer, ask_keys, in_range_of
from dq_monitor.engines.whole import (
    NOTHING,
    whole_groups,
    whole_queries,
    whole_states,
    whole_tables,
)
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.staying import NO_FILES, Staying
from dq_monitor.model.check import Stored
from dq_monitor.model.pack import Pack
from dq_monitor.model.quarantine import (
    AT,
    FAULT,
    FAULTS,
    FINGERPRINT,
    REASONS,
    REJECTED,
    ROW,
    WRITE_ID,
    HeldRows,
    tally,
)
from dq_monitor.model.rule import Nulls, OnFail
from dq_monitor.model.verdict import Counts, Observation
from dq_monitor.model.view import Files, View
from dq_monitor.states.beside import Beside
from dq_monitor.tables.staging import KEPT, QUARANTINED, Staging

SOURCE = "_dq_file"
MOVED = "_dq_moved"


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch whose rows lie in staging, with all that was measured of it.

    `failing` holds, by set rule, the distinct keys that fail.
    """

    staging: Staging
    partition_by: tuple[str, ...]
    plan: Plan
    counts: Counts
    observations: tuple[Observation, ...]
    failing: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Around:
    """What a batch is held against: the stored rows that stay, and the referenced tables.

    `ask_files` says whether a rule asks for the files of the rows that stay. `beside` is what is
    known of them, where all stored rows stay.
    """

    staying: Staying
    references: Mapping[str, pl.LazyFrame]
    ask_files: bool = False
    beside: Beside | None = None


def stage(
    frame: pl.LazyFrame,
    pack: Pack,
    staging: Staging,
    partition_by: tuple[str, ...],
    view: View,
) -> tuple[Plan, Pass]:
    """Write the batch into staging and measure it, in one streaming pass over `frame`.

    Table rules and segments are measured of the staged columns where they can be: see `along`.
    """
    schema = frame.collect_schema()

    def run(plan: Plan) -> Pass:
        staging.remove()
        staging.remember(schema)
        answered = answer(frame, plan)
        if not can_ride(plan):
            with staging.room() as room:
                rows = split(answered, plan)
                return scan(answered, plan, staging.sink(rows, KEEP_FLAG, partition_by, room=room))
        riding, seen = counting(answered, plan)
        with staging.room() as room:
            sink = staging.sink(split(riding, plan), KEEP_FLAG, partition_by, room=room)
            sink.collect(engine="streaming")
        if not asks_staged(plan):
            return seen()
        return with_staged(seen(), plan, staging.scan(KEPT), staging.scan(QUARANTINED))

    return engine.sound(frame, compile_rules(pack.rules, view, share=True), run)


def measure(
    staging: Staging,
    partition_by: tuple[str, ...],
    plan: Plan,
    seen: Pass,
    around: Around,
) -> Staged:
    """Ask the set rules of what was staged, take out what they refuse, and sum up.

    Only key columns are read; files are rewritten only when a key fails that has to leave.
    """
    staged = Staged(staging, partition_by, plan, seen.counts, (), {})
    staged, answers, segments = _settled(staged, seen, around)
    around.staying.settle()
    rows, stored = staging.scan(KEPT), around.staying.rows()
    states, groups = seen.states, seen.kept_groups
    if staged.counts != seen.counts:
        states = table_states(rows, plan, plan.tables)
        groups = table_groups(rows, plan, plan.tables)
    empty = empty_states(rows, plan)
    known = around.beside.states(plan.of_whole_table()) if around.beside else NOTHING
    states = {**states, **whole_states(plan, states, rows, stored, known)}
    groups = {**groups, **whole_groups(plan, groups, empty, (rows, stored), known)}
    files = Files(tuple(file.size for file in staging.files(KEPT)))
    plan = replace(plan, view=replace(plan.view, files=files))
    segments += observe_segments(plan, seen.groups, groups, empty)
    whole = (
        *engine.observe_rows(plan, seen),
        *answers,
        *whole_tables(
            plan,
            states,
            seen.batch_states,
            around.staying.files() if around.ask_files else NO_FILES,
        ),
        *whole_queries(plan, rows, stored, around.references),
        *engine.observe_errors(plan),
    )
    return replace(staged, observations=parted(whole, segments))


def explained(staged: Staged, write_id: str, pack: Pack, now: datetime) -> pl.LazyFrame:
    """Return the quarantined rows, each with every reason, and where it came from."""
    rows = with_faults(staged.staging.scan(QUARANTINED), staged.plan, FAULTS)
    moving = [q for q in _moving(staged) if q.rule.on_fail is OnFail.QUARANTINE]
    if moving:
        refusals = [Refusal(q.rule, _mark(q)) for q in moving]
        marked = _marked(rows, staged, moving)
        rows = faults.with_faults(marked, refusals, staged.plan.view, MOVED)
        both = pl.concat_list(FAULTS, MOVED).alias(FAULTS)
        rows = rows.with_columns(both).drop([MOVED, *(_mark(q) for q in moving)])
    return _labelled(rows, write_id, pack, now)


def refused(staged: Staged, write_id: str, pack: Pack, now: datetime) -> pl.LazyFrame:
    """Return every row of a rejected batch: the failing ones with their reasons, the rest with one.

    Nothing is lost: once the cause is mended the rows can be replayed from quarantine.
    """
    whole = [{"rule": REJECTED, "column": "", "fault": "batch rejected"}]
    kept = staged.staging.scan(KEPT).with_columns(pl.lit(whole, dtype=pl.List(FAULT)).alias(FAULTS))
    bad = explained(staged, write_id, pack, now)
    return pl.concat([_labelled(kept, write_id, pack, now), bad])


def numbered(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Give the rows of one write numbers: with its id they tell each row from all others."""
    return rows.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64))


def held_by(rows: pl.LazyFrame) -> tuple[HeldRows, ...]:
    """Count quarantined rows, in all and by the rules that hold them."""
    reasons = rows.select(REASONS)
    total, by_rule = pl.collect_all(
        [reasons.select(pl.len()), reasons.explode(REASONS).drop_nulls().group_by(REASONS).len()],
        engine="streaming",
    )
    return tally(total.item(), dict(by_rule.iter_rows()))


def _settled(
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
        again = around.staying.depends and bool(_moving(staged))
        if again:
            left += observe_leaving(_leaving(staged), staged.plan, found)
        else:
            whole = _summed([one.seen for one in found.values()], _of(left, parted=False))
            parts = observe_key_segments(rows, staged.plan, found)
            segments = _summed(parts, _of(left, parted=True))
        staged = replace(_take_out(staged, turn) if _moving(staged) else staged, failing=failing)
        if not again:
            return staged, whole, segments
        seen, turn = replace(seen, hashes={}), turn + 1


def _leaving(staged: Staged) -> pl.LazyFrame:
    """Return the rows that leave in this round."""
    moving = _moving(staged)
    marks = [_mark(question) for question in moving]
    rows = _marked(staged.staging.scan(KEPT), staged, moving)
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


def _moving(staged: Staged) -> list[SetQuestion]:
    """Return the set questions whose failing rows leave the batch."""
    leave = {OnFail.QUARANTINE, OnFail.DROP}
    return [q for q in staged.plan.sets if q.rule.id in staged.failing and q.rule.on_fail in leave]


def _take_out(staged: Staged, turn: int) -> Staged:
    """Rewrite the staged files that hold a failing key, without the rows that leave.

    Each turn gives its files other names than the one before: those are what it reads.
    """
    moving = _moving(staged)
    rows = _marked(staged.staging.scan(KEPT, SOURCE), staged, moving)
    leaves = pl.any_horizontal([pl.col(_mark(q)) for q in moving])
    held = [q for q in moving if q.rule.on_fail is OnFail.QUARANTINE]
    to_quarantine = pl.any_horizontal([pl.col(_mark(q)) for q in held]) if held else pl.lit(False)  # noqa: FBT003 - a literal
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
        .drop([SOURCE, *(_mark(q) for q in moving)])
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


def _marked(rows: pl.LazyFrame, staged: Staged, questions: list[SetQuestion]) -> pl.LazyFrame:
    """Add a column for each question: whether the row's key is among those that fail it."""
    for question in questions:
        mark = _mark(question)
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


def _mark(question: SetQuestion) -> str:
    return f"{MOVED}:{question.rule.id}"


def _labelled(rows: pl.LazyFrame, write_id: str, pack: Pack, now: datetime) -> pl.LazyFrame:
    return rows.with_columns(
        pl.col(FAULTS).list.eval(pl.element().struct.field("rule")).alias(REASONS),
        pl.lit(write_id).alias(WRITE_ID),
        pl.lit(pack.fingerprint).alias(FINGERPRINT),
        pl.lit(now, pl.Datetime("us", "UTC")).alias(AT),
    )
