"""How the pages reach the store: one handle, and every trouble as a message with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from dashboard.words import plain
from dq_monitor.errors import DqmError
from dq_monitor.settings import Settings, load_settings
from dq_monitor.store import Store, open_store
from dq_monitor.store.views import TableStatus, Views

FIRST_COMMAND = "dqm demo"


class NothingYet(Exception):
    """There is no store, or nothing in it: a beginning, not a failure."""


@contextmanager
def plainly() -> Iterator[None]:
    """Show what goes wrong inside as a message: a person on call is not helped by a traceback."""
    try:
        yield
    except NothingYet as empty:
        _invite(str(empty))
    except (DqmError, SQLAlchemyError, OSError) as error:
        _apologise(error)


def _invite(what: str) -> None:
    with st.container(border=True):
        st.subheader("Nothing to show yet", anchor=False)
        st.text(plain(what))
        st.write("Write through the gate, or fill the store with two months of real flights:")
        st.code(FIRST_COMMAND, language="bash")


def _apologise(error: Exception) -> None:
    headline, _, fix = str(error).partition("\n  fix: ")
    st.error("The dashboard cannot read what it needs.", icon=":material/cloud_off:")
    st.text(plain(_first_line(error) if isinstance(error, SQLAlchemyError) else headline))
    st.text(f"What to do: {plain(fix) if fix else 'check that the store is up, then reload.'}")
    st.button("Try again", icon=":material/refresh:")


def _first_line(error: SQLAlchemyError) -> str:
    # The driver's own words without SQLAlchemy's: those carry the statement and its parameters.
    return f"The store does not answer: {getattr(error, 'orig', None) or type(error).__name__}"


def settings() -> Settings:
    """Return the settings as they are now."""
    return load_settings()


def views() -> Views:
    """Return the store's read side; raise NothingYet when there is no store to open."""
    url = settings().store
    return _opened(url, _identity(url)).views


def tables() -> tuple[TableStatus, ...]:
    """Return every guarded table; raise NothingYet when there is none."""
    found = tuple(views().tables())
    if not found:
        raise NothingYet("The store is there, but no table has been written through the gate.")
    return found


def _identity(url: str) -> int:
    """Return what tells a database file from another one put in its place (a new demo run)."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return 0
    path = Path(parsed.database)
    if not path.exists():
        # Opening would create it: looking at a dashboard must not leave an empty store behind.
        raise NothingYet(f"There is no store at {path}.")
    return path.stat().st_ino


@st.cache_resource(show_spinner=False, max_entries=2, on_release=Store.close)
def _opened(url: str, identity: int) -> Store:  # noqa: ARG001 - part of the cache's key
    return open_store(url)
