"""What the event log and the Delta log say of one write: pure readings of recorded facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dq_monitor.errors import ContractBroken, DqmError
from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    Origin,
    StepBroke,
    UnreadableFile,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.terms import release_words
from dq_monitor.model.verdict import Counts, Decision, Status, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write. `version` is the table's version that it made, if it made one.

    `digest` is that of the batch's content, where it is known.
    """

    write_id: str
    table: str
    decision: Decision
    verdict: Verdict
    version: int | None
    replayed: bool = False
    digest: str = ""

    @property
    def failing(self) -> dict[str, int]:
        """Return how many rows failed each rule that did not pass, in all of its segments."""
        found = [f for f in self.verdict.findings if f.status is not Status.PASS and f.failing]
        total = Counter[str]()
        for one in found:
            total[one.rule_id] += one.failing or 0
        return dict(total)

    def __str__(self) -> str:
        counts = self.verdict.counts
        rows = f"{counts.kept:,} of {counts.rows_in:,} rows kept"
        rows += f", {counts.quarantined:,} quarantined" if counts.quarantined else ""
        rows += f", {counts.dropped:,} dropped" if counts.dropped else ""
        how = "rejected" if self.version is None else f"committed as version {self.version}"
        before = " before" if self.replayed else ""
        why = self.verdict.reasons or tuple(f"{r} {n:,}" for r, n in self.failing.items())
        told = f": {'; '.join(why)}" if why else ""
        return f"{self.table} {how}{before}, {rows}{told}"


def metadata_of(judged: WriteJudged) -> dict[str, str]:
    """Return what the Delta log keeps: enough to prove the audit without the store."""
    verdict, counts = judged.verdict, judged.verdict.counts
    return {
        "dq.pack": verdict.pack,
        "dq.fingerprint": verdict.fingerprint,
        "dq.verdict": verdict.status.value,
        "dq.verdict_id": verdict.id,
        "dq.rows_in": str(counts.rows_in),
        "dq.kept": str(counts.kept),
        "dq.quarantined": str(counts.quarantined),
        "dq.dropped": str(counts.dropped),
        "dq.job": judged.origin.job,
        **({"dq.day": judged.origin.day.isoformat()} if judged.origin.day else {}),
        **release_words(judged.origin.release),
        **(judged.upsert.words if judged.upsert else {}),
    }


def settling(
    judged: WriteJudged,
    version: int | None,
    quarantine: int | None,
    now: datetime,
    *,
    recovered: bool,
) -> Event:
    """Return the fact that ends a write: committed as `version`, rejected when there is none."""
    if version is None:
        return WriteRejected(
            judged.write_id, judged.table, now, judged.verdict.reasons, quarantine, recovered
        )
    return BatchCommitted(judged.write_id, judged.table, version, now, quarantine, recovered)


def broken(
    origin: Origin,
    table: str,
    at: datetime,
    error: DqmError,
    unreadable: UnreadableFile | None = None,
) -> StepBroke:
    """Return the fact that a step raised an error, with the differences that it knows."""
    known = error.differences if isinstance(error, ContractBroken) else ()
    return StepBroke(origin, table, at, str(error), known, unreadable)


def outcome_of(events: Sequence[Event]) -> Outcome | None:
    """Return how a write ended, or None while it has not."""
    judged = next((e for e in reversed(events) if isinstance(e, WriteJudged)), None)
    for event in reversed(events):
        if isinstance(event, WriteAbandoned):
            return None
        if isinstance(event, BatchCommitted | WriteRejected) and judged:
            version = event.version if isinstance(event, BatchCommitted) else None
            verdict = judged.verdict
            return Outcome(
                event.write_id,
                event.table,
                verdict.decision,
                verdict,
                version,
                replayed=True,
                digest=_digest(events),
            )
    return None


def _digest(events: Sequence[Event]) -> str:
    return next((e.digest for e in reversed(events) if isinstance(e, WriteStarted)), "")


def open_attempt(events: Sequence[Event]) -> tuple[WriteStarted, WriteJudged | None] | None:
    """Return the start of the attempt that has no outcome, and its verdict if it got one."""
    started: WriteStarted | None = None
    judged: WriteJudged | None = None
    for event in events:
        if isinstance(event, WriteStarted):
            started, judged = event, None
        elif isinstance(event, WriteJudged):
            judged = event
        elif isinstance(event, WriteAbandoned | BatchCommitted | WriteRejected):
            started = judged = None
    return (started, judged) if started else None


def proven(write_id: str, table: str, entry: Mapping[str, object], now: datetime) -> Outcome:
    """Return the outcome that a commit's own metadata proves, when the store has lost it."""
    counts = Counts(
        int(str(entry["dq.rows_in"])),
        int(str(entry["dq.kept"])),
        int(str(entry["dq.quarantined"])),
        int(str(entry["dq.dropped"])),
    )
    verdict = Verdict(
        id=str(entry["dq.verdict_id"]),
        subject=write_id,
        table=table,
        pack=str(entry["dq.pack"]),
        fingerprint=str(entry["dq.fingerprint"]),
        status=Status(str(entry["dq.verdict"])),
        decision=Decision.COMMIT,
        counts=counts,
        judged_at=now,
    )
    version = int(str(entry["version"]))
    return Outcome(write_id, table, Decision.COMMIT, verdict, version, replayed=True)
