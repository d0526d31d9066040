"""Which files a question still has to be asked of, and in which portions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dq_monitor.engines.rule_states import RuleState
from dq_monitor.model.remembered import Remembered
from dq_monitor.states.files import DataFile
from dq_monitor.states.spelling import read

# Small files are read together: each pass costs some milliseconds, however few its rows are.
PORTION_BYTES = 64 * 1024 * 1024
PORTION_FILES = 64

Ids = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """What is known of one question: states of files that do not overlap, and the files left."""

    states: tuple[RuleState, ...]
    missing: Ids


def covers(
    files: Sequence[DataFile], keys: Mapping[str, str], known: Sequence[Remembered]
) -> dict[str, Cover]:
    """Return by rule id what is known of the files of a version; `keys` are fingerprints."""
    current = [file.id for file in files]
    there = set(current)
    units = [one for one in known if there.issuperset(one.files)]
    units.sort(key=lambda one: (-len(one.files), one.files))
    return {rule_id: _cover(current, key, units) for rule_id, key in keys.items()}


def portions(files: Sequence[DataFile]) -> Iterator[Sequence[DataFile]]:
    """Yield the files in portions: large ones alone, small ones together."""
    some: list[DataFile] = []
    size = 0
    for file in files:
        if some and (size + file.stored.size > PORTION_BYTES or len(some) == PORTION_FILES):
            yield some
            some, size = [], 0
        some.append(file)
        size += file.stored.size
    if some:
        yield some


def by_missing(found: Mapping[str, Cover]) -> Iterable[tuple[Ids, list[str]]]:
    """Return the rules that have to be asked of the same files, with these."""
    asked: dict[Ids, list[str]] = defaultdict(list)
    for rule_id, cover in found.items():
        if cover.missing:
            asked[cover.missing].append(rule_id)
    return asked.items()


def _cover(current: Sequence[str], key: str, units: Sequence[Remembered]) -> Cover:
    covered: set[str] = set()
    states: list[RuleState] = []
    for unit in units:
        text = unit.states.get(key)
        if text is None or not covered.isdisjoint(unit.files):
            continue
        try:
            states.append(read(text))
        except (ValueError, TypeError, KeyError):
            continue  # damaged: it is measured again
        covered.update(unit.files)
    return Cover(tuple(states), tuple(name for name in current if name not in covered))
