"""What a batch looks like: the numbers that lineage events and the dashboard show."""

from __future__ import annotations

from dataclasses import dataclass

from dq_monitor.model.table import Field


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of a batch. `min` and `max` are kept for numbers only."""

    name: str
    nulls: int
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A committed batch: rows, bytes and files on disk, and each column."""

    rows: int
    bytes: int
    files: int
    fields: tuple[Field, ...] = ()
    columns: tuple[ColumnProfile, ...] = ()
