"""Says that a table's folder cannot be written, whatever the writer itself calls it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from dq_monitor.errors import DqmError, TableUnwritable

# Only a write ends in one of these, so that a source that cannot be read is never meant.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_NUMBER = re.compile(r"os error (\d+)")


@contextmanager
def writing(place: Path | str) -> Iterator[None]:
    """Guard code that does nothing but write to `place`: raise TableUnwritable."""
    try:
        yield
    except OSError as error:
        raise _unwritable(place, error) from error


@contextmanager
def running_full(place: Path | str) -> Iterator[None]:
    """Guard code that reads too: raise TableUnwritable where no space is left, or none is ours."""
    try:
        yield
    except DqmError:
        raise
    except (OSError, pl.exceptions.PolarsError) as error:
        if _number(error) in FULL:
            raise _unwritable(place, error) from error
        raise


def _unwritable(place: Path | str, error: BaseException) -> TableUnwritable:
    number = _number(error)
    reason = os.strerror(number) if number else str(error).splitlines()[0]
    fix = (
        "free some space"
        if number in FULL - {errno.EROFS}
        else "make the folder writable for this user, or name another warehouse in DQM_WAREHOUSE"
    )
    return TableUnwritable(f"{place}: {reason}", fix=f"{fix}, then run it again")


def _number(error: BaseException) -> int:
    """Return the system's number of an error; 0 where there is none, not even in its text."""
    known = getattr(error, "errno", None)
    found = _NUMBER.search(str(error))
    return int(known or (found.group(1) if found else 0))
