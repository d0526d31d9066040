"""Says when facts were recorded that nothing has followed yet: what is shown may be behind."""

from __future__ import annotations

from collections.abc import Iterator

from dq_monitor.followers import INCIDENTS
from dq_monitor.store import Store


def waiting(store: Store) -> Iterator[str]:
    """Yield the line that says so, if it is so."""
    facts = store.cursors.waiting(INCIDENTS)
    if facts:
        told = "1 fact waits" if facts == 1 else f"{facts:,} facts wait"
        yield f"{told} to be looked at: a running `dqm serve`, or any `dqm run`, does that"
