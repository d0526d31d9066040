"""Reads YAML text into nodes that know their line and column, in bounded work.

Nodes are built from the parser's events, not by PyYAML's composer: that one recurses without a
limit (200,000 nested brackets end the process with a segmentation fault), keeps the last of two
equal keys and follows aliases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from dq_monitor.packs import syntax
from dq_monitor.packs.report import START, Mark, Report, cut
from dq_monitor.packs.scalars import Scalar, resolve

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 200_000
NO_CHARACTER = re.compile("[\0\ud800-\udfff]")
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the file. `keys` holds where each key of a mapping stands."""

    mark: Mark
    value: Scalar | list[Node] | dict[str, Node]
    keys: Mapping[str, Mark] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """Return the value under `key` of a mapping, None where there is none."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def children(self) -> Iterable[Node]:
        """Return the values of a mapping or the entries of a list; nothing for a plain value."""
        if isinstance(self.value, dict):
            return self.value.values()
        return self.value if isinstance(self.value, list) else ()

    def plain(self) -> Any:
        """Return the value as Python's own lists and dicts."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class _Stopped(Exception):
    """Reading on makes no sense; the problem is in the report."""


def read(text: str, report: Report) -> Node | None:
    """Return the file's one document; None when it cannot be used, with the reasons in `report`."""
    if not _acceptable(text, report):
        return None
    try:
        return _Composer(report).document(yaml.parse(text, Loader=LOADER))
    except _Stopped:
        return None
    except yaml.YAMLError as error:
        report.add(*syntax.explain(error, text))
    except (ValueError, OverflowError, RecursionError) as error:
        report.add(START, f"this file cannot be read as YAML: {error}")
    return None


def _acceptable(text: str, report: Report) -> bool:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        mark = syntax.mark_of(text, error.start)
        report.add(mark, "a half of a surrogate pair is no character: save the file as UTF-8")
        return False
    if size > MAX_BYTES:
        report.add(START, f"the file has {size:,} bytes, the limit is {MAX_BYTES:,}: split it")
    return size <= MAX_BYTES


class _Composer:
    """Turns one document's events into nodes."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.nodes = 0

    def document(self, events: Iterator[Any]) -> Node | None:
        """Read the whole stream, which must hold exactly one document."""
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self._stop(_mark(event), "a second document begins here: one file holds one pack")
            elif isinstance(event, yaml.NodeEvent):
                root = self._node(event, events, depth=1)
        if root is None or root.value is None:
            self._stop(START, "the file is empty: a pack needs at least `table` and `rules`")
        return root

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        self._admit(event, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(_mark(event), self._sequence(events, depth))
        if isinstance(event, yaml.MappingStartEvent):
            keys: dict[str, Mark] = {}
            return Node(_mark(event), self._mapping(events, depth, keys), keys)
        if isinstance(event, yaml.ScalarEvent):
            return Node(_mark(event), self._scalar(event))
        return Node(_mark(event), None)

    def _sequence(self, events: Iterator[Any], depth: int) -> list[Node]:
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, depth + 1))
        return items

    def _mapping(self, events: Iterator[Any], depth: int, keys: dict[str, Mark]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key, mark = self._key(event), _mark(event)
            node = self._node(next(events), events, depth + 1)
            if key in entries:
                self.report.add(
                    mark, f"key {cut(key)!r} is given twice, first in line {keys[key].line}"
                )
                continue
            entries[key], keys[key] = node, mark
        return entries

    def _key(self, event: Any) -> str:
        """Return a key as text whatever it looks like: a column may be called 2013 or true."""
        self._admit(event, depth=0)
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(_mark(event), "a key must be plain text, not a list or a mapping")
        if event.value == "<<" and not event.style:
            self._stop(_mark(event), "merge keys (<<) are not allowed: write the entries out")
        if not event.value:
            self._stop(_mark(event), "a key is missing before this ':'")
        self._clean(event)
        return str(event.value)

    def _scalar(self, event: Any) -> Scalar:
        if not self._clean(event):
            return ""
        if event.style:
            return str(event.value)
        try:
            return resolve(event.value)
        except ValueError as error:
            self.report.spoil(_mark(event), str(error))
            return 0

    def _clean(self, event: Any) -> bool:
        if found := NO_CHARACTER.search(event.value):
            what = "a NUL character" if found[0] == "\0" else "a half of a surrogate pair"
            self.report.spoil(_mark(event), f"{what} has no place in a pack: remove it")
        return found is None

    def _admit(self, event: Any, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._stop(_mark(event), f"more than {MAX_NODES:,} values: split the pack")
        if depth > MAX_DEPTH:
            self._stop(
                _mark(event), f"nested more than {MAX_DEPTH} levels deep: no pack needs that"
            )
        if isinstance(event, yaml.AliasEvent):
            self._forbid(event, f"aliases (*{cut(event.anchor or '')})", "write the value out")
        elif event.anchor is not None:
            self._forbid(event, f"anchors (&{cut(event.anchor)})", "remove it")
        if getattr(event, "tag", None) is not None:
            self._forbid(event, f"tags ({cut(event.tag)})", "write the plain value")

    def _forbid(self, event: Any, what: str, fix: str) -> None:
        self.report.spoil(_mark(event), f"{what} are not allowed: {fix}")

    def _stop(self, mark: Mark, message: str) -> None:
        self.report.add(mark, message)
        raise _Stopped


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
