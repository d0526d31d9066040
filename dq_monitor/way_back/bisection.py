"""Where a rule began to fail: asks versions of a table, as they were, by the rule as it is now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dq_monitor.errors import TableUnreadable
from dq_monitor.examination import examine_table
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import SEVERITY, Status
from dq_monitor.states.memory import Memory
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.timeline import Timeline, Version
from dq_monitor.way_back.search import first_failing

FAILING = {Status.WARN, Status.FAIL}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a version answered; one of before a column came answers with an error."""

    version: Version
    status: Status
    message: str = ""


Ask = Callable[[Version], Answer]


@dataclass(frozen=True, slots=True)
class Found:
    """`first` is the first version that was found to fail, None where none does.

    `answers` go by version, oldest first, and hold those that were asked. `gone` are the versions
    that could not be asked: a vacuum took files of theirs, or the log forgot them; `hidden` are
    those of them just before `first`, so that it may have begun in one of these already.
    """

    first: Answer | None
    answers: tuple[Answer, ...]
    oldest: int
    newest: int
    gone: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()

    @property
    def turns(self) -> tuple[Answer, ...]:
        """Return where the asked versions began or ceased to fail."""
        known = [one for one in self.answers if one.status is not Status.ERROR]
        before = [False, *(one.status in FAILING for one in known)]
        pairs = zip(known, before, strict=False)
        return tuple(one for one, failed in pairs if (one.status in FAILING) is not failed)


def bisect(history: Timeline, ask: Ask, *, linear: bool = False) -> Found:
    """Find the first version in which a rule fails, among those that make up the table now.

    By halves that takes for granted that once it failed it failed ever since; `linear` asks them
    all. A version that cannot be asked does not fail.
    """
    line = list(reversed(history.changes(history.newest.number)))
    many = [one for one in line if one.readable]
    if not many:
        raise TableUnreadable(
            f"{history.table}: of no version are all files there", fix="restore the table's folder"
        )
    answers: dict[int, Answer] = {}

    def fails(version: Version) -> bool:
        answers[version.number] = ask(version)
        return answers[version.number].status in FAILING

    first = first_failing(many, fails, linear=linear)
    gone = (*range(line[0].number), *(one.number for one in line if not one.readable))
    return Found(
        first=answers[first.number] if first else None,
        answers=tuple(answers[number] for number in sorted(answers)),
        oldest=many[0].number,
        newest=many[-1].number,
        gone=gone,
        hidden=_hidden(gone, many, first) if first else (),
    )


def _hidden(gone: Sequence[int], many: Sequence[Version], first: Version) -> tuple[int, ...]:
    """Return those of `gone` that lie between `first` and the version asked before it."""
    before = max((one.number for one in many if one.number < first.number), default=-1)
    return tuple(number for number in gone if before < number < first.number)


def asking(pack: Pack, tables: DeltaTables, memory: Memory | None) -> Ask:
    """Return how a version is asked the one rule of `pack`: by the clock of when it was made.

    Tables that the rule refers to are taken as they are now.
    """

    def ask(version: Version) -> Answer:
        examined = examine_table(
            pack,
            tables.open(pack.table, version.number),
            tables,
            memory,
            subject=f"bisect:{pack.table}:{version.number}",
            now=version.at,
        )
        found = [one for one in examined.verdict.findings if one.rule_id == pack.rules[0].id]
        worst = max(found, key=lambda one: SEVERITY[one.status], default=None)
        status = worst.status if worst else Status.NOT_EVALUATED
        return Answer(version, status, worst.message if worst else "")

    return ask
