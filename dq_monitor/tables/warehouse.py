"""Opens the warehouse that the settings name: a folder, or a prefix in an object store."""

from __future__ import annotations

from dq_monitor.ports import Leases
from dq_monitor.settings import Settings
from dq_monitor.storage import is_remote, require_store, storage_options
from dq_monitor.tables.delta import DeltaTables


def open_tables(settings: Settings, leases: Leases | None = None) -> DeltaTables:
    """Return the tables of the warehouse; raise SettingsInvalid for a URL that cannot be one.

    On an object store, which has no locks, writers need `leases`; who only reads needs none. In a
    folder the locks are files in it, which every process that sees the folder sees too.
    """
    root, options = settings.tables, storage_options(settings.storage)
    if not is_remote(root):
        return DeltaTables(root, options)
    require_store(root)
    return DeltaTables(root, options, leases=leases)
