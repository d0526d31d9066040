"""Gathers what is wrong with packs, so that all of it is told at once and in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from dq_monitor.errors import PackInvalid
from dq_monitor.registry import suggest

# Searching near names costs; a hostile file with 50,000 unknown keys must not cost minutes.
SUGGESTIONS_PER_FILE = 200
LONGEST_SHOWN = 60
QUOTES = "within {} a value with a comma needs quotes"


class Mark(NamedTuple):
    """A position in a file; both parts start at 1."""

    line: int
    column: int


START = Mark(1, 1)


class Problem(NamedTuple):
    """One error of one file; sorts by file and place."""

    file: str
    mark: Mark
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.mark.line}:{self.mark.column}: {self.message}"


@dataclass(slots=True)
class Report:
    """The problems found in one file so far."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    _spoiled: set[Mark] = field(default_factory=set)
    _suggested: int = 0

    def add(self, mark: Mark, message: str) -> None:
        """Note an error and go on."""
        if mark not in self._spoiled:
            self.problems.append(Problem(self.file, mark, message))

    def spoil(self, mark: Mark, message: str) -> None:
        """Note that the value at `mark` is unusable; what follows from that is not told again."""
        self.add(mark, message)
        self._spoiled.add(mark)

    def near(self, name: str, known: Iterable[str]) -> str:
        """Return ` (did you mean 'x'?)` or ` (known are ...)` for the end of a message."""
        names = list(known)
        if not names or not self._may_suggest():
            return ""
        return f" ({suggest(name[:LONGEST_SHOWN], names)})"

    def nearest(self, name: str, known: Iterable[str]) -> str:
        """Return ` (did you mean 'x'?)`, or nothing when no known name is near."""
        found = self.closest(name, known)
        return f" (did you mean {found!r}?)" if found else ""

    def closest(self, name: str, known: Iterable[str]) -> str:
        """Return the known name that is nearest; empty when none is near."""
        if not self._may_suggest():
            return ""
        return next(iter(get_close_matches(name[:LONGEST_SHOWN], sorted(known), n=1)), "")

    @property
    def suggests(self) -> bool:
        """Say whether nearest names are still looked for: a thousand errors need no thousand."""
        return self._suggested < SUGGESTIONS_PER_FILE

    def _may_suggest(self) -> bool:
        suggests = self.suggests
        self._suggested += 1
        return suggests


def shown(value: object) -> str:
    """Return `value` as a message quotes it: short, and in YAML's words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return f"the text {cut(value)!r}" if value else "an empty text"
    return f"a list of {len(value)}" if isinstance(value, list) else "a mapping"


def cut(text: str) -> str:
    """Return `text` as one line, shortened where it is too long for a message."""
    text = " ".join(text.splitlines())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def is_torn(text: str) -> bool:
    """Say whether a comma seems to have cut a value in two: `{type: decimal(12, 2)}`."""
    return text.count("(") != text.count(")")


def refuse(problems: Iterable[Problem]) -> None:
    """Raise PackInvalid with all `problems`, sorted by file and position; do nothing for none."""
    found = sorted(set(problems))
    if not found:
        return
    files = len({problem.file for problem in found})
    total = f"{counted(len(found), 'error')} in {counted(files, 'file')}"
    raise PackInvalid("\n".join([total, *map(str, found)]))


def counted(number: int, noun: str) -> str:
    """Return `1 pack`, `12 packs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
