from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from dq_monitor.packs import json_schema, parse_pack
from dq_monitor.packs.catalog import catalog

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
DESIGN = """\
pack: silver.flights
table: silver.flights
owner: flight-ops
notify: [ops-chat]
contract:
  evolution: additive
  columns:
    flight_id: {type: string, nullable: false}
    dep_delay: {type: int64, unit: minutes}
gate: {max_quarantined: 5%, on_empty: warn}
rules:
  - not_null: [carrier, origin, dest]
  - unique: [flight_date, carrier, flight, origin]
  - in_set: {column: origin, values: [EWR, JFK, LGA]}
  - in_range: {column: dep_delay, min: -120, max: 1440}
    id: dep_delay_plausible
    where: "cancelled = false"
    warn: {over: 0}
    error: {over: 0.1%}
    on_fail: quarantine
    nulls: skip
    tags: [delay]
  - foreign_key: {column: dest, references: bronze.airports.faa}
    warn: {over: 0}
  - expression: "arr_delay >= dep_delay - 180"
  - row_count: {}
    error: {below: 1}
  - mean: {column: dep_delay}
    warn: {outside: [-5, 40]}
  - anomaly: {metric: row_count, method: seasonal, period: week}
    warn: {beyond: 4}
freshness: {column: time_hour, warn_after: 26h, error_after: 50h}
tests:
  - name: unknown airport is caught
    rows: [{origin: XXX, dest: LAX}]
    fails: {in_set.origin: 1}
"""
VALID = [
    DESIGN,
    "table: t",
    "table: t\nrules: [{not_null: a}, {not_null: {column: b}}]",
    "table: t\nrules: [{unique: a}, {row_count: , error: {below: 1}}, {mean: a, warn: {over: 5%}}]",
    "table: t\nrules: [{freshness: a, warn: {over: 26h}}, {columns_match: [a, b]}]",
    "table: t\nrules: [{mean: a, warn: {outside: [-5%, 5%]}, error: {equal: 0}}]",
    "table: t\nrules: [{mean: a, warn: {above: 5}, error: {unequal: -5%, below: 0}}]",
    "table: t\nrules: [{not_null: a, warn: {above: 5%}, error: {over: 10%}}]",
    "table: t\nrules: [{freshness: a, warn: {above: 26h}, by: b}]",
    "table: t\nrules: [{not_null: a, by: b}, {unique: a, by: [b, c]}]",
    "table: t\nschedule: {audit: '0 6 * * *'}\ngate: {max_quarantined: 10}\nrules: []",
    "table: t\nrules: [{any_of: [{not_null: a}, {all_of: {rules: [{is_null: b}]}}]}]",
    "table: t\nrules: [{when_then: {when: {not_null: a}, then: {none_of: [{is_null: b}]}}}]",
]
INVALID = [
    "rules: []",
    "table: t\nrulez: []",
    "table: ../t",
    "table: t\nrules: [row_count]",
    "table: t\nrules: [{not_nul: a}]",
    "table: t\nrules: [{id: a}]",
    "table: t\nrules: [{not_null: a, unique: b}]",
    "table: t\nrules: [{not_null: a, on_fial: keep}]",
    "table: t\nrules: [{not_null: a, on_fail: reject}]",
    "table: t\nrules: [{not_null: a, warn: {below: 1}}]",
    "table: t\nrules: [{not_null: a, warn: {over: much}}]",
    "table: t\nrules: [{not_null: a, warn: {equal: 1}}]",
    "table: t\nrules: [{not_null: a, by: []}]",
    "table: t\nrules: [{not_null: a, by: {b: c}}]",
    "table: t\nrules: [{anomaly: row_count, warn: {beyond: 4}, by: b}]",
    "table: t\nrules: [{not_null: a, warn: {over: -5%}}]",
    "table: t\nrules: [{mean: a, warn: {equal: [1]}}]",
    "table: t\nrules: [{mean: a, warn: {outside: [1, 2, 3]}}]",
    "table: t\nrules: [{freshness: a, warn: {below: 26h}}]",
    "table: t\nrules: [{not_null: a, scope: table}]",
    "table: t\nrules: [{in_set: [a]}]",
    "table: t\nrules: [{in_set: {column: a}}]",
    "table: t\nrules: [{in_range: {column: a, min: true}}]",
    "table: t\nrules: [{row_count: {}}]",
    "table: t\nrules: [{row_count: {}, error: {below: 1}, on_fail: quarantine}]",
    "table: t\nrules: [{row_count: {}, error: {below: 1}, nulls: fail}]",
    "table: t\nrules: [{freshness: a, warn: {over: 26}}]",
    "table: t\nrules: [{anomaly: row_count, warn: {over: 4}}]",
    "table: t\nrules: [{any_of: [{not_nul: a}]}]",
    "table: t\nrules: [{any_of: [{unique: a}]}]",
    "table: t\nrules: [{any_of: [{not_null: a, is_null: b}]}]",
    "table: t\nrules: [{any_of: [{not_null: a, where: b}]}]",
    "table: t\nrules: [{any_of: [not_null]}]",
    "table: t\nrules: [{any_of: []}]",
    "table: t\nrules: [{when_then: {when: {not_null: a}, then: {in_set: {column: a}}}}]",
    "table: t\nrules: [{when_then: {when: {not_null: a}, then: {all_of: [{not_nul: a}]}}}]",
    "table: t\ngate: {on_empty: fail}",
    "table: t\nfreshness: {column: a, warn_after: 26}",
    "table: t\ntests: [{name: a}]",
]


def errors(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", VALID)
def test_what_the_loader_takes_is_valid(text: str) -> None:
    assert parse_pack(text, "pack.yaml")
    assert errors(text) == []


@pytest.mark.parametrize("text", INVALID)
def test_what_the_loader_refuses_is_invalid(text: str) -> None:
    with pytest.raises(Exception, match="A rule pack has errors"):
        parse_pack(text, "pack.yaml")
    assert errors(text)


@pytest.mark.parametrize("name", sorted(catalog()))
def test_every_check_is_explained(name: str) -> None:
    check = catalog()[name]
    assert check.doc
    assert SCHEMA["$defs"][f"check.{name}"]["description"] == check.doc
    assert name in SCHEMA["$defs"]["rule"]["properties"]


def test_every_reference_leads_somewhere() -> None:
    def names(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*map(names, part.values()))
        return set().union(*map(names, part)) if isinstance(part, list) else set()

    assert names(SCHEMA) == {f"#/$defs/{name}" for name in SCHEMA["$defs"]} & names(SCHEMA)


@pytest.mark.parametrize("name", sorted(catalog()))
def test_every_parameter_is_described_and_strict(name: str) -> None:
    """No check may read the text '5' as a number, nor 1 as true."""
    check = catalog()[name]
    for parameter, schema in check.parameters.items():
        assert schema.get("description"), parameter
        types = {schema.get("type"), *(branch.get("type") for branch in schema.get("anyOf", []))}
        for kind, wrong in (("integer", '"5"'), ("number", '"5"'), ("boolean", "1")):
            if kind in types and not types & {"string"}:
                with pytest.raises(ValueError, match=parameter):
                    check.shape.adapter.validate_json(f'{{"{parameter}": {wrong}}}')
