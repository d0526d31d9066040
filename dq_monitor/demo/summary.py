"""What a replay came to: one line for each table, and the days that were out of the ordinary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Pack
from dq_monitor.model.table import layer_of
from dq_monitor.model.verdict import Counts, Decision, Verdict

LAYERS = ("bronze", "silver", "gold")


@dataclass(frozen=True, slots=True)
class TableSummary:
    """A table's writes added up. `failing` holds the rows that failed, by rule."""

    table: str
    writes: int
    rejected: int
    counts: Counts
    rules: int
    verdicts: Mapping[str, int]
    failing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Flag:
    """A measurement that lay outside what its history led to expect; `date` is the data's day."""

    table: str
    metric: str
    segment: str
    date: str
    value: float = 0.0
    lower: float | None = None
    upper: float | None = None


def summarise(verdicts: Iterable[Verdict], packs: Mapping[str, Pack]) -> Sequence[TableSummary]:
    """Add up the verdicts of all writes, by table, in the order of the layers."""
    by_table: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_table.setdefault(verdict.table, []).append(verdict)
    tables = sorted(by_table, key=lambda table: (_depth(table), table))
    return [_table(table, by_table[table], len(packs[table].rules)) for table in tables]


def flags(metrics: Iterable[Metric]) -> Sequence[Flag]:
    """Return the flagged measurements, in the order of their days."""
    found = [
        Flag(
            one.table,
            one.name,
            one.segment,
            str(one.day or one.at.date()),
            one.value,
            one.lower,
            one.upper,
        )
        for one in metrics
    ]
    return sorted(found, key=lambda flag: (flag.date, flag.table, flag.metric, flag.segment))


def as_json(tables: Sequence[TableSummary], flagged: Sequence[Flag]) -> dict[str, object]:
    """Return the summary as plain values."""
    return {
        "tables": [
            {
                "table": one.table,
                "writes": one.writes,
                "rows_in": one.counts.rows_in,
                "kept": one.counts.kept,
                "quarantined": one.counts.quarantined,
                "dropped": one.counts.dropped,
                "rules": one.rules,
                "verdicts": dict(one.verdicts),
                "failing": dict(one.failing),
            }
            for one in tables
        ],
        "flagged": [
            {"table": one.table, "metric": one.metric, "segment": one.segment, "date": one.date}
            for one in flagged
        ],
    }


def _table(table: str, verdicts: Sequence[Verdict], rules: int) -> TableSummary:
    failing: Counter[str] = Counter()
    for verdict in verdicts:
        for finding in verdict.findings:
            if finding.failing:
                failing[finding.rule_id] += finding.failing
    counts = [verdict.counts for verdict in verdicts]
    return TableSummary(
        table=table,
        writes=len(verdicts),
        rejected=sum(verdict.decision is Decision.REJECT for verdict in verdicts),
        counts=Counts(
            rows_in=sum(one.rows_in for one in counts),
            kept=sum(one.kept for one in counts),
            quarantined=sum(one.quarantined for one in counts),
            dropped=sum(one.dropped for one in counts),
        ),
        rules=rules,
        verdicts=Counter(verdict.status.value for verdict in verdicts),
        failing=dict(failing.most_common()),
    )


def _depth(table: str) -> int:
    layer = layer_of(table)
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)
