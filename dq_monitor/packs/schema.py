"""The JSON Schema that editors complete and check packs by, from the loader's own models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter

from dq_monitor.model.check import ROW_CHECK, Kind
from dq_monitor.packs.catalog import Catalog, CheckType, catalog
from dq_monitor.packs.rules import MAX_RULES
from dq_monitor.packs.shape import PackShape

DRAFT = "https://json-schema.org/draft/2020-12/schema"
REF = "#/$defs/{model}"


def json_schema(checks: Mapping[str, type] | None = None) -> dict[str, Any]:
    """Return the schema of a rule pack; it needs nothing but itself.

    It says less than the loader where a schema cannot: expressions, regexes, ids and cron.
    """
    known = catalog(checks)
    pack = TypeAdapter(PackShape).json_schema(ref_template=REF)
    definitions: dict[str, Any] = pack.pop("$defs", {})
    for check in known.values():
        parameters = TypeAdapter(check.check).json_schema(ref_template=REF)
        options = TypeAdapter(check.options).json_schema(ref_template=REF)
        definitions |= parameters.pop("$defs", {}) | options.pop("$defs", {})
        definitions[f"check.{check.name}"] = _value(check, parameters)
        definitions[f"options.{check.options.__name__}"] = options
    definitions["rule"] = _rule(known, definitions)
    definitions["part"] = _part(known)
    pack["properties"]["rules"] |= {"items": {"$ref": "#/$defs/rule"}, "maxItems": MAX_RULES}
    return {"$schema": DRAFT, **_tidied(pack), "title": "dq-monitor rule pack"} | {
        "$defs": _tidied(definitions)
    }


def _rule(known: Catalog, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule: one object with a key per check, so that editors complete and explain it."""
    options = {
        name: {"description": schema.get("description", "")}
        for check in known.values()
        for name, schema in definitions[f"options.{check.options.__name__}"]["properties"].items()
    }
    checks = {name: {"$ref": f"#/$defs/check.{name}"} for name in known}
    return {
        "description": "A check, with which rows it is asked of, when it trips and what follows.",
        "type": "object",
        "properties": checks | options,
        "additionalProperties": False,
        "oneOf": [_bound(check, definitions, options) for check in known.values()],
    }


def _part(known: Catalog) -> dict[str, Any]:
    """Return a rule within a rule: one check that judges rows, and nothing beside it."""
    rows = {name: check for name, check in known.items() if check.kind is Kind.ROW}
    return {
        "description": "A check that judges rows, asked within another.",
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/check.{name}"} for name in rows},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


def _bound(
    check: CheckType, definitions: Mapping[str, Any], options: Iterable[str]
) -> dict[str, Any]:
    """Return what may stand beside `check`."""
    own: Mapping[str, Any] = definitions[f"options.{check.options.__name__}"]["properties"]
    beside = {name: own.get(name, False) for name in options}
    branch: dict[str, Any] = {"required": [check.name], "properties": beside}
    if check.needs_threshold:
        branch["anyOf"] = [{"required": ["warn"]}, {"required": ["error"]}]
    return branch


def _value(check: CheckType, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what stands after `check:`, written out or in shorthand."""
    forms = [{**parameters, "description": check.doc}]
    if not check.required:
        forms.append({"type": "null"})
    if check.shorthand:
        field = parameters["properties"][check.shorthand]
        forms.append(field)
        if field.get("type") == "array":
            forms.append(field["items"])
        if check.each:
            forms.append({"type": "array", "items": field, "minItems": 1})
    return {"description": check.doc, "anyOf": forms}


def _tidied(schema: Any) -> Any:
    """Leave out the titles that pydantic makes of names: editors would show them as the help.

    What takes a rule within a rule is led to what these are.
    """
    if isinstance(schema, list):
        return [_tidied(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if ROW_CHECK in schema:
        return {"$ref": "#/$defs/part"}
    named = isinstance(schema.get("title"), str)
    return {k: _tidied(v) for k, v in schema.items() if not (named and k == "title")}
