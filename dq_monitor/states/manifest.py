"""What an index of keys consists of: one small file that is replaced at once, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from dq_monitor.states.runs import Damaged, Run

MANIFEST = "index.json"


@dataclass(frozen=True, slots=True)
class Index:
    """The keys of one question in the files of one version of a table.

    `suspects` holds the keys that occurred more than once, with how often they do now. `alike`
    holds for hashed keys the real ones of these, the same way. `gave_up` says that there were too
    many.
    """

    version: int
    runs: tuple[Run, ...]
    suspects: pl.DataFrame
    alike: pl.DataFrame | None = None
    gave_up: bool = False

    @property
    def files(self) -> frozenset[str]:
        """Return the ids of the data files whose keys are in the index and count."""
        times: dict[str, int] = {}
        for run in self.runs:
            for name in run.files:
                times[name] = times.get(name, 0) + run.sign
        return frozenset(name for name, count in times.items() if count > 0)

    @property
    def rows(self) -> int:
        """Return how many rows have a key."""
        return sum(run.sign * run.rows for run in self.runs)


def save(folder: Path, index: Index) -> None:
    """Make `index` the one that is read from now on, and take away what it no longer holds."""
    frames = {"suspects": index.suspects, "alike": index.alike}
    kept = {name: _write(folder, frame) for name, frame in frames.items() if frame is not None}
    body = json.dumps(
        {
            "version": index.version,
            "gave_up": index.gave_up,
            "runs": [asdict(run) for run in index.runs],
            "frames": kept,
        }
    )
    temporary = folder / f"{uuid.uuid4().hex}.part"
    temporary.write_text(f"{_digest(body.encode())}\n{body}", encoding="utf-8")
    os.replace(temporary, folder / MANIFEST)  # noqa: PTH105 - atomic, and says so
    used = {MANIFEST, *(run.name for run in index.runs), *(name for name, _ in kept.values())}
    for file in folder.iterdir():
        if file.name not in used:
            file.unlink(missing_ok=True)


def load(folder: Path) -> Index | None:
    """Return the index in a folder; None where there is none. Raises Damaged."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Damaged(str(folder)) from error
    digest, _, body = text.partition("\n")
    if digest != _digest(body.encode()):
        raise Damaged(MANIFEST)
    found = json.loads(body)
    frames = {name: _read(folder, *kept) for name, kept in found["frames"].items()}
    return Index(
        found["version"],
        tuple(_run(run) for run in found["runs"]),
        frames["suspects"],
        frames.get("alike"),
        found["gave_up"],
    )


def _run(found: dict[str, object]) -> Run:
    blocks: list[list[int]] = found["blocks"]  # type: ignore[assignment]  # as it was written
    files: list[str] = found["files"]  # type: ignore[assignment]
    name, sign, rows = found["name"], found["sign"], found["rows"]
    return Run(name, tuple(files), sign, rows, tuple((a, b, c) for a, b, c in blocks))  # type: ignore[arg-type]


def _write(folder: Path, frame: pl.DataFrame) -> tuple[str, str]:
    name, content = f"{uuid.uuid4().hex}.frame", io.BytesIO()
    frame.write_ipc(content)
    (folder / name).write_bytes(content.getvalue())
    return name, _digest(content.getvalue())


def _read(folder: Path, name: str, digest: str) -> pl.DataFrame:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise Damaged(name) from error
    if _digest(content) != digest:
        raise Damaged(name)
    return pl.read_ipc(io.BytesIO(content))


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
