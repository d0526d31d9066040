"""Where the store is: which database a URL names, and how to say so without its password."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from dq_monitor.errors import MissingDriver, SettingsInvalid

SQLITE = "sqlite"
POSTGRES = "postgresql"
_FORMS = "use sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE in DQM_STORE_URL"


def read_url(text: str) -> URL:
    """Return the URL of a database that can hold the store; raise SettingsInvalid for any other."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The cause is left out: it would quote the URL, and with it a password.
        raise SettingsInvalid("the store's URL cannot be read", fix=_FORMS) from None
    backend = "postgresql" if url.drivername == "postgres" else url.get_backend_name()
    if backend == SQLITE:
        return _sqlite(url)
    if backend == POSTGRES:
        return _postgres(url)
    raise SettingsInvalid(f"the store cannot live in {backend!r}", fix=_FORMS)


def describe(url: URL) -> str:
    """Return where the store is, for messages: no user, no password, no query."""
    if url.get_backend_name() == SQLITE:
        return str(url.database)
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host}{port}/{url.database or ''}"


def scrub(message: str, url: URL) -> str:
    """Return the first line of a driver's message, without the secrets of `url`."""
    line = next(iter(message.strip().splitlines()), "")
    for secret in (url.password, url.query.get("password"), url.query.get("sslpassword")):
        for form in {str(secret), quote(str(secret)), quote_plus(str(secret))} if secret else ():
            line = line.replace(form, "***")
    return line


def _sqlite(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsInvalid("the store must be a file to outlive the process", fix=_FORMS)
    path = Path(url.database).expanduser().absolute()
    return URL.create("sqlite+pysqlite", database=str(path))


def _postgres(url: URL) -> URL:
    if find_spec("psycopg") is None:
        raise MissingDriver(
            "psycopg, which PostgreSQL needs", fix="pip install 'dq-monitor[postgres]'"
        )
    return url.set(drivername="postgresql+psycopg")
