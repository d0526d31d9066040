"""Says that a table cannot be written or read, whatever the writer itself calls it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake.exceptions import CommitFailedError, DeltaError

from dq_monitor.errors import DqmError, TableUnreadable, TableUnwritable
from dq_monitor.storage import is_remote, meaning

# Only a write ends in one of these, so that a source that cannot be read is never meant.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_NUMBER = re.compile(r"os error (\d+)")
_PUT = re.compile(r"Error performing (PUT|POST)")
_RESTORE = "restore the table's folder, or move it away and run its steps again"


@contextmanager
def writing(place: Path | str) -> Iterator[None]:
    """Guard code that does nothing but write to `place`: raise TableUnwritable."""
    try:
        yield
    except CommitFailedError:
        raise  # another writer was faster
    except (OSError, DeltaError) as error:
        if isinstance(error, DeltaError) and not (is_remote(str(place)) and meaning(error)):
            raise
        raise _unwritable(place, error) from error


@contextmanager
def running_full(place: Path | str) -> Iterator[None]:
    """Guard code that reads too: raise TableUnwritable where no file of ours can be written."""
    try:
        yield
    except DqmError:
        raise
    except (OSError, pl.exceptions.PolarsError) as error:
        if _number(error) == errno.ENAMETOOLONG:
            raise TableUnwritable(
                f"{place}: a value in a partition column is too long for the name of a folder",
                fix="partition by columns of shorter values",
            ) from error
        if _number(error) in FULL or (is_remote(str(place)) and _PUT.search(str(error))):
            raise _unwritable(place, error) from error
        if is_remote(str(place)) and str(place) in str(error):
            raise table_unreadable(str(place), error) from error
        raise


@contextmanager
def unreadable(place: str) -> Iterator[None]:
    """Guard code that reads from an object store; that an object is not there stays as it is."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" not in str(error):
            raise
        raise table_unreadable(place, error) from error
    except (OSError, DeltaError) as error:
        raise table_unreadable(place, error) from error


def table_unreadable(place: str, error: BaseException) -> TableUnreadable:
    """Return the error for a table that cannot be read; `place` says which and where."""
    known = meaning(error) if is_remote(place) else None
    reason, fix = known or (str(error).splitlines()[0], _RESTORE)
    return TableUnreadable(f"{place}: {reason}", fix=fix)


def _unwritable(place: Path | str, error: BaseException) -> TableUnwritable:
    known = meaning(error) if is_remote(str(place)) else None
    reason, fix = known or _of_disk(error)
    return TableUnwritable(f"{place}: {reason}", fix=fix)


def _of_disk(error: BaseException) -> tuple[str, str]:
    number = _number(error)
    reason = os.strerror(number) if number else str(error).splitlines()[0]
    fix = (
        "free some space"
        if number in FULL - {errno.EROFS}
        else "make the folder writable for this user, or name another warehouse in DQM_WAREHOUSE"
    )
    return reason, f"{fix}, then run it again"


def _number(error: BaseException) -> int:
    """Return the system's number of an error; 0 where there is none, not even in its text."""
    known = getattr(error, "errno", None)
    found = _NUMBER.search(str(error))
    return int(known or (found.group(1) if found else 0))
