"""A batch that comes again: whether it is the one that was committed, or refused, before."""

from __future__ import annotations

from dq_monitor.errors import BatchChanged
from dq_monitor.gate.assessment import Write
from dq_monitor.gate.digest import differ
from dq_monitor.gate.outcome import Outcome
from dq_monitor.model.check import Kind, Measures
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import Decision, Verdict


def same(write: Write, done: Outcome) -> Outcome:
    """Return how the batch ended; raise BatchChanged if something else was committed in its name.

    A batch that was refused has left nothing behind and may come mended under the same name.
    """
    if done.decision is Decision.COMMIT and differ(done.digest, write.digest):
        raise BatchChanged(
            f"{write.table}, key {write.key or write.write_id!r}: version {done.version} holds it",
            fix="send it under a key of its own; there, mode overwrite, replace_partitions or"
            " merge lets its rows take the place of those",
        )
    return done


def same_answer(before: Verdict, now: Verdict, pack: Pack) -> bool:
    """Say whether a batch that was refused has been refused again for just the same reasons."""
    # An age is another one each time that it is asked for.
    ages = {rule.id for rule in pack.rules if rule.check.measures is Measures.AGE}
    same = _answer(before, ages) == _answer(now, ages)
    return same and now.decision is Decision.REJECT


def _answer(verdict: Verdict, ages: set[str]) -> object:
    found = [
        (f.rule_id, f.segment, f.status, f.failing, f.passing, f.rule_id in ages or f.batch_value)
        for f in verdict.findings
        if f.kind is not Kind.HISTORY  # the past goes on, whatever the batch
    ]
    return (verdict.fingerprint, verdict.counts, found)
