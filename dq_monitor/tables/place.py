"""Where the files of a table lie: what staging needs of a disk or of an object store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from dq_monitor.tables.footers import Footer


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file: its path below the table, how Polars names it, and its size in bytes."""

    path: str
    uri: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies at a path below a table; `modified` is in seconds since 1970.

    On a disk a folder is an entry too: one that is empty has to be found.
    """

    path: str
    size: int
    modified: float
    is_file: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """Where one pass writes: below `base`, under names that begin with `prefix`."""

    base: str
    prefix: str = ""


class Place(Protocol):
    """A table's place. Paths are relative to it, with `/` between their parts."""

    @property
    def uri(self) -> str:
        """Return its path or URL."""
        ...

    @property
    def options(self) -> dict[str, Any] | None:
        """Return what Polars needs to reach it; None on a disk."""
        ...

    def files(self, folder: str) -> list[File]:
        """Return the Parquet files of a folder, none of a pass that failed, in a stable order."""
        ...

    def entries(self, folder: str = "") -> list[Entry]:
        """Return all that lies below a folder, of whichever kind, in a stable order."""
        ...

    def footer(self, file: File) -> Footer:
        """Read what a Parquet file says of itself."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return what a small file holds; None where there is none."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Write a small file; raise TableUnwritable."""
        ...

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        ...

    def clear(self, folder: str, but: tuple[str, ...] = ()) -> None:
        """Delete a folder, if it is there: all of it but the Parquet files in some of its parts."""
        ...

    def room(
        self, folder: str, parts: tuple[str, ...], *, beside: bool = False
    ) -> AbstractContextManager[Room]:
        """Give a pass a room; its files count, in each of `parts`, when the block has ended well.

        A sink that failed may still write a file after Polars has raised, and a store take one
        after its sender died. In a room it cannot spoil what the next pass writes; vacuum takes it
        away. `beside` says that there are files of an earlier pass, which stay.
        """
        ...
