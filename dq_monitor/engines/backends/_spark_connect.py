"""Spark Connect's client, imported so that it stays quiet. Only the plug imports this, late."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

RETRIES = 4


@contextmanager
def _with_a_file() -> Iterator[None]:
    """Give the program a file: pyspark takes one without for its own doctests, and ends it."""
    main = sys.modules["__main__"]
    bare = not hasattr(main, "__file__")
    if bare:
        main.__file__ = __file__
    yield
    if bare:
        del main.__file__


with _with_a_file(), warnings.catch_warnings():
    # of pandas, which is not used here
    warnings.simplefilter("ignore", FutureWarning)
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession


def session(url: str) -> SparkSession:
    """Return a session of a Spark Connect server that is tried a few times, not ten minutes."""
    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]")  # it raises as well
    begun = SparkSession.builder.remote(url).create()
    begun.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
    return begun
