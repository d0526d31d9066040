"""Overview: how every table stands now, by layer, and what was written last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

import streamlit as st

from dashboard import access
from dashboard.cards import HEALTHY, LAST_WRITES, card_of, failing_words
from dashboard.cells import (
    count_cells,
    day_cell,
    number_cell,
    outcome_cell,
    status_cell,
    text_cell,
    time_cell,
)
from dashboard.components import Column, Row, board, ledger
from dashboard.words import LAYERS, named, number, plain, several, share
from dq_monitor.model.incident import Incident
from dq_monitor.store.views import HeldRow, TableStatus, Views, WriteRow

MOST_URGENT = 3  # the tables themselves should stay on the first screen
REFRESH = {"Off": None, "5 s": 5, "30 s": 30, "5 min": 300}


def show() -> None:
    """Draw the page; the part below the title redraws itself as often as asked."""
    title, refresh = st.columns([3, 2], vertical_alignment="bottom")
    title.title("Overview", anchor=False)
    with refresh.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center"
    ):
        st.caption("Refresh every", width="content")
        every = st.segmented_control(
            "Refresh",
            list(REFRESH),
            default="Off",
            required=True,
            key="refresh",
            label_visibility="collapsed",
            bind="query-params",
        )
    st.fragment(_now, run_every=REFRESH[str(every)])()


def _now() -> None:
    opened = None
    with access.plainly():
        tables, views, now = access.tables(), access.views(), datetime.now(UTC)
        incidents = views.incidents()
        _headline(tables, incidents, views.quarantine())
        if incidents:
            _incidents(incidents, now)
        opened = board(_groups(tables, views, now), key="board")
        _latest(views.writes(limit=12), now)
    if opened:
        st.switch_page("screens/table.py", query_params={"table": opened})


def _headline(
    tables: Sequence[TableStatus], incidents: Sequence[Incident], held: Sequence[HeldRow]
) -> None:
    healthy = sum(table.status in HEALTHY for table in tables)
    rows_in = sum(table.totals.rows_in for table in tables)
    quarantined = sum(table.totals.quarantined for table in tables)
    refused = share(quarantined, rows_in)
    still_open = sum(one.rows for one in held if one.state == "open" and not one.rule_id)
    figures = (
        ("Tables healthy", f"{healthy} of {len(tables)}", failing_words(tables)),
        ("Open incidents", number(len(incidents)), "one for each rule that keeps failing"),
        (
            "Rows quarantined",
            number(quarantined),
            f"{refused} of {number(rows_in)} rows delivered, {number(still_open)} still open",
        ),
        (
            "Writes rejected",
            number(sum(table.rejected for table in tables)),
            f"of {number(sum(table.writes for table in tables))} writes",
        ),
    )
    for column, (label, value, note) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, value, border=True, delta=note, delta_color="off", delta_arrow="off")


def _incidents(incidents: Sequence[Incident], now: datetime) -> None:
    st.subheader("Needs attention", anchor=False)
    rows = [
        Row(
            i.id,
            (
                status_cell(i.severity),
                text_cell(i.table),
                text_cell(named(i.rule_id, i.segment)),
                text_cell(i.title),
                number_cell(i.times_seen),
                time_cell(i.last_seen_at, now),
            ),
        )
        for i in incidents[:MOST_URGENT]
    ]
    columns = (
        Column("Severity", "status"),
        Column("Table", "name"),
        Column("Rule", "code"),
        Column("What"),
        Column("Times seen", "number"),
        Column("Last seen (UTC)", "time"),
    )
    ledger("Open incidents", columns, rows, key="attention")
    if len(incidents) > len(rows):
        st.page_link("screens/failures.py", label=f"All {len(incidents)} open incidents")


def _groups(
    tables: Iterable[TableStatus], views: Views, now: datetime
) -> list[Mapping[str, object]]:
    groups: list[Mapping[str, object]] = []
    for layer, members in groupby(tables, key=lambda table: table.layer):
        cards = [
            card_of(table, views.writes(table.table, limit=LAST_WRITES), now) for table in members
        ]
        groups.append(
            {
                "layer": layer if layer in LAYERS else "other",
                "title": plain(layer).capitalize(),
                "count": several(len(cards), "table"),
                "cards": cards,
            }
        )
    return groups


def _latest(writes: Sequence[WriteRow], now: datetime) -> None:
    st.subheader("Latest writes", anchor=False)
    columns = (
        Column("When (UTC)", "time"),
        Column("Table", "name"),
        Column("Verdict", "status"),
        Column("Outcome", "status"),
        Column("Day", "time"),
        Column("Rows in", "number"),
        Column("Kept", "number"),
        Column("Quarantined", "number"),
        Column("Version", "number"),
    )
    ledger("Latest writes", columns, [_write(write, now) for write in writes], key="latest")


def _write(write: WriteRow, now: datetime) -> Row:
    return Row(
        write.write_id,
        (
            time_cell(write.at, now),
            text_cell(write.table),
            status_cell(write.status),
            outcome_cell(write.outcome),
            day_cell(write.day),
            *count_cells(write.counts)[:3],
            number_cell(write.version),
        ),
    )


if __name__ == "__main__":
    show()
