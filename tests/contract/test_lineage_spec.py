"""Every event we say is valid by OpenLineage's own schemas.

The client (1.54) stamps `dataQualityMetrics` as version 1-0-1, which the specification does not
publish; we stamp 1-0-0, whose shape is what we emit. `dataQualityAssertions` on an output is
outside the letter of the specification, which knows it on inputs only: its content is still
checked against its own schema here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from dq_monitor.lineage.translate import translate
from dq_monitor.model.event import Event
from dq_monitor.model.verdict import Finding, Status
from tests.lineage_story import (
    AUDITED,
    COMMITTED,
    NAMESPACE,
    REJECTED,
    STORIES,
    TABLE,
    finding,
    judged,
    started,
)

SPEC = Path(__file__).parents[2].parent / "shared" / "openlineage" / "spec"
CORE = "https://openlineage.io/spec/2-0-2/OpenLineage.json"

pytestmark = pytest.mark.skipif(
    not SPEC.is_dir(), reason="../shared/openlineage/spec, the published schemas, is not here"
)


@cache
def schemas() -> Mapping[str, Any]:
    files = [SPEC / "OpenLineage.json", *sorted((SPEC / "facets").glob("*.json"))]
    read = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {schema["$id"]: schema for schema in read}


@cache
def validator(reference: str) -> Draft202012Validator:
    known = [(name, DRAFT202012.create_resource(schema)) for name, schema in schemas().items()]
    registry: Registry[Any] = Registry().with_resources(known)
    return Draft202012Validator({"$ref": reference}, registry=registry)


def facets(event: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    holders = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
    for holder in holders:
        for kind in ("facets", "inputFacets", "outputFacets"):
            yield from holder.get(kind, {}).items()


def check(event: Mapping[str, Any]) -> None:
    validator(f"{CORE}#/$defs/RunEvent").validate(event)
    assert event["schemaURL"] == f"{CORE}#/$defs/RunEvent"
    assert datetime.fromisoformat(event["eventTime"]).tzinfo
    for key, facet in facets(event):
        file = facet["_schemaURL"].partition("#")[0]
        assert key in schemas()[file]["properties"], f"{key} is no facet of {file}"
        validator(facet["_schemaURL"]).validate(facet)
        assert facet["_producer"] == event["producer"]


def tell(*story: Event) -> list[dict[str, Any]]:
    rows = translate(story[-1], story, namespace=NAMESPACE, owners={TABLE: "flight-ops"})
    return [json.loads(row.payload) for row in rows]


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_every_event_is_valid(story: tuple[Event, ...]) -> None:
    told = tell(*story)
    assert told
    for event in told:
        check(event)


def test_every_facet_that_we_promise_is_said_somewhere() -> None:
    said = {key for story in STORIES.values() for event in tell(*story) for key, _ in facets(event)}
    assert said >= {
        "parent", "nominalTime", "processing_engine", "errorMessage", "test",
        "jobType", "sql", "ownership",
        "schema", "storage", "symlinks", "version", "datasetType",
        "dataQualityMetrics", "dataQualityAssertions", "outputStatistics",
        "lifecycleStateChange", "tags",
    }  # fmt: skip


numbers = st.none() | st.floats()
findings = st.builds(
    lambda status, message, counts, values: replace(
        finding(status),
        message=message,
        failing=counts[0],
        passing=counts[1],
        value=values[0],
        score=values[1],
    ),
    st.sampled_from(Status),
    st.text(),
    st.tuples(st.none() | st.integers(0, 2**63), st.none() | st.integers(0, 2**63)),
    st.tuples(numbers, numbers),
)


@given(st.lists(findings, max_size=4), st.sampled_from([COMMITTED, REJECTED, AUDITED]))
def test_whatever_rules_find_is_said_validly(found: list[Finding], outcome: Event) -> None:
    for event in tell(started(), judged(*found), outcome):
        check(event)
