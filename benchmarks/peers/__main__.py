"""Runs one peer in its own environment: `python -m benchmarks.peers NAME RULES.json SOURCE`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measure import report_child


def main(name: str, rules: str, source: str) -> None:
    """Ask the rules of the Parquet file and print what was found, the time and the memory."""
    peer = import_module(f"benchmarks.peers.{name}")
    for library in peer.LIBRARIES:
        import_module(library)
    asked = json.loads(Path(rules).read_text(encoding="utf-8"))
    report_child(lambda: peer.count(asked, Path(source)))


if __name__ == "__main__":
    main(*sys.argv[1:])
