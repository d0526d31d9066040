"""One batch on its way through the gate: staged and measured in one pass, split, explained."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import polars as pl

from dq_monitor.engines import faults
from dq_monitor.engines import polars as engine
from dq_monitor.engines.along import asks_staged, can_ride, counting, with_staged
from dq_monitor.engines.answers import KEPT as KEEP_FLAG
from dq_monitor.engines.answers import answer, split, with_faults
from dq_monitor.engines.faults import Refusal
from dq_monitor.engines.passes import Pass, empty_states, scan, table_groups, table_states
from dq_monitor.engines.plan import Plan, compile_rules
from dq_monitor.engines.segments import (
    observe_segments,
    parted,
)
from dq_monitor.engines.whole import (
    NOTHING,
    whole_groups,
    whole_queries,
    whole_states,
    whole_tables,
)
from dq_monitor.gate.rounds import MOVED, mark_of, marked_by, moving_of, settled
from dq_monitor.gate.staged import Around, Staged
from dq_monitor.gate.staying import NO_FILES
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
from dq_monitor.model.rule import OnFail
from dq_monitor.model.view import Files, View
from dq_monitor.tables.staging import KEPT, QUARANTINED, Staging


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
    staged, answers, segments = settled(staged, seen, around)
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
    moving = [q for q in moving_of(staged) if q.rule.on_fail is OnFail.QUARANTINE]
    if moving:
        refusals = [Refusal(q.rule, mark_of(q)) for q in moving]
        marked = marked_by(rows, staged, moving)
        rows = faults.with_faults(marked, refusals, staged.plan.view, MOVED)
        both = pl.concat_list(FAULTS, MOVED).alias(FAULTS)
        rows = rows.with_columns(both).drop([MOVED, *(mark_of(q) for q in moving)])
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


def _labelled(rows: pl.LazyFrame, write_id: str, pack: Pack, now: datetime) -> pl.LazyFrame:
    return rows.with_columns(
        pl.col(FAULTS).list.eval(pl.element().struct.field("rule")).alias(REASONS),
        pl.lit(write_id).alias(WRITE_ID),
        pl.lit(pack.fingerprint).alias(FINGERPRINT),
        pl.lit(now, pl.Datetime("us", "UTC")).alias(AT),
    )
