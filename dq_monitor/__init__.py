"""dq-monitor: every write to a Delta table is audited before it commits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dq_monitor.app import open_app, write
    from dq_monitor.model.table import Upsert, Validity, WriteMode
    from dq_monitor.pipeline.declare import Pipeline, Step, file, new_rows, table
    from dq_monitor.pipeline.inputs import Run

__all__ = [
    "Pipeline",
    "Run",
    "Step",
    "Upsert",
    "Validity",
    "WriteMode",
    "file",
    "new_rows",
    "open_app",
    "table",
    "write",
]

# Where a name lives; it is fetched when it is first asked for, so that `import dq_monitor` stays
# free of Polars and everything else. A name that a module has too would be hidden by it.
_HOMES = {
    "Pipeline": "dq_monitor.pipeline.declare",
    "Run": "dq_monitor.pipeline.inputs",
    "Step": "dq_monitor.pipeline.declare",
    "Upsert": "dq_monitor.model.table",
    "Validity": "dq_monitor.model.table",
    "WriteMode": "dq_monitor.model.table",
    "file": "dq_monitor.pipeline.declare",
    "new_rows": "dq_monitor.pipeline.declare",
    "open_app": "dq_monitor.app",
    "table": "dq_monitor.pipeline.declare",
    "write": "dq_monitor.app",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'dq_monitor' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
