"""A store that goes away during a write: nothing unaudited is seen, nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App
from dq_monitor.errors import StoreUnavailable
from tests.acceptance.crash_house import KEPT, TABLE, batch, deliver, make_house
from tests.acceptance.ledger import read_ledger, wrong
from tests.outage import Kind, outage

# In the suite each kind of outage is at some of the statements, in `make crash` at all.
EVERY = 1 if os.environ.get("DQM_OUTAGES") == "all" else 8


@pytest.fixture(params=["sqlite", "postgres"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    house = make_house(tmp_path / "house", request.getfixturevalue(f"{request.param}_url"))
    with closing(house.open()) as opened:
        yield opened


def fates_in_table(app: App, key: str) -> set[str]:
    """Return the fates that the visible rows of a batch were given."""
    if not app.tables.exists(TABLE):
        return set()
    seen = app.tables.scan(TABLE).filter(pl.col("batch") == key).select("fate").collect()
    return set(seen["fate"])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("refused", [False, True], ids=["committed", "refused"])
def test_a_store_may_go_away_at_any_statement_of_a_write(
    kind: Kind, app: App, monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    sent, ids = {}, {}
    deliver(app, batch("first"))
    for at in count(1 + list(Kind).index(kind) % EVERY, EVERY):
        key = f"b{at}"
        rows = sent[key] = batch(key, refused=refused)
        with outage(app.store.engine, at, kind, monkeypatch) as fault:
            try:
                deliver(app, rows)
            except StoreUnavailable:
                assert fault.came
        assert fates_in_table(app, key) <= {KEPT}
        app.gate.recover(datetime.now(UTC))
        ids[key] = deliver(app, rows).write_id
        if not fault.came:
            break
    assert len(sent) > 1
    first = deliver(app, batch("first"))
    found = wrong(
        {**sent, "first": batch("first")}, read_ledger(app, {**ids, "first": first.write_id})
    )
    assert found == []
