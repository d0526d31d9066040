"""A pack as a pandera schema, as an object and as a script, and a pandera schema as a pack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeGuard

import polars as pl
import yaml

from dq_monitor.counterparts import NoCounterpart, PanderaCheck, check_of
from dq_monitor.engines.contract import STRICTNESS
from dq_monitor.engines.pandera_api import pandera_polars
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Contract, Evolution, Pack
from dq_monitor.model.rule import Limit, Nulls, Rule, Threshold
from dq_monitor.model.types import column_type, type_name
from dq_monitor.pandera_reading import Described, describe_schema

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema

_ANY_FAILURE = Threshold(over=Limit(0.0))
_TYPES = {
    "string": "pl.String",
    "boolean": "pl.Boolean",
    "int8": "pl.Int8",
    "int16": "pl.Int16",
    "int32": "pl.Int32",
    "int64": "pl.Int64",
    "float32": "pl.Float32",
    "float64": "pl.Float64",
    "date": "pl.Date",
    "datetime": 'pl.Datetime("us", "UTC")',
    "datetime_naive": 'pl.Datetime("us")',
    "binary": "pl.Binary",
}


@dataclass(slots=True)
class Column:
    """A column of the schema; `type` is the contract's word, empty where it has none."""

    type: str = ""
    description: str = ""
    required: bool = True
    nullable: bool = True
    unique: bool = False
    checks: list[tuple[PanderaCheck, dict[str, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class Exported:
    """A pack in pandera's words. `left_out` has each rule that has none, and why."""

    name: str
    contract: Contract
    columns: dict[str, Column] = field(default_factory=dict)
    unique: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


class _Plain(yaml.SafeDumper):
    """Writes equal values out each time: a pack has no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Say yes to everything."""
        return True


def exported(pack: Pack) -> Exported:
    """Return what of a pack pandera can ask too."""
    strict = pack.contract.evolution is Evolution.STRICT
    found = Exported(pack.table, pack.contract)
    for name, promise in pack.contract.columns.items():
        required = strict or not promise.nullable
        found.columns[name] = Column(promise.type, promise.description, required)
    for rule in pack.rules:
        try:
            _add(rule, found, pack.timezone)
        except NoCounterpart as error:
            found.left_out.append((rule.id, str(error)))
    return found


def to_pandera(pack: Pack) -> DataFrameSchema:
    """Return a pack as a pandera schema of Polars: contract, and rules that pandera can ask."""
    pa = pandera_polars()
    found = exported(pack)
    schema: DataFrameSchema = pa.DataFrameSchema(
        {
            name: pa.Column(
                column_type(column.type) if column.type else None,
                [
                    getattr(pa.Check, check.name)(**check.arguments, **options)
                    for check, options in column.checks
                ],
                nullable=column.nullable,
                unique=column.unique,
                required=column.required,
                description=column.description or None,
            )
            for name, column in found.columns.items()
        },
        name=found.name,
        strict=STRICTNESS[found.contract.on_extra],
        unique=found.unique or None,
    )
    return schema


def as_script(pack: Pack) -> str:
    """Return Python text that makes the same schema; what has no counterpart is a comment."""
    return "\n".join(_script(exported(pack))) + "\n"


def from_pandera(schema: Any, table: str) -> str:
    """Return the text of a pack for `table` that asks what a pandera schema asks.

    What has no counterpart is a comment at its end.
    """
    found = describe_schema(schema)
    pack: dict[str, Any] = {"table": table}
    if found.contract:
        pack["contract"] = found.contract
    if found.rules:
        pack["rules"] = list(found.rules)
    text = yaml.dump(pack, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    comments = [_comment(line) for line in _unsaid(found)]
    return "\n".join([text.rstrip(), *_under("Without a counterpart in a pack:", comments)]) + "\n"


def _add(rule: Rule, found: Exported, zone: str) -> None:
    """Put a rule where it belongs in the schema; raise NoCounterpart."""
    single = rule.kind is Kind.ROW and len(rule.columns) == 1
    if not single and rule.name != "unique":
        raise NoCounterpart(f"pandera has no check like {rule.name}")
    if rule.where:
        raise NoCounterpart("pandera asks every row, and this rule has a `where`")
    warns = _warns(rule)
    if rule.name in {"not_null", "unique"} and warns:
        raise NoCounterpart(f"pandera cannot only warn of what {rule.name} asks")
    if rule.name == "unique":
        _make_unique(rule.columns, found)
        return
    (name,) = rule.columns
    if rule.name == "not_null":
        found.columns.setdefault(name, Column()).nullable = False
        return
    column = found.columns.get(name, Column())
    dtype = column_type(column.type) if column.type else None
    check: PanderaCheck = check_of(rule.name, _parameters(rule.check), dtype, zone)
    column.checks.append((check, _options(rule, warns=warns)))
    found.columns[name] = column


def _warns(rule: Rule) -> bool:
    """Say whether the rule only warns; raise NoCounterpart where it lets some rows fail."""
    if (rule.warn, rule.error) == (None, _ANY_FAILURE):
        return False
    if (rule.warn, rule.error) == (_ANY_FAILURE, None):
        return True
    raise NoCounterpart("pandera lets no row fail, and this rule has another threshold")


def _make_unique(columns: Sequence[str], found: Exported) -> None:
    if len(columns) == 1:
        found.columns.setdefault(columns[0], Column()).unique = True
    elif found.unique and found.unique != list(columns):
        raise NoCounterpart("pandera has one key of several columns, and another rule took it")
    else:
        found.unique = list(columns)
        for name in columns:
            found.columns.setdefault(name, Column())


def _parameters(check: Any) -> Mapping[str, Any]:
    return {one.name: getattr(check, one.name) for one in fields(check)}


def _options(rule: Rule, *, warns: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"raise_warning": True} if warns else {}
    if rule.nulls is Nulls.FAIL:
        options["ignore_na"] = False
    if rule.description:
        options["description"] = rule.description
    return options


def _script(found: Exported) -> Iterator[str]:
    yield f'"""The pack of {_inert(found.name)} as a pandera schema, by `dqm pandera export`."""'
    yield from ("", "import datetime", "", "import pandera.polars as pa", "import polars as pl")
    yield from ("", "schema = pa.DataFrameSchema(", "    {")
    for name, column in found.columns.items():
        yield f"        {name!r}: pa.Column("
        yield from (f"            {line}," for line in _column(column))
        yield "        ),"
    yield "    },"
    yield f"    name={found.name!r},"
    yield f"    strict={STRICTNESS[found.contract.on_extra]!r},"
    yield f"    unique={found.unique or None!r},"
    yield ")"
    comments = [_comment(f"{name}: {why}") for name, why in found.left_out]
    yield from _under("Without a counterpart in pandera:", comments)


def _column(column: Column) -> Iterator[str]:
    yield _type(column_type(column.type)) if column.type else "None"
    if column.checks:
        yield f"[{', '.join(_call(check, options) for check, options in column.checks)}]"
    yield f"nullable={column.nullable}"
    yield f"unique={column.unique}"
    yield f"required={column.required}"
    if column.description:
        yield f"description={column.description!r}"


def _call(check: PanderaCheck, options: Mapping[str, Any]) -> str:
    arguments = {**check.arguments, **options}
    return f"pa.Check.{check.name}({', '.join(f'{k}={v!r}' for k, v in arguments.items())})"


def _type(dtype: pl.DataType) -> str:
    """Return the Python that makes `dtype`."""
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.DataType):
        return f"pl.List({_type(dtype.inner)})"
    if isinstance(dtype, pl.Struct):
        parts = (f"{n!r}: {_type(t)}" for n, t in dtype.to_schema().items() if _is_whole(t))
        return f"pl.Struct({{{', '.join(parts)}}})"
    if isinstance(dtype, pl.Decimal):
        return f"pl.Decimal({dtype.precision}, {dtype.scale})"
    return _TYPES[type_name(dtype)]


def _is_whole(dtype: object) -> TypeGuard[pl.DataType]:
    return isinstance(dtype, pl.DataType)


def _unsaid(found: Described) -> Iterator[str]:
    for check in found.left:
        of = f"column {check.column!r}" if check.column else "the frame"
        yield f"check {check.name} of {of}: name the model in the contract, and pandera runs it"
    yield from found.lost


def _under(title: str, comments: Sequence[str]) -> Sequence[str]:
    return ["", f"# {title}", *comments] if comments else []


def _comment(text: str) -> str:
    return f"# - {_inert(text)}"


def _inert(text: str) -> str:
    """Return text that ends no comment and no docstring."""
    return re.sub(r"[^\x20-\x7e]|[\"\\]", " ", text)
