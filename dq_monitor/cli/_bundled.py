"""Finds what travels with the package: the reference packs and the dashboard."""

from __future__ import annotations

from pathlib import Path

from dq_monitor.errors import DqmError

_PACKAGE = Path(__file__).resolve().parents[1]


def bundled(name: str) -> Path:
    """Return the folder `rules` or `dashboard`, wherever this installation keeps it.

    In a wheel it lies inside the package, in a checkout beside it.
    """
    places = (_PACKAGE / "_bundled" / name, _PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise DqmError(
        f"folder {name!r} is missing from this installation ({places[0]})",
        fix="install dq-monitor again",
    )
