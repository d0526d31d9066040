"""The identity of a pack: the hash of what it means, whatever it looks like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any

from dq_monitor.model.pack import Pack

# Where a pack stands is not what it says, and a hash cannot hold itself.
NOT_CONTENT = {"file", "fingerprint"}


def fingerprint(pack: Pack) -> str:
    """Return the SHA-256 of the pack's normalised content.

    Formatting, comments, the order of keys, shorthand, spelled-out defaults and the file's name do
    not change it; any change of meaning does.
    """
    content = {key: value for key, value in _content(pack).items() if key not in NOT_CONTENT}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _content(value: Any) -> dict[str, Any]:
    """Return the fields that differ from their defaults.

    Defaults are left out so that a later release may add an option without every pack appearing
    changed.
    """
    given = ((f, getattr(value, f.name)) for f in fields(value) if f.init and f.compare)
    return {f.name: _plain(part) for f, part in given if not _is_default(f, part)}


def _is_default(field: Field[Any], value: Any) -> bool:
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return type(default) is type(value) and bool(default == value)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _content(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Set):
        return sorted((_plain(part) for part in value), key=repr)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):  # datetime is one too
        return value.isoformat()
    return value if value is None or isinstance(value, str | bool | int | float) else repr(value)
