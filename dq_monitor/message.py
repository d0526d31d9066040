"""What people are told: words and numbers about a table, and never a row's value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from pydantic import TypeAdapter

from dq_monitor.errors import DqmError, StepFailed
from dq_monitor.model.incident import Concern, Incident, Message, Occasion
from dq_monitor.model.verdict import SEVERITY, Counts, Finding, Status

MAX_TITLE = 150  # Slack's header block; longer headlines are cut everywhere alike
MAX_LINE = 300
MAX_LINES = 20
MAX_REASONS = 10

# Incidents that no rule stands for: a batch refused as a whole, a step that raised, and
# refused rows whose files went away.
GATE = "gate"
STEP = "step"
LOST = "quarantine_lost"

# Control characters move a terminal's cursor; the bidi ones make text read as what it is not.
_UNSHOWABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+"
)
# What StepFailed says before the text of the exception that it came from: see pipeline/run.py.
_IN_STEP = re.compile(
    r"step '[^']*'(?: \([^():]+:\d+\))?"
    r"(?:: [A-Za-z_][\w.]*(?=:|$)| returned \w+, not a LazyFrame)"
)
_FOREIGN = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception)(?=:|$)")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_MESSAGES: TypeAdapter[Message] = TypeAdapter(Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a message speaks of: one write, one audit or one broken step, as its facts."""

    word: str
    id: str
    table: str
    at: datetime
    pack: str = ""
    owner: str = ""
    day: date | None = None
    counts: Counts | None = None
    rejected: bool = False
    reasons: tuple[str, ...] = ()
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong: a rule that did not pass, a refused batch, a broken step."""

    rule_id: str
    status: Status
    title: str
    segment: str = ""

    @property
    def name(self) -> str:
        """Return the rule's id, with its segment where it has one."""
        return f"{self.rule_id} [{self.segment}]" if self.segment else self.rule_id


def problem_of(finding: Finding) -> Problem:
    """Word a finding that is warn, fail or error."""
    expected = f" ({finding.expected})" if finding.expected else ""
    title = shorten(f"{finding.message}{expected}", MAX_LINE)
    return Problem(finding.rule_id, finding.status, title, finding.segment)


def failed(
    key: str,
    subject: Subject,
    problems: Sequence[Problem],
    *,
    known: int = 0,
    concerns: tuple[Concern, ...] = (),
) -> Message:
    """Tell of `problems`; `known` more of the same write were told of before.

    Why a batch was rejected comes first and always, known or not: it is what people ask.
    """
    worst_first = sorted(problems, key=lambda problem: -SEVERITY[problem.status])
    parts = list(_headline(subject, problems))
    facts = [*_facts(subject), *([("still failing", str(known))] if known else [])]
    return Message(
        key=key,
        title=shorten(f"{subject.table}: {', '.join(parts)}", MAX_TITLE),
        status=worst_first[0].status if worst_first else Status.PASS,
        table=subject.table,
        lines=listed([*_refusal(subject), *_below(subject, worst_first)]),
        at=subject.at,
        link=_link(subject),
        facts=tuple(facts),
        concerns=concerns,
    )


def resolved(key: str, subject: Subject, incidents: Sequence[Incident]) -> Message:
    """Tell that what `incidents` stood for is over."""
    count = _counted(len(incidents), "incident", "incidents")
    lines = [
        f"{_incident_name(incident)}: failed {_counted(incident.times_seen, 'time', 'times')}"
        f" since {incident.opened_at:%Y-%m-%d %H:%M} UTC"
        for incident in incidents
    ]
    return Message(
        key=key,
        title=shorten(f"{subject.table}: {count} resolved", MAX_TITLE),
        status=Status.PASS,
        table=subject.table,
        lines=listed(lines),
        at=subject.at,
        link=_link(subject),
        facts=tuple(_facts(subject)),
        occasion=Occasion.RESOLVED,
        concerns=tuple(
            Concern(incident.id, incident.rule_id, incident.segment, Status.PASS)
            for incident in incidents
        ),
    )


def trial(key: str, channel: str, at: datetime) -> Message:
    """Word the message that `dqm alerts test` sends."""
    return Message(
        key=key,
        title=f"dq-monitor: channel {channel} works",
        status=Status.PASS,
        table="",
        lines=("This is a test. No table failed.",),
        at=at,
        occasion=Occasion.TEST,
    )


