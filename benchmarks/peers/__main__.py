"""Runs one peer in its own environment: `python -m benchmarks.peers NAME RULES.json SOURCE`.

With a fourth argument, a folder, the peer writes the good rows and the bad ones to tables in it.
"""

from __future__ import annotations

import json
import shutil
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.measure import report_child


def main(name: str, rules: str, source: str, target: str = "") -> None:
    """Ask the rules of the Parquet file and print what was found, the time and the memory."""
    peer = import_module(f"benchmarks.peers.{name}")
    for library in peer.LIBRARIES:
        import_module(library)
    asked = json.loads(Path(rules).read_text(encoding="utf-8"))
    if not target:
        report_child(lambda: peer.count(asked, Path(source)))
        return
    shutil.rmtree(target, ignore_errors=True)
    Path(target).mkdir(parents=True)
    report_child(lambda: {"kept": peer.write(asked, Path(source), Path(target))})
    shutil.rmtree(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
