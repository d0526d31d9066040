"""What a contract's `model` brings: the columns and checks of an installed pandera model.

The model is named by its entry point in the group `dq_monitor.models`, never by a path. Its checks
become rules of the same pass where rules can ask them; the others are run by pandera.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dq_monitor.errors import UnknownName
from dq_monitor.model.check import AnyCheck, Kind
from dq_monitor.model.pack import OnExtra
from dq_monitor.model.rule import Limit, Nulls, OnFail, Rule, Threshold
from dq_monitor.packs.catalog import Catalog
from dq_monitor.packs.shape import ColumnShape, ContractShape
from dq_monitor.pandera_reading import Described, ForeignCheck, describe_schema
from dq_monitor.registry import installed

GROUP = "dq_monitor.models"
_ANY_FAILURE = Threshold(over=Limit(0.0))


@dataclass(frozen=True, slots=True)
class Modelled:
    """A contract with all that its model promises, and the rules that the model brings."""

    contract: ContractShape
    rules: tuple[Rule, ...]


def read_model(contract: ContractShape, catalog: Catalog) -> Modelled:
    """Return what the contract's model says; what the pack itself says of a column stands.

    Raises ValueError for a model that is not installed, or that says what a pack cannot hold.
    """
    name = contract.model or ""
    found = describe_schema(_schema(name))
    described = found.contract.get("columns", {})
    columns = {column: ColumnShape(**about) for column, about in described.items()}
    extra = contract.on_extra
    if "on_extra" not in contract.model_fields_set:
        extra = OnExtra(found.contract.get("on_extra", extra))
    whole = {"columns": {**columns, **contract.columns}, "on_extra": extra}
    return Modelled(contract.model_copy(update=whole), tuple(_rules(name, found, catalog)))


def _schema(name: str) -> Any:
    try:
        return installed(GROUP, name, "model").to_schema()
    except UnknownName as error:
        raise ValueError(f"no installed {error.detail}: {error.fix}") from error
    except Exception as error:  # what a foreign package raises while it is imported
        kind = type(error).__name__
        raise ValueError(f"model {name!r} cannot be loaded: {kind}: {error}") from error


def _rules(model: str, found: Described, catalog: Catalog) -> Iterator[Rule]:
    used: dict[str, int] = {}
    for name, parameters, options in _wanted(model, found):
        check = _check(name, parameters, catalog)
        usual = ".".join(["model", name, *filter(None, ["_".join(check.columns())])])
        used[usual] = used.get(usual, 0) + 1
        warns = "warn" in options
        yield Rule(
            id=usual if used[usual] == 1 else f"{usual}_{used[usual]}",
            name=name,
            check=check,
            nulls=Nulls(options.get("nulls", Nulls.SKIP)),
            warn=_ANY_FAILURE if warns else None,
            error=None if warns else _ANY_FAILURE,
            on_fail=_on_fail(catalog[name].kind, warns=warns),
            description=options.get("description", ""),
        )


def _check(name: str, parameters: Mapping[str, Any], catalog: Catalog) -> AnyCheck:
    if name not in catalog:
        raise ValueError(f"the model asks {name}, which no check here does")
    try:
        return catalog[name].shape.adapter.validate_python(parameters)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise ValueError(f"the model's {name}: {first.removeprefix('Value error, ')}") from error


def _on_fail(kind: Kind, *, warns: bool) -> OnFail:
    if warns:
        return OnFail.KEEP
    return OnFail.BLOCK if kind is Kind.TABLE else OnFail.QUARANTINE


def _wanted(
    model: str, found: Described
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    for rule in found.rules:
        (name, value), *options = rule.items()
        parameters = value if isinstance(value, Mapping) else _listed(name, value)
        yield name, parameters, dict(options)
    for check in found.left:
        told = {"warn": None} if check.warns else {}
        nulls = {"nulls": Nulls.FAIL} if check.fails_nulls else {}
        yield *_by_pandera(model, check), {**told, **nulls}


def _listed(name: str, columns: list[str]) -> Mapping[str, Any]:
    return {"columns": columns} if name == "unique" else {"column": columns[0]}


def _by_pandera(model: str, check: ForeignCheck) -> tuple[str, Mapping[str, Any]]:
    about = {"model": model, "check": check.name, "number": check.number, "column": check.column}
    return "pandera_rows" if check.by_row else "pandera_table", about
