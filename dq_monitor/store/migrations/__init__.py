"""The history of the store's schema, run by `dq_monitor.store.migrate`."""
