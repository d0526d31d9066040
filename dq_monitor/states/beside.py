"""What is known of the stored rows beside an appended batch, without reading them all again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.plan import SetQuestion, TableQuestion, compile_rules, reads
from dq_monitor.engines.rule_states import RuleState
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View
from dq_monitor.states.keys import KEYS_FAIL, Keys
from dq_monitor.states.measure import measure
from dq_monitor.states.memory import Memory
from dq_monitor.states.questions import fingerprint, lasting
from dq_monitor.states.stored import Stored, stored_of
from dq_monitor.tables.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Beside:
    """The stored rows as they were before the batch; `view` is theirs, not the batch's."""

    stored: Stored
    view: View
    memory: Memory

    def states(self, questions: Sequence[TableQuestion]) -> dict[str, RuleState]:
        """Return the states of those table rules whose answers last.

        A rule that reads a column which only the batch has is not among them.
        """
        rules = [q.rule for q in questions if self._knows(q.rule)]
        plan = compile_rules(rules, self.view, share=True)
        asked = lasting(plan, {})
        return dict(measure(self.stored, plan, asked, self.memory).states) if asked.parts else {}

    def lacks(self, question: SetQuestion, rows: pl.LazyFrame, *, indexed: bool = False) -> bool:
        """Say whether the stored rows are known to hold none of the keys of `rows`.

        With `indexed` only if their keys have an index already: it is not made then.
        """
        if not (question.only_repeats and self._has(question.rule, rows)):
            return False
        key = fingerprint(question.rule, self.view)
        keys = self.memory.keys(self.stored.snapshot.uri, key, question, self.view)
        if indexed and not keys.exists():
            return False
        try:
            index, _ = keys.current(self.stored.snapshot, self.stored.files)
            return keys.lacks(index, rows)
        except KEYS_FAIL:
            return False

    def _knows(self, rule: Rule) -> bool:
        return reads(rule) <= self.view.schema.keys()

    def _has(self, rule: Rule, rows: pl.LazyFrame) -> bool:
        """Say whether keys of `rows` and stored ones have the same bits where they are equal."""
        batch = nw.from_native(rows).collect_schema()
        alike = all(self.view.schema.get(name) == batch[name] for name in reads(rule))
        return alike and Keys.fits(self.stored.files)


def beside_of(before: Snapshot, memory: Memory, now: datetime, timezone: str) -> Beside | None:
    """Return what is known of a version; None where its files may change under their names."""
    stored = stored_of(before, {})
    if stored is None:
        return None
    schema = nw.from_native(before.scan()).collect_schema()
    return Beside(stored, View(schema, now, timezone), memory)
