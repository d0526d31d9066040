"""A rule is a named question about a table, with what follows from the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum

from dq_monitor.model.check import AnyCheck, Kind, Reference


class OnFail(StrEnum):
    """What happens to rows that fail: stay, vanish, go to quarantine; `block` rejects the batch."""

    KEEP = "keep"
    DROP = "drop"
    QUARANTINE = "quarantine"
    BLOCK = "block"


class Nulls(StrEnum):
    """What an unknown answer counts as."""

    SKIP = "skip"
    FAIL = "fail"
    PASS = "pass"


class Scope(StrEnum):
    """Which rows a table rule is asked of: those of this write, or all that the table will hold."""

    BATCH = "batch"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Limit:
    """A count of rows or a plain value; with `share`, a part (0-1) of the judged rows."""

    value: float
    share: bool = False

    def __str__(self) -> str:
        return f"{self.value * 100:g}%" if self.share else f"{self.value:g}"


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a rule trips. For row and set rules the value is the failing rows, as count or share.

    `over` and `below` are exclusive; `outside` trips outside [low, high], which `percent` says were
    written as shares; `beyond` trips when the absolute value of an anomaly's score is larger;
    `equal` and `unequal` when the value is, or is not, the one given.
    """

    over: Limit | None = None
    below: Limit | None = None
    outside: tuple[float, float] | None = None
    beyond: float | None = None
    equal: Limit | None = None
    unequal: Limit | None = None
    percent: bool = False

    @property
    def of_shares(self) -> bool:
        """Say whether a bound was written as a share."""
        limits = (self.over, self.below, self.equal, self.unequal)
        return self.percent or any(limit and limit.share for limit in limits)

    def parts(self) -> tuple[Threshold, ...]:
        """Return a threshold for each bound: this one trips where one of them does."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "percent"}
        return tuple(
            Threshold(**{name: bound}, percent=self.percent and name == "outside")
            for name, bound in given.items()
            if bound is not None
        )

    def words(self, write: Callable[[Limit], str] = str) -> str:
        """Return the threshold for people; `write` puts one limit into words."""
        parts = [f"over {write(self.over)}"] if self.over else []
        parts += [f"below {write(self.below)}"] if self.below else []
        if self.outside:
            low, high = (Limit(bound, self.percent) for bound in self.outside)
            parts.append(f"outside {write(low)} to {write(high)}")
        if self.beyond is not None:
            parts.append(f"beyond {self.beyond:g} deviations")
        parts += [f"equal to {write(self.equal)}"] if self.equal else []
        parts += [f"unequal to {write(self.unequal)}"] if self.unequal else []
        return " or ".join(parts)

    def __str__(self) -> str:
        return self.words()


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a pack something stands; `line` and `column` start at 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A check bound to a table: which rows it is asked of, when it trips, and what then happens.

    With `by` each group of rows that agree in these columns, a segment, gets an answer of its own.
    """

    id: str
    name: str
    check: AnyCheck
    where: str | None = None
    nulls: Nulls = Nulls.SKIP
    warn: Threshold | None = None
    error: Threshold | None = None
    on_fail: OnFail = OnFail.QUARANTINE
    scope: Scope = Scope.BATCH
    description: str = ""
    tags: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)

    @property
    def kind(self) -> Kind:
        """Return what answers this rule: rows, keys or the table."""
        return self.check.kind

    @property
    def reference(self) -> Reference | None:
        """Return the other table that the rule's check reads, if there is one."""
        asked = getattr(self.check, "reference", None)
        return asked() if asked else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns the rule's check reads."""
        return self.check.columns()
