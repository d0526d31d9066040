"""Loads packs from text, files and folders: all typed, or one error that lists all there is."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dq_monitor.errors import PackInvalid
from dq_monitor.model.care import Care, Compaction, Vacuum
from dq_monitor.model.pack import (
    ColumnContract,
    Contract,
    Freshness,
    GatePolicy,
    Pack,
    PackTest,
    QuarantinePolicy,
    Schedule,
)
from dq_monitor.model.rule import Place, Rule
from dq_monitor.model.storage import Storage
from dq_monitor.packs.catalog import Catalog, catalog
from dq_monitor.packs.document import MAX_BYTES, Node, read
from dq_monitor.packs.fingerprint import fingerprint
from dq_monitor.packs.models import read_model
from dq_monitor.packs.promises import promised
from dq_monitor.packs.references import check_references
from dq_monitor.packs.report import START, Report, refuse, shown
from dq_monitor.packs.rules import RuleSet, admit, read_rules
from dq_monitor.packs.shape import CareShape, ContractShape, PackShape
from dq_monitor.packs.syntax import mark_of
from dq_monitor.packs.typed import check_types
from dq_monitor.packs.validate import shape_of, validate

Checks = Mapping[str, type]
ENDINGS = {".yaml", ".yml"}
UNBUILT = {
    ("extend",): "`extend` is not supported: write the rules into this pack",
    ("freshness", "calendar"): "`calendar` is not supported: choose warn_after for the longest gap",
}


def parse_pack(text: str, file: str, checks: Checks | None = None) -> Pack:
    """Return the pack that `text` holds; raise PackInvalid with all its errors.

    `file` is the name in messages. `checks` are the checks by name; by default all installed ones.
    """
    report = Report(file)
    pack = _parse(text, report, catalog(checks))
    refuse(report.problems)
    if pack is None:
        raise PackInvalid(f"{file} holds no pack")
    return pack


def load_pack(path: Path, checks: Checks | None = None) -> Pack:
    """Return the pack in the file `path`; raise PackInvalid with all its errors."""
    return next(iter(load_files([path], checks).values()))


def load_packs(folder: Path, checks: Checks | None = None) -> dict[str, Pack]:
    """Return the packs of a folder and the folders in it, by the table they guard.

    One error in one file and none is loaded: PackInvalid lists those of all files.
    """
    return load_files(pack_files(folder), checks)


def load_files(files: Sequence[Path], checks: Checks | None = None) -> dict[str, Pack]:
    """Return the packs in `files` by the table they guard; raise PackInvalid for all errors."""
    known = catalog(checks)
    packs: dict[str, Pack] = {}
    problems = []
    for path in files:
        report = Report(str(path))
        text = _text(path, report)
        pack = _parse(text, report, known) if text is not None else None
        if pack is not None:
            _admit(pack, packs, report)
        problems += report.problems
    refuse(problems)
    return packs


def pack_files(folder: Path) -> list[Path]:
    """Return the YAML files under `folder`, sorted; hidden ones are passed over."""
    if not folder.is_dir():
        raise PackInvalid(
            f"the folder {folder} is not there",
            fix="name it in dqm.toml (rules = ...), in DQM_RULES, or on the command line",
        )
    found = (path for path in folder.rglob("*") if path.suffix in ENDINGS and path.is_file())
    return sorted(path for path in found if not _hidden(path.relative_to(folder)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _admit(pack: Pack, packs: dict[str, Pack], report: Report) -> None:
    twins = [other for other in packs.values() if pack.table == other.table]
    twins += [other for other in packs.values() if pack.name == other.name and other not in twins]
    for other in twins:
        what = f"table {pack.table!r}" if pack.table == other.table else f"pack {pack.name!r}"
        report.add(START, f"{what} is already in {other.file}: one pack guards one table")
    for other in packs.values():
        inner, outer = sorted((pack, other), key=lambda one: -len(one.table))
        if inner.table.startswith(f"{outer.table}."):
            report.add(
                START,
                f"table {inner.table!r} would lie in the folder of table {outer.table!r} "
                f"({other.file}): put {outer.table!r} into a layer, such as bronze.{outer.table}",
            )
    packs.setdefault(pack.table, pack)


def _text(path: Path, report: Report) -> str | None:
    try:
        if not path.is_file():
            report.add(START, "is no file" if path.exists() else "the file is not there")
            return None
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        report.add(START, f"the file cannot be read: {error.strerror}")
        return None
    return _decoded(raw, report)


def _decoded(raw: bytes, report: Report) -> str | None:
    if len(raw) > MAX_BYTES:
        report.add(START, f"the file has more than {MAX_BYTES:,} bytes, the limit: split it")
        return None
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode(errors="replace")
        report.add(mark_of(before, len(before)), "this byte is not UTF-8: save the file as UTF-8")
        return None


def _parse(text: str, report: Report, known: Catalog) -> Pack | None:
    node = read(text, report)
    if node is None:
        return None
    if not isinstance(node.value, dict):
        report.add(
            node.mark, f"a pack is a mapping with `table` and `rules`, not {shown(node.plain())}"
        )
        return None
    _tell_unbuilt(node, report)
    shape = validate(shape_of(PackShape), node, report, "a pack")
    found = read_rules(node.get("rules"), known, report)
    if shape is not None:
        shape = _with_model(shape, node, found, known, report)
        check_references(node, shape, found, report)
        check_types(shape, found.rules.values(), report)
    if shape is None or report.problems:
        return None
    pack = _pack(shape, tuple(found.rules.values()), report.file)
    rules = (*promised(pack, known), *pack.rules)
    return replace(pack, fingerprint=fingerprint(pack), rules=rules)


def _with_model(
    shape: PackShape, node: Node, found: RuleSet, known: Catalog, report: Report
) -> PackShape:
    """Return the shape with what the contract's model promises; its rules go to the others."""
    contract = node.get("contract")
    named = contract.get("model") if contract else None
    if named is None or not shape.contract.model:
        return shape
    try:
        modelled = read_model(shape.contract, known)
    except ValueError as error:
        report.add(named.mark, f"contract: {error}")
        return shape
    for rule in modelled.rules:
        admit(replace(rule, place=Place(report.file, *named.mark)), found, report)
    return shape.model_copy(update={"contract": modelled.contract})


