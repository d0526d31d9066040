"""What a table is called, what its columns are, and how a batch goes into it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

QUARANTINE = "quarantine"
STATES = "quarantine_states"


class WriteMode(StrEnum):
    """How a batch meets the rows that are already stored."""

    APPEND = "append"
    OVERWRITE = "overwrite"
    REPLACE_PARTITIONS = "replace_partitions"


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
