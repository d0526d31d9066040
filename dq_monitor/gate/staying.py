"""The stored rows that stay beside a batch, by how it goes into its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from dq_monitor.model.view import Files
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT, Staging, partition_values

NO_FILES = Files(())


class Staying(Protocol):
    """The stored rows that stay beside what is kept of a batch, as of when they are asked for."""

    @property
    def depends(self) -> bool:
        """Say whether it depends on the kept rows which stored rows stay."""
        ...

    def rows(self) -> pl.LazyFrame | None:
        """Return the rows as they will be; None where there are none."""
        ...

    def settle(self) -> None:
        """Stage whatever has to be written of them: which rows are kept is decided now."""
        ...

    def files(self) -> Files:
        """Return the files that will hold them."""
        ...


@dataclass(frozen=True, slots=True)
class NoRows:
    """There is no table yet, or all of it is overwritten."""

    depends: ClassVar[bool] = False

    def rows(self) -> None:
        """Return None."""

    def settle(self) -> None:
        """Do nothing."""

    def files(self) -> Files:
        """Return no file."""
        return NO_FILES


@dataclass(frozen=True, slots=True)
class AllRows:
    """The batch is appended."""

    before: Snapshot
    staging: Staging
    depends: ClassVar[bool] = False

    def rows(self) -> pl.LazyFrame:
        """Return every stored row."""
        return widened(self.before.scan(), self.staging.schema())

    def settle(self) -> None:
        """Do nothing."""

    def files(self) -> Files:
        """Return every stored file."""
        return self.before.sizes()


@dataclass(frozen=True, slots=True)
class OtherPartitions:
    """The batch replaces the partitions that it fills."""

    before: Snapshot
    staging: Staging
    partition_by: tuple[str, ...]
    depends: ClassVar[bool] = True

    def rows(self) -> pl.LazyFrame:
        """Return the stored rows of the partitions that the batch does not fill."""
        stored = widened(self.before.scan(), self.staging.schema())
        touched = self.staging.scan(KEPT).select(self.partition_by).unique()
        return stored.join(touched, on=list(self.partition_by), how="anti", nulls_equal=True)

    def settle(self) -> None:
        """Do nothing: the files of whole partitions go."""

    def files(self) -> Files:
        """Return the stored files of those partitions."""
        touched = [partition_values(file) for file in self.staging.files(KEPT)]
        return Files(tuple(f.size for f in self.before.files() if f.key not in touched))


def widened(stored: pl.LazyFrame, schema: pl.Schema) -> pl.LazyFrame:
    """Return the stored rows with the columns that the batch brings to the table, all null."""
    there = stored.collect_schema()
    new = {name: dtype for name, dtype in schema.items() if name not in there}
    return stored.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in new.items())
