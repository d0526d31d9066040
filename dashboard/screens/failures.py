"""Failures: open incidents, which rules failed on which writes, and rows that they refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import access
from dashboard.cells import (
    INCIDENT_WORDS,
    day_cell,
    number_cell,
    status_cell,
    text_cell,
    time_cell,
)
from dashboard.components import Column, Row, ledger
from dashboard.samples import LIMIT, quarantined, shown
from dashboard.troubles import undelivered, unreadable
from dashboard.words import STATUS_WORDS, WORST_FIRST, named, number, plain, several
from dq_monitor.masks import masked
from dq_monitor.model.incident import Incident
from dq_monitor.model.rule import OnFail
from dq_monitor.storage import storage_options
from dq_monitor.store.views import FailureRow, Views

ALL_TABLES, ALL_RULES, ALL_STATUSES = "All tables", "All rules", ("error", "fail", "warn")
MOST = 500


def show() -> None:
    """Draw the page: incidents, the filtered failures, and the rows behind the chosen one."""
    st.title("Failures", anchor=False)
    with access.plainly():
        now, views = datetime.now(UTC), access.views()
        names = [table.table for table in access.tables()]
        table, statuses, rule = _filters(names, views)
        _incidents(views, table, now)
        undelivered(views, now)
        unreadable(views, table, now)
        failures = _chosen(views.failures(table, limit=MOST), statuses, rule)
        picked = _failures(failures, now)
        if picked:
            _details(picked)


def _filters(names: Sequence[str], views: Views) -> tuple[str, Sequence[str], str]:
    first, second, third = st.columns(3)
    table = first.selectbox(
        "Table", [ALL_TABLES, *names], format_func=plain, key="table", bind="query-params"
    )
    wanted = "" if table == ALL_TABLES else str(table)
    rules = sorted({row.finding.rule_id for row in views.failures(wanted, limit=MOST)})
    rule = second.selectbox(
        "Rule", [ALL_RULES, *rules], format_func=plain, key="rule", bind="query-params"
    )
    statuses = third.pills(
        "Status",
        ALL_STATUSES,
        selection_mode="multi",
        format_func=lambda status: f"{_ICONS[status]} {STATUS_WORDS[status]}",
        key="status",
        bind="query-params",
    )
    return wanted, statuses or ALL_STATUSES, "" if rule == ALL_RULES else str(rule)


_ICONS = {
    "error": ":material/dangerous:",
    "fail": ":material/cancel:",
    "warn": ":material/warning:",
}


def _incidents(views: Views, table: str, now: datetime) -> None:
    head, switch = st.columns([3, 1], vertical_alignment="bottom")
    head.subheader("Incidents", anchor=False)
    with switch.container(horizontal=True, horizontal_alignment="right"):
        every = st.toggle("Show resolved", key="resolved", bind="query-params")
    found = [i for i in views.incidents(open_only=not every) if table in {"", i.table}]
    if not found:
        st.success("No open incident.", icon=":material/check_circle:")
        return
    columns = (
        Column("State", "word"),
        Column("Severity", "status"),
        Column("Table", "name"),
        Column("Rule", "code"),
        Column("What"),
        Column("Owner", "word"),
        Column("Times seen", "number"),
        Column("Opened (UTC)", "time"),
        Column("Last seen (UTC)", "time"),
    )
    ledger("Incidents", columns, [_incident(i, now) for i in found], key="incidents", height=330)


def _incident(incident: Incident, now: datetime) -> Row:
    return Row(
        incident.id,
        (
            INCIDENT_WORDS[incident.state],
            status_cell(incident.severity),
            text_cell(incident.table),
            text_cell(named(incident.rule_id, incident.segment)),
            text_cell(incident.title),
            text_cell(incident.owner),
            number_cell(incident.times_seen),
            time_cell(incident.opened_at, now),
            time_cell(incident.last_seen_at, now),
        ),
    )


def _chosen(
    rows: Iterable[FailureRow], statuses: Sequence[str], rule: str
) -> dict[str, FailureRow]:
    # Worst first, and within that as they come: newest first.
    worst_first = sorted(rows, key=lambda row: WORST_FIRST.index(row.finding.status))
    return {
        _id(row): row
        for row in worst_first
        if row.finding.status in statuses and rule in {"", row.finding.rule_id}
    }


def _id(row: FailureRow) -> str:
    return "|".join((row.write_id, row.finding.rule_id, row.finding.segment))


def _failures(failures: dict[str, FailureRow], now: datetime) -> FailureRow | None:
    """Show the failures; return the one that was picked, else the first with rows to show."""
    st.subheader("Rules that did not pass", anchor=False)
    if not failures:
        st.info("No failure matches these filters.", icon=":material/filter_alt:")
        return None
    st.caption(
        f"The latest {several(len(failures), 'finding')}, worst first. "
        "Select one to see the rows that it refused."
    )
    columns = (
        Column("Status", "status"),
        Column("Table", "name"),
        Column("Rule", "code"),
        Column("Rows", "number"),
        Column("What was found"),
        Column("Expected"),
        Column("Day", "time"),
        Column("When (UTC)", "time"),
    )
    rows = [_failure(key, row, now) for key, row in failures.items()]
    first = next((key for key, row in failures.items() if _refused(row)), rows[0].id)
    picked = ledger(
        "Failures", columns, rows, key="failures", height=420, selected=first, selectable=True
    )
    return failures[picked]


def _refused(row: FailureRow) -> bool:
    return bool(row.finding.failing) and row.finding.on_fail is OnFail.QUARANTINE


def _failure(key: str, row: FailureRow, now: datetime) -> Row:
    finding = row.finding
    rule = named(finding.rule_id, finding.segment)
    return Row(
        key,
        (
            status_cell(finding.status),
            text_cell(row.table),
            text_cell(rule),
            number_cell(finding.failing),
            text_cell(finding.message),
            text_cell(finding.expected),
            day_cell(row.day),
            time_cell(row.at, now),
        ),
    )


def _details(row: FailureRow) -> None:
    """Show rows in quarantine that this finding refused, without their values unless asked."""
    settings = access.settings()
    head, side = st.columns([3, 2], vertical_alignment="bottom")
    head.subheader("Rows in quarantine", anchor=False)
    head.text(f"{plain(row.table)}   ·   {plain(named(row.finding.rule_id, row.finding.segment))}")
    with side.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        open_values = settings.show_samples and st.toggle("Show values", key="unmasked")
        st.page_link(
            "screens/table.py",
            label="Open table",
            icon=":material/table_chart:",
            query_params={"table": row.table},
        )
    rule_id, reach = row.finding.rule_id, storage_options(settings.storage)
    sample = quarantined(settings.tables, row.table, rule_id, row.write_id, storage=reach)
    if not sample.rows:
        st.info(
            "This finding put no row into quarantine: it concerns the table as a whole, "
            "or its rule keeps or drops the rows.",
            icon=":material/inbox:",
        )
        return
    word = shown if open_values else masked
    columns = [
        Column("Rules it failed", "tags"),
        *(Column(plain(name), "text" if open_values else "mask") for name in sample.columns),
    ]
    rows = [
        Row(str(index), ([plain(r) for r in reasons], *(word(value) for value in values)))
        for index, (values, reasons) in enumerate(sample.rows)
    ]
    ledger("Rows in quarantine", columns, rows, key="sample", height=420)
    _note(row, len(rows), masks_can_open=settings.show_samples)


def _note(row: FailureRow, count: int, *, masks_can_open: bool) -> None:
    of = number(row.finding.failing) if row.finding.failing else number(count)
    values = "" if masks_can_open else " Values stay masked: `show_samples` is off in the settings."
    most = f" (at most {LIMIT} are read)" if count == LIMIT else ""
    st.caption(f"{several(count, 'row')} shown of {of} that failed{most}.{values}")


if __name__ == "__main__":
    show()
