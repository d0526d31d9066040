"""Lets one scheduler of several on a store lead: a file lock, or an advisory lock on PostgreSQL."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from threading import Lock
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

# the store takes 0x64716D01 and 02 for its own locks
_ADVISORY_KEY = 0x64716D03


class Leader(Protocol):
    """A claim to be the one that judges and delivers."""

    def lead(self) -> bool:
        """Take the lead if it is free, and say whether it is ours."""
        ...

    def leave(self) -> None:
        """Let another take the lead."""
        ...


class FileLeader:
    """Leads while it holds a lock on a file; the system frees it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._guard = Lock()

    def lead(self) -> bool:
        """Take the lock without waiting."""
        with self._guard:
            if self._file is None:
                self._file = self._locked()
            return self._file is not None

    def leave(self) -> None:
        """Close the file, which frees the lock."""
        with self._guard:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _locked(self) -> int | None:
        file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file


class PostgresLeader:
    """Leads while its own connection holds an advisory lock; a lost connection loses the lead."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._guard = Lock()

    def lead(self) -> bool:
        """Take the lock without waiting; while it is held, see that the connection still lives."""
        with self._guard:
            try:
                if self._connection is not None:
                    self._connection.execute(text("select 1"))
                    return True
                self._connection = self._locked()
            except SQLAlchemyError:
                self._drop()
            return self._connection is not None

    def leave(self) -> None:
        """Close the connection, which frees the lock."""
        with self._guard:
            self._drop()

    def _locked(self) -> Connection | None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # out of the pool: a pooled connection would carry the lock on after its close
        connection.detach()
        taken = connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY})
        if taken:
            return connection
        connection.close()
        return None

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def leader_of(engine: Engine) -> Leader:
    """Return the kind of lead that the store's database allows."""
    if engine.dialect.name == "postgresql":
        return PostgresLeader(engine)
    return FileLeader(Path(engine.url.database or "store.db").with_name("scheduler.lock"))
