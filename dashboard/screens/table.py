"""Table: one table's metric history with its bounds, its rules, its writes and its quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import access
from dashboard.cards import FRESHNESS, HEALTHY
from dashboard.cells import (
    count_cells,
    day_cell,
    number_cell,
    outcome_cell,
    rule_cell,
    short_cell,
    status_cell,
    text_cell,
    time_cell,
)
from dashboard.charts import fates, history
from dashboard.components import Column, Row, ledger
from dashboard.marks import status_badge
from dashboard.words import ago, number, plain, several, share, when
from dq_monitor.model.metric import Metric
from dq_monitor.store.views import HeldRow, RuleRow, TableStatus, Views, WriteRow

FIRST_METRIC = "row_count"
WRITES = 120
HELD_WORDS = {
    "open": "Open",
    "waived": "Waived",
    "released": "Released",
    "superseded": "Superseded",
    "purged": "Purged",
    "lost": "Lost",
}


def show() -> None:
    """Draw the page of the table that the address names, or of the first one."""
    st.title("Table", anchor=False)
    with access.plainly():
        tables, views, now = access.tables(), access.views(), datetime.now(UTC)
        table = _pick(tables)
        writes = views.writes(table.table, limit=WRITES)
        _figures(table, now)
        _charts(views, table.table, writes)
        _rules(views.rules(table.table))
        _quarantine(views.quarantine(table.table))
        _writes(writes, now)


def _pick(tables: Sequence[TableStatus]) -> TableStatus:
    by_name = {table.table: table for table in tables}
    left, right = st.columns([2, 3], vertical_alignment="center", gap="medium")
    name = left.selectbox(
        "Table",
        list(by_name),
        index=_first(tables),
        format_func=plain,
        key="table",
        bind="query-params",
        label_visibility="collapsed",
    )
    table = by_name[str(name)]
    with right.container(horizontal=True, vertical_alignment="center", gap="small"):
        status_badge(table.status)
        fresh = FRESHNESS.get(table.freshness)
        data = f"data is {fresh}" if fresh else "freshness is not watched"
        st.text(f"pack {plain(table.pack)}  ·  {data}")
    return table


def _first(tables: Sequence[TableStatus]) -> int:
    """Return the table to begin with: the worst one, which is why people come here."""
    order = [(table.status in HEALTHY, i) for i, table in enumerate(tables)]
    return min(order)[1]


def _figures(table: TableStatus, now: datetime) -> None:
    totals = table.totals
    version = "no version yet" if table.version is None else f"version {table.version:,}"
    figures = (
        ("Last write", ago(table.last_write_at, now), f"{when(table.last_write_at)} UTC"),
        ("Rows kept", number(totals.kept), f"of {number(totals.rows_in)} delivered"),
        (
            "Rows quarantined",
            number(totals.quarantined),
            f"{share(totals.quarantined, totals.rows_in)} of those delivered",
        ),
        ("Writes", number(table.writes), f"{number(table.rejected)} rejected, {version}"),
        ("Open incidents", number(table.open_incidents), several(table.rules, "rule")),
    )
    for column, (label, value, note) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, value, border=True, delta=note, delta_color="off", delta_arrow="off")


def _charts(views: Views, table: str, writes: Sequence[WriteRow]) -> None:
    names = views.metric_names(table)
    left, right = st.columns(2, gap="medium")
    with left:
        chosen = None
        with _head("Metric history"):
            if names:
                chosen = _choose(views, table, names)
        _history(views, table, chosen)
    with right:
        _head("Rows of each write")
        _fates(writes)


def _head(title: str) -> DeltaGenerator:
    """Begin a chart's heading, as tall as the one beside it: the charts then stand level."""
    head = st.container(
        border=False,
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        height=46,
        wrap=False,
    )
    head.subheader(title, anchor=False)
    return head


def _choose(views: Views, table: str, names: Sequence[str]) -> tuple[str, str]:
    """Return the metric and segment to draw: the one flagged last, until another is picked."""
    mine = [metric for metric in views.flagged() if metric.table == table]
    name = st.selectbox(
        "Metric",
        names,
        index=_first_metric(names, mine),
        format_func=plain,
        key=f"metric of {table}",
        label_visibility="collapsed",
        width=280,
    )
    flagged = [metric.segment for metric in mine if metric.name == name]
    return name, _segment(views.segments(table, name), flagged)


def _history(views: Views, table: str, chosen: tuple[str, str] | None) -> None:
    if chosen is None:
        st.info("No metric has a history yet: the next write makes one.")
        return
    name, segment = chosen
    metrics = views.metric(table, name, segment)
    _legend(metrics)
    drawn = history(metrics, name)
    st.altair_chart(drawn, width="stretch", alt=f"{plain(name)} of {plain(table)} over time")


