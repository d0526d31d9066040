"""A table's prefix in an object store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import pyarrow.fs as arrow_files
from deltalake.fs import DeltaStorageHandler

from dq_monitor.storage import bounded, bounded_reads
from dq_monitor.tables.footers import Footer, read_footer
from dq_monitor.tables.place import Entry, File, Room
from dq_monitor.tables.unwritable import unreadable, writing

PASS = "pass-"
WHOLE = ".whole"
PARQUET = ".parquet"
# Below pyarrow's buffer deltalake's stream is handed a type that it does not take.
BUFFER = 1 << 16


@dataclass(frozen=True)
class Bucket:
    """A place in an object store, where nothing can be moved.

    A pass writes under final names that begin with its own; an object `NAME.whole` beside them
    says that it ended well, and files of a pass without one do not count.
    """

    uri: str
    storage: Mapping[str, str] = field(repr=False)

    @cached_property
    def options(self) -> dict[str, Any]:
        """Return Polars' storage options."""
        return bounded_reads(self.storage)

    def files(self, folder: str) -> list[File]:
        """List the Parquet files of whole passes below a folder."""
        found = self._listed(folder)
        whole = {PurePosixPath(f.path).stem for f in found if f.path.endswith(WHOLE)}
        return [
            File(f.path, f"{self.uri}/{f.path}", f.size)
            for f in sorted(found, key=lambda f: str(f.path))
            if f.path.endswith(PARQUET) and _pass(f.path) in whole
        ]

    def entries(self, folder: str = "") -> list[Entry]:
        """Return the objects below a folder; costs a request for each folder in it."""
        found = [Entry(f.path, f.size, f.mtime.timestamp()) for f in self._listed(folder)]
        return sorted(found, key=lambda one: one.path)

    def footer(self, file: File) -> Footer:
        """Read a file's footer."""
        with unreadable(self.uri):
            return read_footer(file.path, file.size, self._arrow)

    def read(self, path: str) -> bytes | None:
        """Return an object's content."""
        try:
            with unreadable(self.uri), self._arrow.open_input_file(path) as file:
                content: bytes = file.readall()
        except FileNotFoundError:
            return None
        return content

    def write(self, path: str, content: bytes) -> None:
        """Put an object."""
        with writing(self.uri), self._arrow.open_output_stream(path, buffer_size=BUFFER) as file:
            file.write(content)

    def delete(self, path: str) -> None:
        """Delete an object."""
        with writing(self.uri):
            self._arrow.delete_file(path)

    def clear(self, folder: str, but: tuple[str, ...] = ()) -> None:
        """Delete what is below a folder; raise TableUnwritable where that cannot be done.

        A file that stays would count as one of the next attempt.
        """
        with writing(self.uri):
            if not but:
                self._arrow.delete_dir(folder)
                return
            kept = tuple(f"{folder}/{part}/" for part in but)
            for found in self._listed(folder):
                # Of a whole pass or not: the word on that may be gone already, the table's rows not
                if not (found.path.startswith(kept) and found.path.endswith(PARQUET)):
                    self._arrow.delete_file(found.path)

    @contextmanager
    def room(
        self,
        folder: str,
        parts: tuple[str, ...],
        *,
        beside: bool = False,  # noqa: ARG002 - here every pass has names of its own
    ) -> Iterator[Room]:
        """Give a pass a name of its own, and mark it as whole."""
        name = f"{PASS}{uuid.uuid4().hex}"
        yield Room(f"{self.uri}/{folder}", f"{name}-")
        for part in parts:
            self.write(f"{folder}/{part}/{name}{WHOLE}", b"1")

    def _listed(self, folder: str) -> list[arrow_files.FileInfo]:
        selector = arrow_files.FileSelector(folder, recursive=True, allow_not_found=True)
        with unreadable(self.uri):
            return [found for found in self._arrow.get_file_info(selector) if found.is_file]

    @cached_property
    def _arrow(self) -> arrow_files.FileSystem:
        """Return deltalake's own way into the store: the same options, the same keys."""
        return arrow_files.PyFileSystem(DeltaStorageHandler(self.uri, bounded(self.storage)))


def _pass(path: str) -> str:
    """Return the name of the pass that wrote a file."""
    return PurePosixPath(path).name[: len(PASS) + 32]
