"""Row rules counted on the way of the rows into their files, so that nothing is held back for it.

Beside a sink every other branch of a pass takes rows faster than they can be encoded, and Polars
keeps what the sink has not taken: measured at 50 million rows of 20 columns, 9 GB. What rides along
takes no row from the stream: 1.6 GB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from dq_monitor.engines.passes import (
    Pass,
    counted,
    row_counts,
    row_groups,
    table_groups,
    table_states,
)
from dq_monitor.engines.plan import Plan
from dq_monitor.model.rule import OnFail


def can_ride(plan: Plan) -> bool:
    """Say whether counts are all that a plan needs of the rows on their way.

    What `asks_staged` wants to know of dropped rows too, and those are not staged.
    """
    return not (asks_staged(plan) and plan.removing(OnFail.DROP))


def asks_staged(plan: Plan) -> bool:
    """Say whether something is measured where the rows were staged: see `with_staged`."""
    return bool(plan.tables) or any(q.rule.by for q in plan.rows)


def counting(answered: pl.LazyFrame, plan: Plan) -> tuple[pl.LazyFrame, Callable[[], Pass]]:
    """Return the rows of `answer()`, and what says how they were counted once all have passed."""
    schema = answered.collect_schema()
    counts = list(row_counts(plan, pl, pl.all_horizontal))
    seen = [pl.DataFrame(schema=schema).select(counts)]

    def count(rows: pl.DataFrame) -> pl.DataFrame:
        seen.append(rows.select(counts))
        return rows

    riding = answered.map_batches(
        count, streamable=True, schema=schema, predicate_pushdown=False, projection_pushdown=False
    )
    return riding, lambda: counted(plan, pl.concat(seen).sum().row(0, named=True))


def with_staged(seen: Pass, plan: Plan, kept: pl.LazyFrame, held: pl.LazyFrame) -> Pass:
    """Measure what did not ride along: table rules and segments, of the rows as they were staged.

    `kept` are the rows that stay and `held` all others. Only the columns that are asked are read.
    """
    batch = pl.concat([kept, held]) if seen.counts.quarantined else kept
    states = table_states(kept, plan, plan.tables)
    groups = table_groups(kept, plan, plan.tables)
    same = batch is kept
    return replace(
        seen,
        states=states,
        kept_groups=groups,
        batch_states=states if same else table_states(batch, plan, plan.tables),
        groups={
            **(groups if same else table_groups(batch, plan, plan.tables)),
            **row_groups(batch, plan),
        },
    )
