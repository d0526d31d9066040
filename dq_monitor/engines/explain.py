"""How a plan will be worked off on Polars: which looks at which rows, for which rules.

Pure, and made of the very functions that part the work when it is done, so that it says what
happens; a test holds it against what `watch` sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dq_monitor.engines.along import can_ride
from dq_monitor.engines.hashes import KeyGroup, at_once, ids_of
from dq_monitor.engines.passes import by_columns, hashed_first
from dq_monitor.engines.plan import Plan, QueryQuestion, SetQuestion, TableQuestion, asks, reads
from dq_monitor.engines.values import by_text_column, without
from dq_monitor.engines.watch import Part
from dq_monitor.model.check import Stored
from dq_monitor.model.rule import Rule, Scope

ROWS, BATCH, STAGED, STORED = "the rows", "the batch", "the staged rows", "the stored rows"
HISTORY = "the history"
WRITTEN = "while the batch is written"
UNLESS_DISTINCT = "only if two rows share a key's hash"
FEW_VALUES = "each distinct value once, unless there are too many"
IN_RANGE = "only stored rows within the keys' range"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at some rows: which columns it reads, for which rules, and beside what.

    `perhaps` are rules that join in, or alone bring the look about, under the condition of `note`.
    `beside` are the other rows that are read with it: stored ones, or tables by name. A look
    without columns is answered by the files' metadata, or the schema.
    """

    part: Part | None
    of: str
    columns: tuple[str, ...]
    rules: tuple[str, ...]
    perhaps: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_certain(self) -> bool:
        """Say whether the look is taken whatever the rows hold."""
        return bool(self.rules) or not self.perhaps


@dataclass(frozen=True, slots=True)
class Explanation:
    """The looks in their order. `errors` are the rules that cannot be asked, and why."""

    looks: tuple[Look, ...]
    columns: tuple[str, ...]
    reads_nothing: tuple[str, ...]
    errors: tuple[tuple[str, str], ...]

    def passes(self, *, certain: bool) -> int:
        """Return how many looks read columns of the rows; with `certain`, of those that must be."""
        own = (look for look in self.looks if look.of in {ROWS, BATCH, STAGED} and look.columns)
        return sum(look.is_certain or not certain for look in own)


def explain_check(
    plan: Plan, *, columnar: bool, tallied: Collection[str] | None = None
) -> Explanation:
    """Say how `evaluate` asks the rules where the rows lie.

    `tallied` are the rules that were answered by the distinct values of their column; None supposes
    that the columns in question have few values.
    """
    unique = [q for q in plan.sets if q.only_repeats]
    if columnar:
        looks = [*_values(plan, tallied)]
        answered = [rule for look in looks if look.part is Part.VALUES for rule in look.rules]
        looks += [_rows(plan, part, ROWS) for part in by_columns(without(plan, answered))]
        looks += _hashes(plan, unique, ROWS)
    else:
        first = hashed_first(plan)
        looks = [_rows(plan, plan, ROWS, first)]
        looks += _hashes(plan, _rest(unique, first), ROWS)
    looks += [*_keys(plan, plan.sets, (), ROWS), *_queries(plan, plan.queries, ROWS, ())]
    looks += _segments(plan, plan.sets, plan.queries, ROWS, ())
    return _explained(plan, looks)


def explain_write(plan: Plan) -> Explanation:
    """Say how a batch is asked on its way into a table that has rows already."""
    rides, stored = can_ride(plan), plan.against_stored()
    first = [] if rides else hashed_first(plan)
    everything = tuple(plan.view.schema)
    counted = tuple(q.rule.id for q in plan.rows) if rides else plan.asked_of_rows()
    unique = [q for q in plan.sets if q.only_repeats and q not in stored]
    alone = [q for q in plan.sets if q not in stored]
    whole = [q for q in plan.queries if q.rule.scope is Scope.TABLE]
    batch = [q for q in plan.queries if q.rule.scope is not Scope.TABLE]
    looks = [
        Look(Part.ROWS, BATCH, everything, (*counted, *ids_of(first)), note=WRITTEN),
        *(_measured(plan) if rides else ()),
        *_hashes(plan, _rest(unique, first), STAGED),
        *_keys(plan, alone, (), STAGED),
        *_keys(plan, stored, (STORED,), STAGED),
        *_stored(plan, plan.of_whole_table()),
        *_queries(plan, batch, STAGED, ()),
        *_segments(plan, plan.sets, batch, STAGED, ()),
        *_queries(plan, whole, STAGED, (STORED,)),
        *_segments(plan, (), whole, STAGED, (STORED,)),
    ]
    past = tuple(rule.id for rule in plan.histories)
    looks += [Look(None, HISTORY, (), past)] if past else []
    return _explained(plan, looks)


def _explained(plan: Plan, looks: Sequence[Look]) -> Explanation:
    asked = [q.rule for q in plan.rows] + [q.rule for q in plan.sets]
    asked += [q.rule for q in plan.tables] + [q.rule for q in plan.queries]
    return Explanation(
        looks=tuple(looks),
        columns=_columns(plan, asked),
        reads_nothing=tuple(rule.id for rule in asked if not reads(rule)),
        errors=tuple(plan.errors.items()),
    )


