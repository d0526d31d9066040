"""The engines that run here, each started once for all tests that ask them."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from tests.engine_house import ENGINES, STARTS, Engine, postgres


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[tuple[str, Engine]]:
    """Return an engine and its name."""
    start = STARTS.get(request.param)
    if start is None:
        server = request.getfixturevalue("postgres_server")
        url = server.url.set(drivername="postgresql").render_as_string(hide_password=False)
        start = functools.partial(postgres, url)
    with start() as started:
        yield request.param, started
