"""Holds delivered files against what their sender says of them: size and SHA-256."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dq_monitor.errors import PipelineInvalid, SourceUnreadable
from dq_monitor.sources._files import digest
from dq_monitor.sources._options import FileOptions
from dq_monitor.sources._unreadable import AGAIN, blame

BESIDE = "manifest.json"
SIDECAR = ".sha256"
LARGEST = 64 << 20
_SUM = re.compile(r"([0-9a-fA-F]{64})(?:[ \t]+\*?(.+))?")
_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Promise:
    """What is said of one file; at least one of the two."""

    size: int | None = None
    sha256: str | None = None


def verify(files: Sequence[Path], path: str, options: FileOptions) -> None:
    """Read the files once and raise SourceUnreadable for the first that is not as promised.

    Readers take damage for data more often than not: about a quarter of Parquet files with flipped
    bits read as other values.
    """
    if options.sha256 is not None or options.size is not None:
        if len(files) != 1:
            raise PipelineInvalid(
                f"source {path}: `sha256` and `size` speak of one file, the glob names"
                f" {len(files)}",
                fix="name one file, or give a `manifest`",
            )
        _hold(files[0], Promise(options.size, options.sha256))
    if options.manifest is not False:
        manifest = "" if options.manifest is True else options.manifest
        for file in files:
            _hold(file, _promise(file, manifest))
        _require_all(files, path, manifest)


def _hold(file: Path, promise: Promise) -> None:
    try:
        size = file.stat().st_size
        # The size is known without reading, and most files that were cut off differ in it.
        wanted = promise.sha256 is not None and promise.size in {None, size}
        actual = digest(file) if wanted else ""
    except OSError as error:
        raise blame(error, str(file)) from error
    if promise.size is not None and size != promise.size:
        raise _unlike(file, f"has {size:,} bytes, its manifest says {promise.size:,}")
    if promise.sha256 is not None and actual != promise.sha256.lower():
        said = promise.sha256.lower()
        raise _unlike(file, f"has SHA-256 {actual}, its manifest says {said}")


def _unlike(file: Path, reason: str, fix: str = AGAIN) -> SourceUnreadable:
    return SourceUnreadable(f"{file}: {reason}", fix=fix, path=str(file))


def _promise(file: Path, manifest: str) -> Promise:
    """Return what the file's manifest says of it; raise SourceUnreadable when it says nothing."""
    place = _place(file, manifest)
    if place is None:
        names = f"{file.name}{SIDECAR} or {BESIDE}"
        raise _unlike(file, f"has no manifest: {names} is not there", "ask for its manifest")
    said = _read(place)
    promise = said.get(file.name) or (said.get("") if place.suffix == SIDECAR else None)
    if promise is None:
        raise _unlike(file, f"is not in its manifest {place.name}", "ask for the manifest again")
    return promise


def _place(file: Path, manifest: str) -> Path | None:
    """Return where the manifest of a file lies; without a name it is one of two beside it."""
    if manifest:
        return file.parent / manifest
    beside = (file.with_name(file.name + SIDECAR), file.with_name(BESIDE))
    return next((place for place in beside if place.is_file()), None)


def _require_all(files: Sequence[Path], path: str, manifest: str) -> None:
    """Raise SourceUnreadable for files of the glob that a manifest lists and that did not come."""
    places = {_place(file, manifest) for file in files}
    for place in sorted(p for p in places if p is not None and p.suffix != SIDECAR):
        for name in _read(place):
            file = place.parent / name
            if file.match(Path(path).name) and not file.is_file():
                raise _unlike(file, f"is in the manifest {place.name} and did not come")


def _read(place: Path) -> Mapping[str, Promise]:
    """Return what a manifest says, by file name; raise SourceUnreadable when it cannot be read."""
    try:
        with place.open(encoding="utf-8-sig") as content:
            text = content.read(LARGEST)
        said = dict(_json(text) if text.lstrip().startswith(("{", "[")) else _sums(text))
    except OSError as error:
        raise blame(error, str(place)) from error
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        raise _unlike(place, "is no manifest that can be read", "ask for it again") from error
    return said


def _sums(text: str) -> Iterator[tuple[str, Promise]]:
    """Read lines as `sha256sum` writes them; a line without a name is of the file beside it."""
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _SUM.fullmatch(line)
        if not found:
            raise ValueError("no line of sha256sum")
        yield Path(found[2] or "").name, Promise(sha256=found[1])


def _json(text: str) -> Iterator[tuple[str, Promise]]:
    """Read `{"files": [{"path": ..., "size": ..., "sha256": ...}]}`, or a mapping by name."""
    said: Any = json.loads(text)
    listed = said.get("files", said) if isinstance(said, dict) else said
    if isinstance(listed, dict):
        listed = [{"path": name, **about} for name, about in listed.items()]
    for one in listed:
        size, sha256 = one.get("size"), one.get("sha256")
        is_size = type(size) is int and size >= 0
        is_digest = isinstance(sha256, str) and _HEX.fullmatch(sha256) is not None
        if not (is_size or size is None) or not (is_digest or sha256 is None) or size is sha256:
            raise ValueError("neither a size nor a SHA-256, or not written as one")
        yield Path(one["path"]).name, Promise(size, sha256)
