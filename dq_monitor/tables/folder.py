"""A table's folder on disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import ClassVar

from dq_monitor.tables.footers import Footer, read_footer
from dq_monitor.tables.place import Entry, File, Room
from dq_monitor.tables.unwritable import writing


@dataclass(frozen=True, slots=True)
class Folder:
    """A place on disk: what a pass wrote is moved into the folder when it is whole."""

    uri: str
    options: ClassVar[None] = None

    def files(self, folder: str) -> list[File]:
        """Return the Parquet files below a folder."""
        root = Path(self.uri)
        return [
            File(path.relative_to(root).as_posix(), str(path), path.stat().st_size)
            for path in sorted((root / folder).rglob("*.parquet"))
        ]

    def entries(self, folder: str = "") -> list[Entry]:
        """Return files and folders below a folder, and the folder itself."""
        home = Path(self.uri) / folder
        found = []
        for path in sorted((home, *home.rglob("*"))):
            with suppress(FileNotFoundError):  # it went away meanwhile
                at, name = path.stat(), path.relative_to(self.uri).as_posix()
                is_file = S_ISREG(at.st_mode)
                found.append(Entry(name, at.st_size if is_file else 0, at.st_mtime, is_file))
        return found

    def footer(self, file: File) -> Footer:
        """Read a file's footer."""
        return read_footer(file.uri, file.size)

    def read(self, path: str) -> bytes | None:
        """Return a file's content."""
        try:
            return (Path(self.uri) / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Write a file, and make the folders for it."""
        file = Path(self.uri) / path
        with writing(file.parent):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def delete(self, path: str) -> None:
        """Delete a file."""
        (Path(self.uri) / path).unlink(missing_ok=True)

    def clear(self, folder: str, but: tuple[str, ...] = ()) -> None:
        """Delete a folder, as far as that goes: a move onto what is left fails."""
        home = Path(self.uri) / folder
        if not but:
            shutil.rmtree(home, ignore_errors=True)
            return
        for entry in home.iterdir() if home.is_dir() else ():
            if not entry.is_dir():
                entry.unlink(missing_ok=True)
            elif entry.name not in but:
                shutil.rmtree(entry, ignore_errors=True)

    @contextmanager
    def room(self, folder: str, parts: tuple[str, ...], *, beside: bool = False) -> Iterator[Room]:
        """Give a pass a folder of its own, and move what is in it to its place.

        A later pass writes to its place at once: what it might leave behind is seen no more.
        """
        home = Path(self.uri) / folder
        if beside:
            yield Room(str(home))
            return
        with writing(home):
            room = Path(tempfile.mkdtemp(prefix="pass-", dir=home))
            for part in parts:
                (room / part).mkdir()
        try:
            yield Room(str(room))
            for part in parts:
                (room / part).rename(home / part)
        finally:
            shutil.rmtree(room, ignore_errors=True)
