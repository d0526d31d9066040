"""Holds a part of a file against its typed model: the value, or every reason why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from dq_monitor.packs import words
from dq_monitor.packs.complaint import Held, complaints
from dq_monitor.packs.document import Node
from dq_monitor.packs.report import Report

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """A typed model with its JSON schema, which holds the words for messages.

    `strict` of None leaves it to each field.
    """

    adapter: TypeAdapter[T]
    schema: Mapping[str, Any]
    strict: bool | None

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the schema of each key, in the order of declaration."""
        return words.fields(self.schema, self.schema)


@cache
def shape_of(model: type[T]) -> Shape[T]:
    """Return the shape of one of the pack's own models: a text is no number, 1 is not true."""
    adapter = TypeAdapter(model)
    return Shape(adapter, adapter.json_schema(), strict=True)


@cache
def shape_of_check(check: type[T]) -> Shape[T]:
    """Return the shape of a check; strict mode would keep its fields from reading their values."""
    adapter = TypeAdapter(check)
    return Shape(adapter, adapter.json_schema(), strict=None)


def validate(shape: Shape[T], node: Node, report: Report, subject: str) -> T | None:
    """Return `node` as the shape's type, or None with every reason in `report`.

    `subject` is what the mapping is called in messages: `in_range`, `a pack`.
    """
    try:
        # In strict mode pydantic takes a list for a tuple and a text for an enum from JSON only.
        return shape.adapter.validate_json(json.dumps(node.plain()), strict=shape.strict)
    except ValidationError as error:
        for mark, message in complaints(error, Held(node, shape.schema, subject), report):
            report.add(mark, message)
    except Exception as error:  # noqa: BLE001 - a check is a plug: what it raises is told here
        report.add(node.mark, f"{subject}: {error}")
    return None
