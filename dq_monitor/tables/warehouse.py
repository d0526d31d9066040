"""Opens the warehouse that the settings name: a folder, or a prefix in an object store."""

from __future__ import annotations

from dq_monitor.settings import Settings
from dq_monitor.storage import is_remote, require_store, storage_options
from dq_monitor.tables.delta import DeltaTables


def open_tables(settings: Settings) -> DeltaTables:
    """Return the tables of the warehouse; raise SettingsInvalid for a URL that cannot be one.

    On an object store they can only be read: writers give them leases by `leased`.
    """
    if is_remote(settings.tables):
        require_store(settings.tables)
    return DeltaTables(settings.tables, storage_options(settings.storage))
