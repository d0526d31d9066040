"""What `dqm quarantine` prints: counts as a table, rows with their reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from dq_monitor.masks import masked
from dq_monitor.message import plain
from dq_monitor.model.quarantine import AT, FAULTS, REASONS, ROW, STATE, WRITE_ID, RowState
from dq_monitor.quarantine.select import Count, Selection, counts, in_order, row_id
from dq_monitor.quarantine.trial import own
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.ledger import Ledger

HEAD = ("table", "rule", "state", "rows")
EVERY = "(all rows)"
NOTHING = "no row is in quarantine"
NONE_MEANT = "no row in quarantine is meant"


def with_forgotten(ledger: Ledger, name: str) -> pl.LazyFrame | None:
    """Return the rows of a table, and of those forgotten while open what is known yet."""
    rows, marks = ledger.rows(name), ledger.marks(name)
    if rows is None:
        return None
    wanted = [WRITE_ID, STATE, AT, REASONS]
    here = rows.filter(pl.col(STATE) != RowState.PURGED.value).select(wanted)
    if marks is None:
        return here
    rule = pl.element().struct.field("rule")
    gone = marks.filter(pl.col(STATE) == RowState.PURGED.value)
    gone = gone.unique([WRITE_ID, ROW]).with_columns(pl.col(FAULTS).list.eval(rule).alias(REASONS))
    return pl.concat([here, gone.select(wanted)])


def counted(
    tables: DeltaTables, names: Sequence[str], selection: Selection, now: datetime
) -> Sequence[Count]:
    """Count the chosen rows of some tables, the forgotten ones among them."""
    found: list[Count] = []
    for name in names:
        rows = with_forgotten(Ledger(tables), name)
        if rows is not None:
            found += counts(name, selection.of(rows, now))
    return found


def entries(
    tables: DeltaTables,
    name: str,
    selection: Selection,
    now: datetime,
    limit: int,
    *,
    unmask: bool,
) -> list[dict[str, Any]]:
    """Return the chosen rows of a table, the newest first; their values only with `unmask`."""
    rows = Ledger(tables).rows(name)
    if rows is None:
        return []
    columns = own(rows)
    chosen = in_order(selection.of(rows, now)).head(limit).collect(engine="streaming")
    return [_entry(row, columns, unmask=unmask) for row in chosen.iter_rows(named=True)]


def as_table(rows: Sequence[Count], selection: Selection) -> Iterator[str]:
    """Yield the lines of a table of counts."""
    if not rows:
        yield _nothing(selection)
        return
    cells = [HEAD, *((c.table, c.rule or EVERY, c.state.value, f"{c.rows:,}") for c in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for *words, number in cells:
        left = "  ".join(plain(word).ljust(w) for word, w in zip(words, widths, strict=False))
        yield f"{left}  {number.rjust(widths[-1])}"


def lines_of(found: Sequence[Mapping[str, Any]], selection: Selection) -> Iterator[str]:
    """Yield the lines that show some rows: what each is, why it is there, what it holds."""
    if not found:
        yield _nothing(selection)
    for row in found:
        yield plain(f"{row['id']}  {row['state']}  refused {row['at']:%Y-%m-%d %H:%M} UTC")
        for fault in row["faults"]:
            column = f"{fault['column']}: " if fault["column"] else ""
            yield plain(f"  {column}{fault['fault']} ({fault['rule']})")
        yield "  " + ", ".join(plain(f"{name} = {value}") for name, value in row["values"].items())


def _nothing(selection: Selection) -> str:
    return NOTHING if selection == Selection() else NONE_MEANT


def _entry(row: Mapping[str, Any], columns: Sequence[str], *, unmask: bool) -> dict[str, Any]:
    return {
        "id": row_id(row[WRITE_ID], row[ROW]),
        "write_id": row[WRITE_ID],
        "row": row[ROW],
        "state": row[STATE],
        "at": row[AT],
        "faults": row[FAULTS],
        "values": {name: row[name] if unmask else masked(row[name]) for name in columns},
    }
