"""The store: event log, verdicts, metrics, lineage, incidents and outbox in one database."""

from dq_monitor.store.bundle import Store, open_store

__all__ = ["Store", "open_store"]