def cause(error: str) -> str:
    """Return what may be told of a step's error: its first line if no row can be in it.

    Errors of engines and of users' code carry the values they stumbled over ("failed for 2 values:
    [...]"): of those only the step, the exception's type and its place are told. dq-monitor's own
    errors name files, tables and columns.
    """
    first = error.strip().partition("\n")[0]
    for kind in _kinds(DqmError):
        headline = (kind.__doc__ or "").strip().rstrip(".")
        if headline and first.removeprefix(f"{kind.__name__}: ").startswith(headline):
            return _of_step(first, headline) if kind is StepFailed else shorten(first, MAX_LINE)
    foreign = _FOREIGN.match(first)
    return f"{foreign[0] if foreign else 'an unknown error'}; its text is in the event log"


def _of_step(first: str, headline: str) -> str:
    """Cut the text off `step 'a.b' (file.py:12): ValueError: text`."""
    place = _IN_STEP.match(first.partition(f"{headline}: ")[2])
    return shorten(f"{headline}: {place[0]}" if place else headline, MAX_LINE)


def plain(text: str) -> str:
    """Return `text` on one line, without control, zero-width and bidi characters."""
    return _SURROGATES.sub("?", _UNSHOWABLE.sub(" ", text))


def shorten(text: str, limit: int) -> str:
    """Return `text` cut to at most `limit` characters, with an ellipsis where it was cut."""
    text = plain(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def listed(lines: Sequence[str], limit: int = MAX_LINES) -> tuple[str, ...]:
    """Return the first lines, each shortened, and how many more there are."""
    shown = [shorten(line, MAX_LINE) for line in lines[:limit]]
    more = [f"and {len(lines) - limit:,} more"] if len(lines) > limit else []
    return tuple(shown + more)


def to_json(message: Message) -> str:
    """Return the message as the outbox keeps it."""
    return _MESSAGES.dump_json(message).decode()


def from_json(text: str) -> Message:
    """Read back what `to_json` wrote; raise ValueError for anything else."""
    return _MESSAGES.validate_json(text)


def _line(problem: Problem) -> str:
    return problem.title if problem.rule_id in {GATE, STEP} else f"{problem.name}: {problem.title}"


def _refusal(subject: Subject) -> list[str]:
    return [f"batch rejected: {reason}" for reason in listed(subject.reasons, MAX_REASONS)]


def _below(subject: Subject, problems: Sequence[Problem]) -> list[str]:
    told = {GATE} if subject.reasons else set()
    return [_line(problem) for problem in problems if problem.rule_id not in told]


def _headline(subject: Subject, problems: Sequence[Problem]) -> Iterator[str]:
    yield from (f"step {problem.segment} broke" for problem in problems if problem.rule_id == STEP)
    if subject.rejected:
        yield "batch rejected"
    yield from _tally(problems)
    if subject.counts and subject.counts.quarantined and not subject.rejected:
        yield f"{_counted(subject.counts.quarantined, 'row', 'rows')} quarantined"


def _tally(problems: Sequence[Problem]) -> Iterator[str]:
    words = {
        Status.ERROR: ("rule could not be evaluated", "rules could not be evaluated"),
        Status.FAIL: ("rule failed", "rules failed"),
        Status.WARN: ("rule warns", "rules warn"),
    }
    rules = [problem for problem in problems if problem.rule_id not in {GATE, STEP}]
    for status, (one, many) in words.items():
        # A rule that fails in many segments is one rule.
        count = len({problem.rule_id for problem in rules if problem.status is status})
        if count:
            yield _counted(count, one, many)


def _facts(subject: Subject) -> Iterable[tuple[str, str]]:
    counts = subject.counts
    facts = {
        "table": subject.table,
        subject.word: subject.id,
        "day": subject.day.isoformat() if subject.day else "",
        "rows": f"{counts.kept:,} kept of {counts.rows_in:,}" if counts else "",
        "pack": subject.pack,
        "owner": subject.owner,
    }
    return [(name, shorten(value, MAX_LINE)) for name, value in facts.items() if value]


def _link(subject: Subject) -> str:
    if not subject.public_url.startswith(("http://", "https://")):
        return ""
    return f"{subject.public_url.rstrip('/')}/?table={quote(subject.table, safe='')}"


def _incident_name(incident: Incident) -> str:
    return Problem(incident.rule_id, incident.severity, "", incident.segment).name


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _kinds(kind: type[DqmError]) -> Iterator[type[DqmError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)
