"""What a table is called, what its columns are, and how a batch goes into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

QUARANTINE = "quarantine"
STATES = "quarantine_states"
MERGED = "dq.merge"


class WriteMode(StrEnum):
    """How a batch meets the rows that are already stored."""

    APPEND = "append"
    OVERWRITE = "overwrite"
    REPLACE_PARTITIONS = "replace_partitions"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Validity:
    """The columns in which a slowly changing dimension (type 2) keeps its history.

    A version of a row is valid from the write that brought it until, exclusively, the write that
    changed it: null while it is current.
    """

    valid_from: str = "valid_from"
    valid_to: str = "valid_to"
    current: str = "is_current"

    @property
    def columns(self) -> tuple[str, str, str]:
        """Return the names of all three."""
        return self.valid_from, self.valid_to, self.current

    @property
    def required(self) -> tuple[str, str]:
        """Return those that every row has: who appends past a merge is refused by them."""
        return self.valid_from, self.current


@dataclass(frozen=True, slots=True)
class Upsert:
    """How a merge meets the stored rows: a row of the batch takes the place of that with its key.

    `keys` are the columns of the key, or the name of the only one. With `delete` the batch is all
    there is: stored rows whose key it lacks leave. With `history` nothing leaves: a row that
    changed or vanished is closed, and the new one stands beside it.
    """

    keys: tuple[str, ...]
    delete: bool = False
    history: Validity | None = None

    def __post_init__(self) -> None:
        """Keep the keys as a tuple, however they are given: one name is no list of letters."""
        given: object = self.keys
        keys = (given,) if isinstance(given, str) else tuple(self.keys)
        object.__setattr__(self, "keys", keys)

    @property
    def words(self) -> Mapping[str, str]:
        """Return what the Delta log keeps of a merge."""
        said = {"keys": self.keys, "delete": self.delete}
        history = self.history.columns if self.history else None
        return {MERGED: json.dumps({**said, "history": history})}

    @classmethod
    def told_by(cls, entry: Mapping[str, object]) -> Upsert | None:
        """Return how a commit of the Delta log merged; None where it does not say."""
        if not entry.get(MERGED):
            return None
        said = json.loads(str(entry[MERGED]))
        history = Validity(*said["history"]) if said["history"] else None
        return cls(tuple(said["keys"]), said["delete"], history)


@dataclass(frozen=True, slots=True)
class Field:
    """One column as stored: its name and its type in Delta's words (`long`, `string`, ...)."""

    name: str
    type: str
    nullable: bool = True


def layer_of(table: str) -> str:
    """Return the medallion layer of `silver.flights`: `silver`; of a bare name: `default`."""
    layer, dot, _ = table.partition(".")
    return layer if dot else "default"


def quarantine_of(table: str) -> str:
    """Return the name of the table that keeps the rows which `table` refused."""
    return f"{QUARANTINE}.{table}"


def states_of(table: str) -> str:
    """Return the name of the table that says what became of the quarantined rows of `table`."""
    return f"{STATES}.{table}"
