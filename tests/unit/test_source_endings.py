from __future__ import annotations

import pytest

from dq_monitor.sources import kind_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("in/flights.csv", "csv"),
        ("flights.CSV.zip", "csv"),
        ("events.jsonl.gz", "ndjson"),
        ("a.b/part-0.parquet", "parquet"),
        ("noending", ""),
    ],
)
def test_the_ending_names_the_source(path: str, kind: str) -> None:
    assert kind_of(path) == kind
