"""Brings a database to the schema of this version, once, however many processes open it."""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection, Engine, inspect, text

from dq_monitor.errors import StoreUnavailable
from dq_monitor.store.access import MIGRATE_LOCK, hold_lock, reading, writing
from dq_monitor.store.url import describe

HEAD = "0003"
_SCRIPTS = "dq_monitor.store:migrations"
# Alembic keeps its context in a global: two threads cannot migrate two stores at once.
_one_at_a_time = Lock()


def migrate(engine: Engine) -> None:
    """Upgrade the database to HEAD; raise StoreUnavailable when a newer version made it."""
    with reading(engine) as connection:
        if _revision(connection) == HEAD:
            return
    with writing(engine) as connection:
        hold_lock(connection, MIGRATE_LOCK)
        revision = _revision(connection)
        if revision != HEAD:
            with _one_at_a_time:
                _upgrade(connection, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection, revision: str | None) -> None:
    # Alembic costs 0.3 s to import, and a store that is up to date does not need it.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreUnavailable(
            f"{describe(connection.engine.url)} was made by a newer dq-monitor "
            f"(schema {revision}, this version knows {HEAD})",
            fix="upgrade dq-monitor, or name another store in DQM_STORE_URL",
        )
    command.upgrade(config, "head")
