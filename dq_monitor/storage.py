"""Object stores: the options that deltalake and Polars both take, and what their errors mean."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dq_monitor.errors import SettingsInvalid
from dq_monitor.registry import suggest
from dq_monitor.settings import StorageSettings, resolve_secret

SCHEMES = ("s3", "s3a", "gs", "az", "abfs", "abfss")
PROFILE = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# An endpoint that is down is told after seconds: object_store's own wait is three minutes.
BOUNDS = {
    "connect_timeout": "3s",
    "retry_timeout": "5s",
    "backoff_config.init_backoff": "100ms",
    "backoff_config.max_backoff": "1s",
}
# The same for Polars, which has names and types of its own, and chokes on text for a number.
READ_BOUNDS = {
    "max_retries": 3,
    "retry_timeout_ms": 5_000,
    "retry_init_backoff_ms": 100,
    "retry_max_backoff_ms": 1_000,
}

_NETWORK = "check storage.endpoint, storage.region and the network, then run it again"
_KEYS = "check the keys: storage.access_key_id and the others, or AWS_ACCESS_KEY_ID"
# What an object store or its client says, what that means, and what to do.
MEANINGS = (
    (r"NoSuchBucket", "there is no such bucket", "create the bucket, or correct the warehouse"),
    (r"InvalidAccessKeyId|InvalidClientTokenId", "the store does not know the access key", _KEYS),
    (r"SignatureDoesNotMatch|ExpiredToken|InvalidToken", "the secret key or token is wrong", _KEYS),
    (
        r"loading credentials|IMDS|CredentialsNotLoaded|169\.254\.169\.254",
        "no keys were found",
        f"{_KEYS}, or run where the machine has a role",
    ),
    (
        r"AccessDenied|403 Forbidden|401 Unauthorized",
        "access is denied",
        f"let them list, read, write and delete below the warehouse, or {_KEYS}",
    ),
    (
        r"PutMode::Create|NotImplemented",
        "the store has no conditional put",
        "use a store that has: without it two writers can undo each other's commits",
    ),
    (r"PermanentRedirect|301 Moved|AuthorizationHeaderMalformed", "the region is wrong", _NETWORK),
    (r"URL scheme is not allowed", "http is not allowed", "set storage.allow_http"),
    (r"dns error|failed to lookup", "its host name is not known", _NETWORK),
    (
        r"Connection refused|tcp connect error|error sending request|timed out|HTTP error",
        "it does not answer",
        _NETWORK,
    ),
    (r"SlowDown|503 Service", "it asks for fewer requests", "wait a little, then run it again"),
)


def is_remote(root: str) -> bool:
    """Say whether a path is a URL of an object store rather than a folder."""
    return "://" in root


def require_store(root: str) -> None:
    """Raise SettingsInvalid for a URL that no warehouse can lie at."""
    parts = urlsplit(root)
    if parts.scheme not in SCHEMES:
        raise SettingsInvalid(
            f"warehouse: {parts.scheme}:// is no object store", fix=suggest(parts.scheme, SCHEMES)
        )
    azure = parts.scheme in {"abfs", "abfss"}
    if parts.password is not None or (parts.username is not None and not azure) or parts.query:
        raise SettingsInvalid(
            "warehouse: a URL with keys in it",
            fix="leave them out; name them in storage.access_key_id and"
            " storage.secret_access_key as env:NAME",
        )
    if not parts.hostname:
        raise SettingsInvalid("warehouse: a URL without a bucket", fix="write s3://BUCKET/PREFIX")


def storage_options(settings: StorageSettings) -> dict[str, str]:
    """Return the settings as deltalake and Polars take them, with the secrets that they refer to.

    What is not set comes from the environment (AWS_ACCESS_KEY_ID, ...) or the machine's role.
    """
    plain = {"aws_endpoint_url": settings.endpoint, "aws_region": settings.region}
    secret = {
        "aws_access_key_id": settings.access_key_id,
        "aws_secret_access_key": settings.secret_access_key,
        "aws_session_token": settings.session_token,
    }
    return {
        **{name: value for name, value in plain.items() if value},
        **({"aws_allow_http": "true"} if settings.allow_http else {}),
        **(_profile(settings.profile) if settings.profile else {}),
        **{name: resolve_secret(reference) for name, reference in secret.items() if reference},
        **{name: _resolved(value) for name, value in settings.options.items()},
    }


def bounded(options: Mapping[str, str]) -> dict[str, str]:
    """Return the options with an end to the waiting, for deltalake."""
    return {**BOUNDS, **options}


def bounded_reads(options: Mapping[str, str]) -> dict[str, str | int]:
    """Return the options with an end to the waiting, for Polars."""
    return {**READ_BOUNDS, **options}


def meaning(error: BaseException) -> tuple[str, str] | None:
    """Return what an object store's error means and what to do; None where it is no such error."""
    text = str(error)
    found = (pair for pattern, *pair in MEANINGS if re.search(pattern, text))
    reason, fix = next(found, ("", ""))
    return (reason, fix) if reason else None


def _resolved(value: str) -> str:
    return resolve_secret(value) if value.startswith(("env:", "file:")) else value


def _profile(name: str) -> dict[str, str]:
    """Return the keys of a profile in the shared credentials file, which Polars cannot read."""
    path = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        keys = dict(parser[name])
    except (OSError, KeyError, configparser.Error) as error:
        # The parser's error would quote a line, and a line may be a key.
        raise SettingsInvalid(
            f"storage.profile {name!r} is not in {path} ({type(error).__name__})",
            fix="correct the profile, or name the keys in storage.access_key_id and the others",
        ) from None
    return {key: keys[key] for key in PROFILE if key in keys}