def _tell_unbuilt(node: Node, report: Report) -> None:
    for (*parents, key), message in UNBUILT.items():
        owner: Node | None = node
        for parent in parents:
            owner = owner.get(parent) if owner else None
        if owner is not None and key in owner.keys:
            report.spoil(owner.keys[key], message)


def _pack(shape: PackShape, rules: tuple[Rule, ...], file: str) -> Pack:
    """Return the frozen values that the rest of the house passes around."""
    return Pack(
        name=shape.pack or shape.table,
        table=shape.table,
        fingerprint="",
        file=file,
        owner=shape.owner,
        description=shape.description,
        notify=shape.notify,
        timezone=shape.timezone,
        partition_by=shape.partition_by,
        storage=Storage(**dict(shape.storage)),
        contract=_contract(shape.contract),
        gate=GatePolicy(**dict(shape.gate)),
        quarantine=QuarantinePolicy(**dict(shape.quarantine)),
        rules=rules,
        freshness=Freshness(**dict(shape.freshness)) if shape.freshness else None,
        schedule=Schedule(**dict(shape.schedule)),
        care=_care(shape.care) if shape.care else None,
        tests=tuple(PackTest(test.name, test.rows, test.fails) for test in shape.tests),
    )


def _care(shape: CareShape) -> Care:
    return Care(
        at=shape.at,
        compact=Compaction(**dict(shape.compact)),
        zorder=shape.zorder,
        vacuum=Vacuum(**dict(shape.vacuum)),
        checkpoint_every=shape.checkpoint_every,
        sweep_after=shape.sweep_after,
    )


def _contract(shape: ContractShape) -> Contract:
    columns = {name: ColumnContract(**dict(column)) for name, column in shape.columns.items()}
    return Contract(columns, shape.evolution, shape.on_extra, shape.on_mismatch)
