"""The store: event log, verdicts, metrics, lineage, incidents and outbox in one database."""
