"""Which source reads a file, by the ending of its name."""

from __future__ import annotations

from pathlib import PurePath

PACKED = (".zip", ".gz")
OTHER_NAMES = {"jsonl": "ndjson", "pq": "parquet", "txt": "csv", "tsv": "csv"}


def kind_of(path: str) -> str:
    """Return the source's name: `csv` for `flights.csv.zip`; empty without an ending."""
    endings = [e.lower() for e in PurePath(path).suffixes if e.lower() not in PACKED]
    ending = endings[-1].lstrip(".") if endings else ""
    return OTHER_NAMES.get(ending, ending)
