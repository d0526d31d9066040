"""Finds plugs: one file in a folder is one plug, and the file's name is its name in YAML."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import Any

from dq_monitor.errors import UnknownName


@cache
def plugs(package: str) -> Mapping[str, type]:
    """Return the plugs of `package` (such as `dq_monitor.checks`) by name, sorted.

    A plug is the one public class that a module defines itself; modules whose name begins with an
    underscore hold what plugs share and are passed over.
    """
    found = {}
    for module in _modules(package):
        name = module.__name__.rpartition(".")[2]
        found[name] = _public_class(module)
    return MappingProxyType(dict(sorted(found.items())))


def plug(package: str, name: str, what: str) -> type:
    """Return the plug called `name`; raise UnknownName with the nearest known one.

    `what` is the plug's word in messages: "check", "channel", "source".
    """
    known = plugs(package)
    if name not in known:
        raise UnknownName(f"{what} {name!r}", fix=suggest(name, known))
    return known[name]


def installed(group: str, name: str, what: str) -> Any:
    """Return what an installed package offers as `name` in an entry point group.

    Raises UnknownName with the nearest name, and whatever the package raises when it is imported.
    """
    known = {entry.name: entry for entry in entry_points(group=group)}
    if name not in known:
        fix = suggest(name, known) if known else f"no package offers any in {group!r}: install one"
        raise UnknownName(f"{what} {name!r}", fix=fix)
    return known[name].load()


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?`, or the list of what is known when nothing is near."""
    names = sorted(map(str, known))  # an enum's member by its value
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"


def or_near(fix: str, name: str, known: Iterable[str]) -> str:
    """Return the fix for a name that is not there, and before it the nearest of those that are."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}? If not, {fix}" if near else fix


def _modules(package: str) -> Iterable[ModuleType]:
    folder = importlib.import_module(package)
    for entry in pkgutil.iter_modules(folder.__path__):
        if not entry.name.startswith("_") and not entry.ispkg:
            yield importlib.import_module(f"{package}.{entry.name}")


def _public_class(module: ModuleType) -> type:
    classes = [
        member
        for name, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and not name.startswith("_")
    ]
    if len(classes) != 1:
        names = ", ".join(c.__name__ for c in classes) or "none"
        raise TypeError(f"{module.__name__} must define one public class, it defines: {names}")
    return classes[0]
