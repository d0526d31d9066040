"""Finds delivered files and unpacks them."""

from __future__ import annotations

import difflib
import glob
import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dq_monitor.errors import SourceMissing, SourceUnreadable
from dq_monitor.sources._unreadable import AGAIN, blame

LISTED = 5
BLOCK = 1 << 20
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file as it came; `unpacked` holds its content where it had to be unpacked first."""

    path: Path
    unpacked: bytes | None = None

    def head(self, size: int = BLOCK) -> bytes:
        """Return up to `size` bytes from the start of the content."""
        if self.unpacked is not None:
            return self.unpacked[:size]
        with self.path.open("rb") as file:
            return file.read(size)

    def tail(self, size: int = BLOCK) -> bytes:
        """Return up to `size` bytes from the end of the content."""
        if self.unpacked is not None:
            return self.unpacked[-size:]
        with self.path.open("rb") as file:
            file.seek(max(0, self.size - size))
            return file.read(size)

    @property
    def size(self) -> int:
        """Return the size of the content in bytes."""
        return len(self.unpacked) if self.unpacked is not None else self.path.stat().st_size

    def damaged(self, reason: str, fix: str = AGAIN) -> SourceUnreadable:
        """Return the error that says so of this file."""
        return SourceUnreadable(f"{self.path}: {reason}", fix=fix, path=str(self.path))


def find(path: str) -> Sequence[Path]:
    """Return the files that `path` (a file or a glob) names, sorted; raise SourceMissing."""
    if "://" in path:
        raise SourceMissing(path, fix="only local files and globs are read: copy it here first")
    try:
        if Path(path).is_file():
            return [Path(path)]
        if Path(path).is_dir():
            raise SourceMissing(f"{path} is a folder", fix=f"name its files by a glob: {path}/*")
        found = sorted(Path(name) for name in glob.glob(path, recursive=True))  # noqa: PTH207 - takes absolute patterns
        files = [file for file in found if file.is_file()]
        fix = "" if files else _near(Path(path))
    except (OSError, ValueError) as error:
        raise SourceMissing(f"{path!r} ({type(error).__name__})", fix="correct the path") from error
    if not files:
        raise SourceMissing(path, fix=fix)
    return files


def digest(file: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text, without holding it in memory."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def deliver(file: Path, member: str | None = None) -> Delivered:
    """Open a delivered file; zip and gzip, told by their first bytes, are unpacked into memory."""
    try:
        plain = Delivered(file)
        magic = plain.head(4)
        if magic in ZIP_MAGIC:
            return Delivered(file, _unzip(plain, member))
        if magic.startswith(GZIP_MAGIC):
            return Delivered(file, _gunzip(plain))
        if file.suffix in {".zip", ".gz"} and magic:
            kind = file.suffix.lstrip(".")
            raise plain.damaged(f"is named {file.suffix} but does not begin like a {kind} file")
    except OSError as error:
        raise blame(error, str(file)) from error
    return plain


def _gunzip(packed: Delivered) -> bytes:
    try:
        return gzip.decompress(packed.path.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise packed.damaged(f"the gzip data is damaged or cut off ({error})") from error


def _unzip(packed: Delivered, member: str | None) -> bytes:
    try:
        with zipfile.ZipFile(packed.path) as archive:
            return archive.read(_member(packed, archive, member))
    except SourceUnreadable:
        raise
    # A damaged archive makes zipfile raise nearly anything: struct.error, NotImplementedError, ...
    except Exception as error:
        if isinstance(error, RuntimeError) and "password" in str(error):
            raise packed.damaged("is encrypted", "ask for it without a password") from error
        raise packed.damaged("the zip archive is damaged or cut off") from error


def _member(packed: Delivered, archive: zipfile.ZipFile, member: str | None) -> str:
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    if member is None and len(names) == 1:
        return names[0]
    if member is not None and member in names:
        return member
    holds = ", ".join(names[:LISTED]) or "nothing"
    wanted = f"has no member {member!r}" if member else f"holds {len(names)} files"
    raise packed.damaged(wanted, f"name one with the option `member`: it holds {holds}")


def _near(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no folder {folder}: create it or correct the path"
    names = sorted(entry.name for entry in folder.iterdir())
    near = difflib.get_close_matches(path.name, names, n=3) or names[:LISTED]
    if not near:
        return f"the folder {folder} is empty: put the file there or correct the path"
    listed = ", ".join(near)
    more = f" and {len(names) - len(near)} more" if len(names) > len(near) else ""
    return f"the folder {folder} holds {listed}{more}"
