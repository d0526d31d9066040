"""What a rollback does to a table: which version comes back, and which writes it undoes."""

from __future__ import annotations

from dataclasses import dataclass

ROLLBACK = "rollback"  # the mode of the version that a rollback makes


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a table and the write that made it; no write id where none of ours did."""

    version: int
    write_id: str = ""


@dataclass(frozen=True, slots=True)
class Rollback:
    """A table taken from version `base` to what it was as version `target`.

    `undone` are the versions whose change is taken back, newest first; `redone` those that an
    earlier rollback took back and that are there again. `by` and `reason` are for people.
    """

    table: str
    base: int
    target: int
    undone: tuple[Change, ...] = ()
    redone: tuple[Change, ...] = ()
    by: str = ""
    reason: str = ""

    @property
    def undone_writes(self) -> tuple[str, ...]:
        """Return the ids of the writes that are undone."""
        return tuple(change.write_id for change in self.undone if change.write_id)

    @property
    def redone_writes(self) -> tuple[str, ...]:
        """Return the ids of the writes that count again."""
        return tuple(change.write_id for change in self.redone if change.write_id)
