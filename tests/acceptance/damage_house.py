"""Damages files and reads them, in a process of its own: prints as JSON what came of it.

`python -m tests.acceptance.damage_house KIND FROM TO FOLDER` reads the damages with these seeds.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from dq_monitor.errors import SourceUnreadable
from dq_monitor.registry import plug
from dq_monitor.sources import reading

ROWS = pl.DataFrame(
    {
        "n": range(400),
        "x": [n / 7 for n in range(400)],
        "word": [f"w{n % 37}" for n in range(400)],
        "day": [date(2013, 1, 1) + timedelta(n % 90) for n in range(400)],
    }
)


def whole(kind: str) -> bytes:
    """Return a file as it should come."""
    content = io.BytesIO()
    ROWS.write_csv(content) if kind == "csv" else ROWS.write_parquet(content, row_group_size=100)
    return content.getvalue()


def damaged(content: bytes, seed: int) -> bytes:
    """Return the file with up to 8 flipped bits, or cut off anywhere."""
    rand = random.Random(seed)  # noqa: S311 - repeatable damage
    if seed % 4 == 0:
        return content[: rand.randrange(len(content))]
    changed = bytearray(content)
    for place in {rand.randrange(len(content)) for _ in range(rand.randint(1, 8))}:
        changed[place] ^= 1 << rand.randrange(8)
    return bytes(changed)


def read(kind: str, path: Path, expected: pl.DataFrame, *, manifest: bool) -> str:
    """Return in a word what reading the file came to."""
    try:
        source = plug("dq_monitor.sources", kind, "source")()
        frame = source.scan(str(path), {"manifest": manifest})
        with reading({str(path): frame}):
            rows = frame.collect()
    except SourceUnreadable:
        return "unreadable"
    except BaseException as error:  # noqa: BLE001 - whatever else is a defect, and is counted
        return f"traceback: {type(error).__name__}"
    return "same" if rows.equals(expected) else "other"


def main(kind: str, first: int, last: int, folder: Path) -> None:
    """Read each damaged file twice: by itself, and with a manifest."""
    content, path = whole(kind), folder / f"in.{kind}"
    (folder / f"{path.name}.sha256").write_text(hashlib.sha256(content).hexdigest())
    path.write_bytes(content)
    found = {"alone": Counter[str](), "with manifest": Counter[str]()}
    expected = pl.read_csv(path) if kind == "csv" else ROWS
    found["with manifest"][f"whole: {read(kind, path, expected, manifest=True)}"] += 1
    for seed in range(first, last):
        path.write_bytes(damaged(content, seed))
        found["alone"][read(kind, path, expected, manifest=False)] += 1
        found["with manifest"][read(kind, path, expected, manifest=True)] += 1
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
