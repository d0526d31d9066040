"""Virtual environments for the peers, one each, so that nobody's versions bind anybody else's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).parent / ".peers"


def python_of(peer: str) -> Path:
    """Return the interpreter of a peer's environment, made anew when its requirements change."""
    requirements: Sequence[str] = import_module(f"benchmarks.peers.{peer}").REQUIREMENTS
    folder = FOLDER / peer
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = "\n".join(requirements)
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        _uv("venv", "--clear", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--python", str(python), *requirements)
        installed.write_text(wanted, encoding="utf-8")
    return python


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)
