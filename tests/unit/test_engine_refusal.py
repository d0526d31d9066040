"""What an engine cannot do is refused by name before anything is read."""

from __future__ import annotations

import pytest

from dq_monitor.engines.refusal import refuse
from dq_monitor.errors import EngineCannot
from dq_monitor.packs import parse_pack

PACK = """\
table: silver.t
rules:
  - not_null: a
  - not_null: b
    by: carrier
"""


def test_segments_are_told_apart_on_polars_only() -> None:
    rules = parse_pack(PACK, "pack.yaml").rules
    refuse(rules, "polars", {})
    with pytest.raises(EngineCannot) as caught:
        refuse(rules, "duckdb", {})
    first, line = caught.value.detail.splitlines()
    assert first == "1 of the pack's rules"
    assert line.startswith("rule not_null.b: not_null cannot run on duckdb: its segments (`by`)")
    assert line.endswith("on polars only; use --engine polars or remove it")
