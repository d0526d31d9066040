"""`python`: a function of an installed package says yes."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field, TypeAdapter, ValidationError

from dq_monitor.checks._base import Row
from dq_monitor.checks._parameters import ColumnNames
from dq_monitor.errors import UnknownName
from dq_monitor.expression.types import Type, column, present, type_of
from dq_monitor.model.view import View
from dq_monitor.registry import installed, suggest

GROUP = "dq_monitor.functions"
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Python(Row):
    """A function of an installed package says yes.

    The function is named by its entry point in the group `dq_monitor.functions`, never by a path.
    It takes one narwhals expression for each of `columns` (with NaN as null) and `arguments` by
    name, and returns a boolean narwhals expression: passes where it is true, fails where it is
    false, unknown where it is null. Arguments are checked against the function's annotations when
    the pack is loaded.

    Example:
        - python: {function: on_time, columns: [arr_delay], arguments: {minutes: 15}}

    """

    fault: ClassVar[str] = "function says no"

    function: Annotated[
        str, Field(min_length=1, description="name of the entry point in `dq_monitor.functions`")
    ]
    asked: Annotated[
        ColumnNames, Field(alias="columns", description="the columns that the function takes")
    ]
    arguments: Annotated[
        Mapping[str, Any], Field(description="what else the function takes, by name")
    ] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse a function that is not installed, or arguments that it does not take."""
        self._call()

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the function takes."""
        return self.asked

    def passes(self, view: View) -> nw.Expr:
        """Return what the function returns; raise ValueError if that is no yes or no."""
        self._require_boolean(self._answer(replace(view, parts=None)), view)
        return self._answer(view)

    def _answer(self, view: View) -> nw.Expr:
        function, arguments = self._call()
        values = [column(view, name).expr for name in self.asked]
        try:
            answer = function(*values, **arguments)
        except Exception as error:
            kind = type(error).__name__
            raise ValueError(f"function {self.function!r} raised {kind}: {error}") from error
        if not isinstance(answer, nw.Expr):
            kind = type(answer).__name__
            raise ValueError(  # noqa: TRY004 - the engine tells a ValueError to the user
                f"function {self.function!r} returned a {kind}, not a narwhals expression"
            )
        return answer

    def _call(self) -> tuple[Function, dict[str, Any]]:
        """Return the function with its arguments as its annotations want them."""
        try:
            function: Function = installed(GROUP, self.function, "function")
            signature = inspect.signature(function, eval_str=True)
        except UnknownName as error:
            raise ValueError(f"no installed {error.detail}: {error.fix}") from error
        except Exception as error:  # what a foreign package raises while it is imported
            kind = type(error).__name__
            raise ValueError(f"function {self.function!r} cannot be loaded: {kind}") from error
        self._bind(signature)
        return function, {
            name: self._converted(name, value, signature) for name, value in self.arguments.items()
        }

    def _bind(self, signature: inspect.Signature) -> None:
        try:
            signature.bind(*self.asked, **self.arguments)
        except TypeError as error:
            unknown = [name for name in self.arguments if name not in signature.parameters]
            known = [*signature.parameters][len(self.asked) :]
            near = f" ({suggest(unknown[0], known)})" if unknown and known else ""
            raise ValueError(f"function {self.function!r}: {error}{near}") from error

    def _converted(self, name: str, value: Any, signature: inspect.Signature) -> Any:
        of_all = [p for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD]
        parameter = signature.parameters.get(name) or of_all[0]
        what = f"function {self.function!r}: argument {name!r}"
        if parameter.annotation is inspect.Parameter.empty:
            raise ValueError(f"{what} has no type: annotate it in the function")
        try:
            adapter = TypeAdapter[Any](parameter.annotation)
            return adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise ValueError(f"{what}: {first.removeprefix('Value error, ')}") from error
        except Exception as error:  # pydantic has several for a type that it cannot read
            raise ValueError(f"{what} has a type that YAML cannot give") from error

    def _require_boolean(self, answer: nw.Expr, view: View) -> None:
        """Ask the types of no rows at all: an engine would take a number for a yes or no."""
        schema = {name: view.schema[present(view, name)] for name in self.asked}
        if Type.NULL in map(type_of, schema.values()):
            return
        rows = nw.DataFrame.from_dict({name: [] for name in schema}, schema, backend="polars")
        try:
            dtype = rows.select(answer=answer).schema["answer"]
        except Exception as error:
            kind = type(error).__name__
            raise ValueError(f"function {self.function!r} does not fit: {kind}") from error
        if dtype != nw.Boolean():
            raise ValueError(f"function {self.function!r} returned a {dtype}, not a yes or no")
