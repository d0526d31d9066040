"""Where a table of another engine lies: `scheme://host/db?table=name`, or a reference to that."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit

from dq_monitor.errors import UsageError
from dq_monitor.settings import SCHEMES as REFERENCES
from dq_monitor.settings import resolve_secret

TABLE = "table"
SECRETS = ("password", "sslpassword", "token", "access_token")
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Address:
    """A table of an engine, whose URL (without the table) may hold a password.

    `label` names the table in messages: as it was given, without user, password and options.
    """

    url: str = field(repr=False)
    table: str
    label: str

    @property
    def parts(self) -> SplitResult:
        """Return the parts of the URL."""
        return urlsplit(self.url)

    @property
    def scheme(self) -> str:
        """Return the URL's scheme."""
        return self.parts.scheme

    @property
    def options(self) -> dict[str, str]:
        """Return what stands behind the question mark, without the table."""
        return dict(parse_qsl(self.parts.query))

    def reason(self, error: BaseException) -> str:
        """Return a driver's first line of why it cannot connect, without the URL's secrets."""
        line = next(iter(_said(error).strip().splitlines()), "")[:LONGEST_REASON]
        if not line or self.url in line or any(secret in line for secret in _secrets(self)):
            return type(error).__name__
        return line


def _said(error: BaseException) -> str:
    """Return what a driver says: the network's own error, gRPC's details, or else all of it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    details = re.search(r'details = "([^"]+)"', str(error))
    return details[1] if details else str(error)


def read_address(target: str, schemes: Collection[str]) -> Address | None:
    """Return the table that `target` names; None where it is no URL of one of `schemes`.

    `env:NAME` and `file:PATH` stand for a URL with a password in it; `?table=` may follow them.
    """
    head, _, tail = target.partition("?")
    referred = target.partition(":")[0] in REFERENCES and "://" not in target
    url = _joined(resolve_secret(head), tail) if referred else target
    scheme = url.partition("://")[0] if "://" in url else ""
    if scheme not in schemes:
        if referred:
            raise UsageError(f"{head} holds no URL of an engine", fix=_known(schemes))
        return None
    return _parsed(url, target if referred else "")


def _known(schemes: Collection[str]) -> str:
    return f"its URL begins with {', '.join(f'{scheme}://' for scheme in sorted(schemes))}"


def _joined(url: str, options: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{options}" if options else url


def _parsed(url: str, label: str) -> Address:
    try:
        parts = urlsplit(url)
        port = parts.port
        options = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        # the cause is left out: it may quote the URL, and with it a password
        place = label or f"the {url.partition('://')[0]} URL"
        raise UsageError(f"{place} cannot be read", fix=_FORM) from None
    table = dict(options).get(TABLE, "")
    rest = urlencode([one for one in options if one[0] != TABLE])
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if rest else ''}{rest}"
    host = parts.hostname or dict(options).get("host", "")
    place = f"{host}:{port}" if port else host
    path = parts.path.partition(";")[0]
    label = label or f"{parts.scheme}://{place}{path}?{TABLE}={table}"
    if not table:
        raise UsageError(f"{label.removesuffix(f'?{TABLE}=')} names no table", fix=_FORM)
    return Address(bare, table, label)


_FORM = "write SCHEME://USER@HOST:PORT/DATABASE?table=SCHEMA.NAME"


def _secrets(address: Address) -> set[str]:
    """Return each secret of the URL, in the ways in which it may be spelt."""
    parts = address.parts
    found = {parts.password or "", *(address.options.get(name, "") for name in SECRETS)}
    found |= {value for _, _, value in map(_parameter, parts.path.split(";")[1:])}
    plain = {unquote(secret) for secret in found if secret}
    return {form for one in plain for form in (one, quote(one), quote_plus(one))} | (found - {""})


def _parameter(text: str) -> tuple[str, str, str]:
    return text.partition("=")
