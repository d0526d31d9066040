"""What keeps facts from people, or rows from tables: dead deliveries, files that cannot be read."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard.cells import day_cell, number_cell, text_cell, time_cell
from dashboard.components import Column, Row, ledger
from dashboard.words import several
from dq_monitor.store.views import Views


def undelivered(views: Views, now: datetime) -> None:
    """Show what nobody was told: silence would look like health."""
    dead = [row for row in views.deliveries() if row.state == "dead"]
    if not dead:
        return
    st.warning(
        f"{several(len(dead), 'delivery', 'deliveries')} gave up.", icon=":material/mail_off:"
    )
    columns = (
        Column("What", "word"),
        Column("Channel", "word"),
        Column("Attempts", "number"),
        Column("Last error"),
        Column("Due (UTC)", "time"),
    )
    rows = [
        Row(
            str(row.id),
            (
                row.kind,
                text_cell(row.channel),
                number_cell(row.attempts),
                text_cell(row.last_error),
                time_cell(row.due_at, now),
            ),
        )
        for row in dead
    ]
    ledger("Deliveries that gave up", columns, rows, key="dead", height=220)


def unreadable(views: Views, table: str, now: datetime) -> None:
    """Show the files that steps could not read: their rows are in no table at all."""
    files = [one for one in views.unreadable() if table in {"", one.table}]
    if not files:
        return
    st.warning(
        f"{several(len(files), 'file')} cannot be read. Deliver it anew and run the step again.",
        icon=":material/broken_image:",
    )
    columns = (
        Column("Table", "name"),
        Column("File"),
        Column("What is wrong"),
        Column("Bytes", "number"),
        Column("Day", "time"),
        Column("Since (UTC)", "time"),
    )
    rows = [
        Row(
            f"{one.table}|{one.file.path}",
            (
                text_cell(one.table),
                text_cell(one.file.path),
                text_cell(one.file.reason),
                number_cell(one.file.size),
                day_cell(one.day),
                time_cell(one.at, now),
            ),
        )
        for one in files
    ]
    ledger("Files that cannot be read", columns, rows, key="unreadable", height=220)
