"""`json_schema`: a JSON value is as a schema says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._json import judged
from dq_monitor.checks._json_schema import SchemaText, compile_schema
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSchema(OneColumn, Row):
    """A JSON value is as a schema says.

    Passes where the text is JSON that `schema` allows, fails where it does not or where the text is
    no JSON, unknown where it is null. The schema is a JSON Schema (draft 2020-12) with these words:
    `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `minProperties`,
    `maxProperties`, `items`, `minItems`, `maxItems`, `minLength`, `maxLength`, `minimum`,
    `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `allOf`, `anyOf`, `oneOf`, `not`, and those
    that only describe. Other words are refused: a schema must not say more than is asked. Only
    Polars can ask it.

    Example:
        - json_schema:
            column: payload
            schema:
              type: object
              required: [flight]
              properties: {flight: {type: integer, minimum: 1}}

    """

    fault: ClassVar[str] = "wrong structure"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_match_json_schema",
        "has_valid_json_schema",
    )
    engines: ClassVar[tuple[str, ...]] = ("polars",)

    schema: Annotated[SchemaText, Field(description="the JSON Schema, written in place")]

    def __post_init__(self) -> None:
        """Refuse a schema with words that would go unasked."""
        compile_schema(self.schema)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the schema allows the value."""
        allows = compile_schema(self.schema)
        return judged(view, self.column, allows, asked_by="json_schema", asked_for=self.schema)
