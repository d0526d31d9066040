"""What differs between a batch, its contract and the stored table, and what follows: pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

import polars as pl

from dq_monitor.model.difference import Change, Difference, Fate
from dq_monitor.model.pack import ColumnContract, Contract, Evolution, OnExtra, OnMismatch
from dq_monitor.model.types import column_type, parts_of, type_name
from dq_monitor.model.widening import widens

RESCUED = "_rescued"
SIMILAR = 0.6  # of names, as difflib measures it
EXTRA = {
    OnExtra.KEEP: Fate.KEPT,
    OnExtra.DROP: Fate.DROPPED,
    OnExtra.REJECT: Fate.REFUSED,
    OnExtra.RESCUE: Fate.RESCUED,
}


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """The columns of the table that a batch goes into.

    Those in `required` hold no null there. `replaced` says that none of its rows stay, so that the
    contract decides on types alone. `whole` says that a row of the batch takes the place of a
    stored one: what it lacks would be lost.
    """

    schema: pl.Schema
    required: frozenset[str] = frozenset()
    replaced: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Sides:
    """A batch, and what it is held against."""

    contract: Contract
    stored: StoredColumns | None
    batch: pl.Schema

    @property
    def rescues(self) -> bool:
        """Return whether the table has a column for what does not fit."""
        columns = self.contract.columns.values()
        return (
            self.contract.on_extra is OnExtra.RESCUE
            or self.contract.on_mismatch is OnMismatch.RESCUE
            or any(column.on_mismatch is OnMismatch.RESCUE for column in columns)
        )

    @property
    def known(self) -> list[str]:
        """Return the columns that are expected: in the table's order, the contract's new ones last.

        Where a column for what does not fit is kept, it is no matter whether it comes.
        """
        there = self.stored.schema if self.stored else {}
        names = dict.fromkeys([*there, *self.contract.columns])
        return [name for name in names if not (name == RESCUED and self.rescues)]

    @property
    def extra(self) -> list[str]:
        """Return the columns of the batch that the contract does not name; without one, the new."""
        named = self.contract.columns or (self.stored.schema if self.stored else self.batch)
        mine = {RESCUED} if self.rescues else set()
        return [name for name in self.batch if name not in named and name not in mine]

    def promised(self, name: str) -> ColumnContract | None:
        """Return what the contract says of a column."""
        return self.contract.columns.get(name)

    def goal(self, name: str) -> pl.DataType:
        """Return the type in which an expected column is written."""
        promised, stored = self.promised(name), self.stored
        there = stored.schema.get(name) if stored else None
        if promised is None or (there is not None and stored and not stored.replaced):
            return there or self.batch[name]
        return column_type(promised.type)

    def fits(self, name: str) -> bool:
        """Say whether a column that came holds nothing but values of its expected types."""
        came, promised = self.batch[name], self.promised(name)
        wanted = [self.goal(name), *([column_type(promised.type)] if promised else [])]
        return all(came == w or (widens(came, w) and not self._is_strict) for w in wanted)

    def fate_of_type(self, name: str) -> Fate:
        """Return what becomes of an expected column that came, by its type."""
        if self.fits(name):
            return Fate.KEPT if self.batch[name] == self.goal(name) else Fate.CAST
        promised = self.promised(name)
        policy = (promised.on_mismatch if promised else None) or self.contract.on_mismatch
        if policy is OnMismatch.DROP and not self._must_be_there(name):
            return Fate.DROPPED
        if policy is OnMismatch.RESCUE and name not in self._required:
            return Fate.RESCUED if rescuable(self.batch[name]) else Fate.REFUSED
        return Fate.REFUSED

    def fate_of_extra(self, name: str) -> Fate:
        """Return what becomes of a column that nobody expects."""
        fate = EXTRA[self.contract.on_extra]
        if fate is Fate.RESCUED and not rescuable(self.batch[name]):
            return Fate.REFUSED
        strict = self._is_strict and self.stored is not None
        return Fate.REFUSED if fate is Fate.KEPT and strict and self.is_new(name) else fate

    def fate_of_missing(self, name: str) -> Fate:
        """Return what becomes of an expected column that did not come."""
        lost = self.stored is not None and self.stored.whole and not self.is_new(name)
        return Fate.REFUSED if self._must_be_there(name) or self._is_strict or lost else Fate.NULL

    @property
    def _is_strict(self) -> bool:
        return self.contract.evolution is Evolution.STRICT

    @property
    def _required(self) -> frozenset[str]:
        return self.stored.required if self.stored else frozenset()

    def _must_be_there(self, name: str) -> bool:
        promised = self.promised(name)
        return name in self._required or (promised is not None and not promised.nullable)

    def is_new(self, name: str) -> bool:
        """Say whether the table lacks a column."""
        return self.stored is None or name not in self.stored.schema


def differences(
    contract: Contract, stored: StoredColumns | None, batch: pl.Schema
) -> tuple[Difference, ...]:
    """Return every difference of a batch from its contract and its table, and its fate.

    Without a table the contract alone speaks, without columns in the contract the table alone.
    """
    sides = Sides(contract, stored, batch)
    missing = [name for name in sides.known if name not in batch]
    others = dict(_other_cases(sides))
    twins = _twins(sides, missing, [name for name in sides.extra if name not in others])
    paired = {*twins.values()}
    return (
        *(
            _missing(sides, name, twins.get(name))
            for name in missing
            if name not in others.values()
        ),
        *(d for name in sides.known if name in batch for d in _typed(sides, name)),
        *_begun(sides),
        *(_cased(sides, name, known) for name, known in others.items()),
        *(d for n in sides.extra if n not in paired and n not in others for d in _extra(sides, n)),
        *_reordered(sides),
    )


def rescuable(dtype: pl.DataType) -> bool:
    """Say whether values can be written as JSON text without loss; bytes only outside of lists."""
    inner = parts_of(dtype)
    if any(isinstance(part, pl.Binary) or not rescuable(part) for part in inner):
        return False
    return not isinstance(dtype, pl.Object | pl.Unknown)


def _missing(sides: Sides, name: str, twin: str | None) -> Difference:
    fate = sides.fate_of_missing(name)
    if twin is None:
        return Difference(Change.REMOVED, name, type_name(sides.goal(name)), "", fate)
    # As null it would be lost silently, unless its values are kept in the column for the rescued.
    additive = sides.contract.evolution is Evolution.ADDITIVE
    if additive and sides.promised(name) and sides.fate_of_extra(twin) is not Fate.RESCUED:
        fate = Fate.REFUSED
    return Difference(Change.RENAMED, name, name, twin, fate)


def _typed(sides: Sides, name: str) -> Iterator[Difference]:
    came, promised = sides.batch[name], sides.promised(name)
    wanted = column_type(promised.type) if promised else sides.goal(name)
    if came == wanted or widens(came, wanted):
        # It keeps the contract; then the table is what it may not fit.
        wanted = sides.goal(name) if came == wanted or not sides.fits(name) else wanted
    if came == wanted:
        return
    kind = Change.RETYPED
    if isinstance(came, pl.Null) and promised and not promised.nullable:
        kind = Change.NULLABILITY
    elif widens(came, wanted):
        kind = Change.NARROWED
    elif widens(wanted, came):
        kind = Change.WIDENED
    yield Difference(kind, name, type_name(wanted), type_name(came), sides.fate_of_type(name))


def _begun(sides: Sides) -> Iterator[Difference]:
    """Yield the columns that the contract names and the table is yet to get."""
    strict = sides.contract.evolution is Evolution.STRICT
    for name in sides.contract.columns:
        if sides.stored and sides.is_new(name) and name in sides.batch and name in sides.known:
            fate = Fate.REFUSED if strict else Fate.KEPT
            yield Difference(Change.ADDED, name, "", type_name(sides.batch[name]), fate)


def _extra(sides: Sides, name: str) -> Iterator[Difference]:
    fate = sides.fate_of_extra(name)
    if fate is not Fate.KEPT or sides.stored is None or name not in sides.stored.schema:
        yield Difference(Change.ADDED, name, "", type_name(sides.batch[name]), fate)


def _cased(sides: Sides, name: str, known: str) -> Difference:
    fate = sides.fate_of_extra(name)
    lost = known not in sides.batch and fate is not Fate.RESCUED
    return Difference(
        Change.CASE, known, known, name, Fate.REFUSED if lost or fate is Fate.KEPT else fate
    )


def _other_cases(sides: Sides) -> Iterator[tuple[str, str]]:
    """Yield the columns that are called like expected ones but for the case of their letters."""
    known = {name.lower(): name for name in sides.known}
    for name in sides.batch:
        if name not in sides.known and name.lower() in known:
            yield name, known[name.lower()]


def _twins(sides: Sides, missing: list[str], extra: list[str]) -> dict[str, str]:
    """Return, by missing column, the new one that it may have become.

    That is one of the same type: for a promised column any, else one of a similar name or place.
    """
    places = {name: place for place, name in enumerate(sides.known)}
    come = {name: place for place, name in enumerate(sides.batch)}
    found: dict[str, str] = {}
    for name in missing:
        near = {
            other: _likeness(name, other) + (places[name] == come[other])
            for other in extra
            if other not in found.values()
            and sides.is_new(other)
            and sides.batch[other] == sides.goal(name)
        }
        best = max(near, key=near.__getitem__, default=None)
        if best is not None and (sides.promised(name) or near[best] >= SIMILAR):
            found[name] = best
    return found


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _reordered(sides: Sides) -> Iterator[Difference]:
    expected = [name for name in sides.known if name in sides.batch]
    come = [name for name in sides.batch if name in set(expected)]
    for place, (wanted, name) in enumerate(zip(expected, come, strict=True), 1):
        if wanted != name:
            before = str(expected.index(name) + 1)
            yield Difference(Change.REORDERED, name, before, str(place))
            return