def _measured(plan: Plan) -> Iterator[Look]:
    """Yield what is measured where the rows were staged, and not on their way: see `along`."""
    whole = [q.rule for q in plan.tables]
    parted = [q.rule for q in plan.rows if q.rule.by]
    if whole:
        yield Look(Part.ROWS, STAGED, _columns(plan, whole), tuple(rule.id for rule in whole))
    if parted:
        ids = tuple(rule.id for rule in parted)
        yield Look(Part.SEGMENTS, STAGED, _columns(plan, parted), ids, note="rows, by segment")


def _values(plan: Plan, tallied: Collection[str] | None) -> Iterator[Look]:
    """Two looks at the text columns that many rules ask about: how many values, and those."""
    asked = by_text_column(plan)
    rules = [q.rule for questions in asked.values() for q in questions]
    few = [rule for rule in rules if tallied is None or rule.id in tallied]
    if rules:
        ids = tuple(rule.id for rule in rules)
        yield Look(Part.ESTIMATE, ROWS, _columns(plan, rules), ids)
    if few:
        ids = tuple(rule.id for rule in few)
        note = "" if tallied else FEW_VALUES
        yield Look(Part.VALUES, ROWS, _columns(plan, few), ids, note=note)


def _rows(plan: Plan, part: Plan, of: str, hashed: Sequence[KeyGroup] = ()) -> Look:
    rules = [q.rule for q in part.rows] + [q.rule for q in part.tables]
    keyed = [q.rule for group in hashed for q in group.questions]
    wanted = {*_columns(plan, rules), *_asked(plan, keyed)}
    columns = tuple(name for name in plan.view.schema if name in wanted)
    return Look(Part.ROWS, of, columns, tuple(rule.id for rule in [*rules, *keyed]))


def _hashes(plan: Plan, questions: Sequence[SetQuestion], of: str) -> Iterator[Look]:
    for some in at_once(questions):
        rules = [q.rule for group in some for q in group.questions]
        yield Look(Part.HASHES, of, _asked(plan, rules), ids_of(some))


def _rest(unique: Iterable[SetQuestion], hashed: Sequence[KeyGroup]) -> list[SetQuestion]:
    done = ids_of(hashed)
    return [q for q in unique if q.rule.id not in done]


def _keys(
    plan: Plan, questions: Iterable[SetQuestion], beside: tuple[str, ...], of: str
) -> Iterator[Look]:
    """One look at the keys that have to be compared, of unique ones only those that may repeat."""
    found = list(questions)
    if not found:
        return
    sure = [q for q in found if beside or not q.only_repeats]
    notes = [UNLESS_DISTINCT] if len(sure) < len(found) else []
    notes += [IN_RANGE] if any(beside and q.check.stored is Stored.RANGE for q in found) else []
    yield Look(
        Part.KEYS,
        of,
        _asked(plan, [q.rule for q in found]),
        tuple(q.rule.id for q in sure),
        perhaps=tuple(q.rule.id for q in found if q not in sure),
        beside=(*beside, *_tables(q.rule for q in found)),
        note="; ".join(notes),
    )


def _queries(
    plan: Plan, questions: Sequence[QueryQuestion], of: str, beside: tuple[str, ...]
) -> Iterator[Look]:
    rules = [q.rule for q in questions if not q.rule.by]
    if rules:
        ids = tuple(rule.id for rule in rules)
        others = (*beside, *_tables(rules))
        yield Look(Part.QUERIES, of, _columns(plan, rules), ids, beside=others)


def _segments(
    plan: Plan,
    sets: Sequence[SetQuestion],
    queries: Sequence[QueryQuestion],
    of: str,
    beside: tuple[str, ...],
) -> Iterator[Look]:
    """Yield what segments cost beside: failing keys are counted again, queries run once for each.

    Row and table rules have theirs reduced in the look that they share anyway.
    """
    for question in sets:
        if question.rule.by:
            columns = _columns(plan, [question.rule])
            note = "failing keys, by segment"
            yield Look(Part.SEGMENTS, of, columns, (question.rule.id,), note=note)
    for query in queries:
        if query.rule.by:
            columns, others = _columns(plan, [query.rule]), (*beside, *_tables([query.rule]))
            note = "a look for each segment"
            yield Look(Part.SEGMENTS, of, columns, (query.rule.id,), beside=others, note=note)


def _stored(plan: Plan, questions: Sequence[TableQuestion]) -> Iterator[Look]:
    """Measure all that the table will hold: states add up, or both parts are read together."""
    merging = [q.rule for q in questions if q.mergeable]
    single = [q.rule for q in questions if not q.mergeable]
    if merging:
        ids = tuple(rule.id for rule in merging)
        note = "added to what the batch measured"
        yield Look(Part.ROWS, STORED, _columns(plan, merging), ids, note=note)
    if single:
        ids = tuple(rule.id for rule in single)
        yield Look(Part.ROWS, STAGED, _columns(plan, single), ids, beside=(STORED,))


def _columns(plan: Plan, rules: Iterable[Rule]) -> tuple[str, ...]:
    wanted = frozenset[str]().union(*map(reads, rules))
    return tuple(name for name in plan.view.schema if name in wanted)


def _asked(plan: Plan, rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the columns that keys are made of, without those of segments."""
    wanted = frozenset[str]().union(*map(asks, rules))
    return tuple(name for name in plan.view.schema if name in wanted)


def _tables(rules: Iterable[Rule]) -> tuple[str, ...]:
    named = (rule.reference.table for rule in rules if rule.reference)
    return tuple(dict.fromkeys(named))
