"""Measures rules file by file: what is known is recalled, what is new is read and remembered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dq_monitor.engines import polars as engine
from dq_monitor.engines.passes import Pass, scan_columns, scan_once
from dq_monitor.engines.plan import Plan, SetQuestion
from dq_monitor.engines.rule_states import RuleState, rows_only, states_of, total
from dq_monitor.engines.sets import Held, ask_keys
from dq_monitor.model.remembered import Remembered
from dq_monitor.states.cover import Cover, by_missing, covers, portions
from dq_monitor.states.files import DataFile, rows_in
from dq_monitor.states.foretold import foretell
from dq_monitor.states.memory import Memory
from dq_monitor.states.questions import Lasting
from dq_monitor.states.spelling import spell
from dq_monitor.states.stored import Stored

# Fewer rows than this are read in one pass; more a few columns at a time, which takes less memory.
ONE_PASS = 2_000_000
# A table with this many rows may be read again and again, once for each portion of files.
SMALL = 1_000_000
Found = Mapping[str, RuleState]


@dataclass(frozen=True, slots=True)
class Measured:
    """The states of a whole table by rule id, and the ids of the files that had to be read."""

    states: Found
    errors: Mapping[str, str] = field(default_factory=dict)
    read: frozenset[str] = frozenset()


def measure(stored: Stored, plan: Plan, asked: Lasting, memory: Memory) -> Measured:
    """Return the states of the row and table rules whose answers last."""
    questions = {q.rule.id: q for q in asked.parts}
    known = foretell(
        stored,
        questions,
        _known(stored, {rule_id: asked.keys[rule_id] for rule_id in questions}, memory),
        plan.view,
    )
    states = {rule_id: [*cover.states] for rule_id, cover in known.items()}
    errors: dict[str, str] = {}
    found: list[Remembered] = []
    for files, rule_ids in _missing(stored, known):
        wanted = _asking(plan, [name for name in rule_ids if name not in errors])
        healthy, seen = _pass(stored, wanted, files)
        new = states_of(healthy, seen)
        errors |= {name: healthy.errors[name] for name in rule_ids if name in healthy.errors}
        for rule_id, state in new.items():
            states[rule_id].append(state)
        found.append(_remembered(files, asked, new))
    memory.remember(stored.snapshot.uri, found)
    return Measured(
        {n: total(q, states[n]) for n, q in questions.items() if n not in errors},
        errors,
        _read(known),
    )


def look_up(stored: Stored, plan: Plan, asked: Lasting, memory: Memory) -> Measured:
    """Return how many rows have a key that the referenced table holds, or does not.

    Where that breaks the rule has no state.
    """
    keys = {q.rule.id: asked.keys[q.rule.id] for q in asked.looked_up}
    known = _known(stored, keys, memory)
    states = {rule_id: [*cover.states] for rule_id, cover in known.items()}
    small = {q.rule.id for q in asked.looked_up if _is_small(stored, q)}
    found: list[Remembered] = []
    for whole in (False, True):
        some = {name: cover for name, cover in known.items() if (name in small) is not whole}
        for files, rule_ids in _missing(stored, some, whole=whole):
            wanted = [q for q in asked.looked_up if q.rule.id in rule_ids and q.rule.id in states]
            new = _looked_up(stored, plan, wanted, files)
            for question in wanted:
                if question.rule.id in new:
                    states[question.rule.id].append(new[question.rule.id])
                else:
                    del states[question.rule.id]
            found.append(_remembered(files, asked, new))
    memory.remember(stored.snapshot.uri, found)
    return Measured({n: _sum(of_rule) for n, of_rule in states.items()}, read=_read(known))


def _is_small(stored: Stored, question: SetQuestion) -> bool:
    """Say whether the referenced table may be read once for each portion of files."""
    reference = question.check.reference()
    rows = stored.sizes.get(reference.table) if reference else None
    return rows is not None and rows <= SMALL


def _looked_up(
    stored: Stored, plan: Plan, questions: Sequence[SetQuestion], files: Sequence[DataFile]
) -> dict[str, RuleState]:
    held = [Held(q, engine.others(q, stored.references, None)) for q in questions]
    answers = ask_keys(stored.scan(files), held, plan.view, {})
    return {
        rule_id: RuleState(answer.seen.failing, answer.seen.passing)
        for rule_id, answer in answers.items()
        if answer.seen.failing is not None and answer.seen.passing is not None
    }


def _known(stored: Stored, keys: Mapping[str, str], memory: Memory) -> dict[str, Cover]:
    known = memory.recall(stored.snapshot.uri, sorted(set(keys.values()))) if keys else ()
    return covers(stored.files, keys, known)


def _missing(
    stored: Stored, known: Mapping[str, Cover], *, whole: bool = False
) -> Iterator[tuple[Sequence[DataFile], Sequence[str]]]:
    """Yield portions of files, each with the rules that were not asked of them yet.

    With `whole` the files of some rules are one portion, however many they are.
    """
    by_id = {file.id: file for file in stored.files}
    for missing, rule_ids in by_missing(known):
        files = [by_id[name] for name in missing]
        for portion in [files] if whole else portions(files):
            yield portion, rule_ids


def _asking(plan: Plan, rule_ids: Sequence[str]) -> Plan:
    wanted = set(rule_ids)
    return replace(
        rows_only(plan),
        rows=tuple(q for q in plan.rows if q.rule.id in wanted),
        tables=tuple(q for q in plan.tables if q.rule.id in wanted),
        errors={},
    )


def _pass(stored: Stored, plan: Plan, files: Sequence[DataFile]) -> tuple[Plan, Pass]:
    rows = stored.scan(files)
    few = (rows_in(files) or ONE_PASS) < ONE_PASS

    def run(one: Plan) -> Pass:
        return scan_once(rows, one) if few else scan_columns(rows, one)

    return engine.sound(rows, plan, run)


def _remembered(files: Sequence[DataFile], asked: Lasting, states: Found) -> Remembered:
    spelled: dict[str, str] = {}
    for rule_id, state in states.items():
        try:
            spelled[asked.keys[rule_id]] = spell(state)
        except ValueError:
            continue  # a type of value that is not kept: measured again the next time
    return Remembered(tuple(sorted(file.id for file in files)), spelled)


def _read(known: Mapping[str, Cover]) -> frozenset[str]:
    return frozenset(name for cover in known.values() for name in cover.missing)


def _sum(states: Sequence[RuleState]) -> RuleState:
    return RuleState(sum(s.failing for s in states), sum(s.passing for s in states))
