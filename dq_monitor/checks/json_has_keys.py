"""`json_has_keys`: a JSON object has certain keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._json import judged
from dq_monitor.checks._parameters import OneOrMore
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonHasKeys(OneColumn, Row):
    """A JSON object has certain keys.

    Passes where the text is a JSON object with each of `keys`, whatever their values; fails where
    one is missing, where the text is another JSON value or no JSON at all, unknown where it is
    null. Only Polars can ask it.

    Example:
        - json_has_keys: {column: payload, keys: [carrier, flight]}

    """

    fault: ClassVar[str] = "key missing"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("has_json_keys",)
    engines: ClassVar[tuple[str, ...]] = ("polars",)

    keys: Annotated[OneOrMore, Field(description="the keys that must be there")]

    def passes(self, view: View) -> nw.Expr:
        """Return whether all keys are there."""
        return judged(
            view, self.column, self._has_keys, asked_by="json_has_keys", asked_for=repr(self.keys)
        )

    def _has_keys(self, value: Any) -> bool:
        return isinstance(value, dict) and all(key in value for key in self.keys)