def _first_metric(names: Sequence[str], flagged: Sequence[Metric]) -> int:
    """Return the metric that was flagged last, else the row count, else the first."""
    wanted = [metric.name for metric in reversed(flagged)] + [FIRST_METRIC, names[0]]
    return next(names.index(name) for name in wanted if name in names)


def _segment(segments: Sequence[str], flagged: Sequence[str]) -> str:
    """Return the segment to draw: the one flagged last, else the first, until another is picked."""
    if not segments or len(segments) == 1:
        return "".join(segments)
    first = next((one for one in reversed(flagged) if one in segments), segments[0])
    return str(
        st.selectbox(
            "Segment",
            segments,
            index=segments.index(first),
            format_func=lambda segment: plain(segment) or "All rows",
            key="segment",
            label_visibility="collapsed",
            width=160,
        )
    )


def _legend(metrics: Sequence[Metric]) -> None:
    outside = sum(metric.flagged for metric in metrics)
    bounded = any(metric.lower is not None and metric.upper is not None for metric in metrics)
    parts = [several(len(metrics), "measurement")]
    parts += ["shaded: what was expected"] if bounded else []
    parts += [f"◆ {several(outside, 'point')} outside"] if outside else ["none outside its bounds"]
    st.caption("  ·  ".join(parts))


def _fates(writes: Sequence[WriteRow]) -> None:
    quarantined = sum(write.counts.quarantined for write in writes if write.counts)
    st.caption(
        f"Last {several(len(writes), 'write')}  ·  {several(quarantined, 'row')} in quarantine"
    )
    st.altair_chart(fates(writes), width="stretch", alt="Rows kept, quarantined and dropped by day")


def _rules(rules: Sequence[RuleRow]) -> None:
    st.subheader("Rules", anchor=False)
    columns = (
        Column("Status now", "status"),
        Column("Rule", "code"),
        Column("Check", "word"),
        Column("Columns"),
        Column("Expected"),
        Column("On failure", "word"),
        Column("Rows failed", "number"),
        Column("Last value", "number"),
        Column("Times asked", "number"),
    )
    rows = [
        Row(
            rule.rule_id,
            (
                status_cell(rule.status),
                rule_cell(rule),
                text_cell(rule.check),
                text_cell(", ".join(rule.columns)),
                text_cell(rule.expected),
                text_cell(rule.on_fail),
                number_cell(rule.failing_total),
                number_cell(rule.last_value),
                number_cell(rule.evaluated),
            ),
        )
        for rule in rules
    ]
    ledger("Rules", columns, rows, key="rules", height=460)


def _quarantine(held: Sequence[HeldRow]) -> None:
    st.subheader("Quarantine", anchor=False)
    if not held:
        st.info("No row was ever refused.")
        return
    rules = sorted({one.rule_id for one in held})
    known = {(one.rule_id, one.state): one.rows for one in held}
    columns = (Column("Rule", "code"), *(Column(word, "number") for word in HELD_WORDS.values()))
    rows = [
        Row(
            rule or "all rows",
            (
                text_cell(rule or "All rows"),
                *(number_cell(known.get((rule, state), 0)) for state in HELD_WORDS),
            ),
        )
        for rule in rules
    ]
    st.caption("A row that two rules refuse counts for both, and once in all rows.")
    ledger("Quarantine by rule", columns, rows, key="quarantine")


def _writes(writes: Sequence[WriteRow], now: datetime) -> None:
    st.subheader("Writes and versions", anchor=False)
    columns = (
        Column("Version", "number"),
        Column("Day", "time"),
        Column("When (UTC)", "time"),
        Column("Verdict", "status"),
        Column("Outcome", "status"),
        Column("Mode", "word"),
        Column("Rows in", "number"),
        Column("Kept", "number"),
        Column("Quarantined", "number"),
        Column("Dropped", "number"),
        Column("Write", "code"),
        Column("Why"),
    )
    ledger("Writes", columns, [_write(write, now) for write in writes], key="writes", height=420)


def _write(write: WriteRow, now: datetime) -> Row:
    return Row(
        write.write_id,
        (
            number_cell(write.version),
            day_cell(write.day),
            time_cell(write.at, now),
            status_cell(write.status),
            outcome_cell(write.outcome),
            text_cell(write.mode),
            *count_cells(write.counts),
            short_cell(write.write_id),
            text_cell("; ".join(write.reasons)),
        ),
    )


if __name__ == "__main__":
    show()
