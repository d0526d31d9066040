"""Checks within checks: row checks that a composite asks, found by name as in a pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, cast

import narwhals.stable.v2 as nw
from pydantic import Field, PlainValidator, TypeAdapter, ValidationError, WithJsonSchema

from dq_monitor.model.check import ROW_CHECK, Check, Kind, RowCheck
from dq_monitor.model.view import View
from dq_monitor.registry import plugs, suggest

CHECKS = "dq_monitor.checks"
DEEPEST = 5
MOST = 100


@dataclass(frozen=True, slots=True)
class Part:
    """A row check within another check, and its name: two checks may have equal parameters."""

    name: str
    check: RowCheck

    def passes(self, view: View) -> nw.Expr:
        """Return what the check answers each row."""
        if self.check.engines and view.engine not in self.check.engines:
            raise ValueError(f"{self.name} runs on {', '.join(self.check.engines)} only")
        return self.check.passes(view)


def _read(value: Any) -> Part:
    """Return the part that `in_set: {...}` says; raise ValueError in one line where it is wrong."""
    if isinstance(value, Part):
        return value
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError("a rule within a rule is a mapping of one check, such as `not_null: dest`")
    ((name, given),) = value.items()
    if name not in plugs(CHECKS):
        raise ValueError(f"unknown check {name!r}; {suggest(str(name), plugs(CHECKS))}")
    found = cast("type[Check]", plugs(CHECKS)[name])
    if found.kind is not Kind.ROW:
        raise ValueError(f"{name} does not judge rows by themselves: it cannot stand within a rule")
    parameters = given if isinstance(given, Mapping) else {found.shorthand: given}
    try:
        return Part(name, _adapter(found).validate_python(parameters))
    except ValidationError as error:
        issue = error.errors(include_url=False)[0]
        raise ValueError(f"{name}: {issue['msg']}") from error


@cache
def _adapter(check: type) -> TypeAdapter[Any]:
    return TypeAdapter(check)


Nested = Annotated[Part, PlainValidator(_read), WithJsonSchema({"type": "object", ROW_CHECK: True})]


class Composite:
    """What checks that ask others have in common."""

    __slots__ = ()

    def parts(self) -> tuple[Part, ...]:
        """Return the checks that are asked."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        """Refuse what is too large to be understood, or to be compiled in time."""
        if depth(self) > DEEPEST:
            raise ValueError(f"rules within rules go {DEEPEST} levels deep at most")
        if size(self) > MOST:
            raise ValueError(f"a rule holds {MOST} rules within it at most")

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the parts read, each once."""
        return tuple(dict.fromkeys(name for part in self.parts() for name in part.check.columns()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(Composite):
    """A check that asks a list of others; in YAML the list stands for it."""

    shorthand: ClassVar[str] = "rules"

    rules: Annotated[
        tuple[Nested, ...],
        Field(
            min_length=1,
            max_length=MOST,
            description="checks that judge rows, each written as in a rule",
        ),
    ]

    def parts(self) -> tuple[Part, ...]:
        """Return the checks of the list."""
        return self.rules


def depth(check: object) -> int:
    """Return how many checks stand within each other."""
    inner = check.parts() if isinstance(check, Composite) else ()
    return 1 + max((depth(part.check) for part in inner), default=0)


def size(check: object) -> int:
    """Return how many checks there are within."""
    inner = check.parts() if isinstance(check, Composite) else ()
    return sum(1 + size(part.check) for part in inner)
