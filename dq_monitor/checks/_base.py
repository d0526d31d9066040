"""What checks have in common: the plain facts of a plug, and the one column that most ask about.

These hold data and the accessor to it, no behaviour: what a check does stands in its own file. The
family that follows from the kind is the likely one; a check that belongs elsewhere says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from dq_monitor.checks._parameters import CLOSED, ColumnName, ColumnNames, SeveralNames, distinct
from dq_monitor.model.check import Aggregate, Family, Kind, Measures, Reference, Stored
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View


class Row:
    """The facts of a check that each row answers by itself.

    `fault` is what a failing value is, in a word or two, for whoever looks at refused rows.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED
    kind: ClassVar[Kind] = Kind.ROW
    fault: ClassVar[str] = ""
    family: ClassVar[Family] = Family.VALUES
    shorthand: ClassVar[str] = ""
    each: ClassVar[bool] = False
    aliases: ClassVar[tuple[str, ...]] = ()
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    engines: ClassVar[tuple[str, ...]] = ()
    foretold_by: ClassVar[Statistics] = Statistics.NONE
    reads_rows: ClassVar[bool] = True


class Set(Row):
    """The facts of a check that a row answers by its key among other keys."""

    kind: ClassVar[Kind] = Kind.SET
    family: ClassVar[Family] = Family.UNIQUENESS
    stored: ClassVar[Stored] = Stored.RANGE
    null_keys: ClassVar[str] = "skip"
    only_repeats: ClassVar[bool] = False


class Table(Row):
    """The facts of a check that the table answers as a whole."""

    kind: ClassVar[Kind] = Kind.TABLE
    family: ClassVar[Family] = Family.AGGREGATES
    measures: ClassVar[Measures] = Measures.VALUE


class Unread(Table):
    """The facts of a check that the schema or the files answer, whatever the rows hold."""

    reads_rows: ClassVar[bool] = False

    def columns(self) -> tuple[str, ...]:
        """Return no column: none is read, and a missing one is an answer."""
        return ()

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return {}


class History(Row):
    """The facts of a check that a stored metric answers by its past."""

    kind: ClassVar[Kind] = Kind.HISTORY
    family: ClassVar[Family] = Family.HISTORY
    shorthand: ClassVar[str] = "metric"
    measures: ClassVar[Measures] = Measures.SCORE


class Alone:
    """A check that reads no other table than the guarded one."""

    __slots__ = ()

    def reference(self) -> Reference | None:
        """Return nothing."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OneColumn:
    """A check of one column; in YAML a bare name stands for it."""

    shorthand: ClassVar[str] = "column"

    column: ColumnName

    def columns(self) -> tuple[str, ...]:
        """Return the column."""
        return (self.column,)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyColumns:
    """A check of a key, which is one column or several; in YAML a name or a list stands for it."""

    shorthand: ClassVar[str] = "columns"

    key: ColumnNames

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.key)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the key."""
        return self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralColumns:
    """A check of several columns together; in YAML a list of names stands for them."""

    shorthand: ClassVar[str] = "columns"

    names: SeveralNames

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.names)

    def columns(self) -> tuple[str, ...]:
        """Return the columns."""
        return self.names
