"""What lineage events say besides the facts: our namespace, owners and where tables lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version

from dq_monitor.model.event import Dataset


@dataclass(frozen=True, slots=True)
class House:
    """`namespace` is that of our jobs and logical names; `owners` and `datasets` go by table."""

    namespace: str
    owners: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, Dataset] = field(default_factory=dict)

    def dataset(self, table: str) -> Dataset:
        """Return where `table` lies; its logical name in our namespace where that is not known.

        Writes announce the logical name as a symlink, so both mean the same table.
        """
        return self.datasets.get(table) or Dataset(table, self.namespace, table)


@cache
def our_version() -> str:
    """Return the version of this package."""
    return version("dq-monitor")


@cache
def polars_version() -> str:
    """Return the version of the engine that evaluates."""
    return version("polars")


def producer() -> str:
    """Return the URI that names us in events and facets."""
    return f"urn:dq-monitor:{our_version()}"
