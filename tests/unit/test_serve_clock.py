from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dq_monitor.cli.serve import clock_from, parse_moment
from dq_monitor.errors import UsageError


def test_a_clock_can_start_in_the_past_and_runs_on() -> None:
    start = parse_moment("2013-03-01T11:30")
    clock = clock_from(start)
    assert timedelta(0) <= clock() - start.replace(tzinfo=UTC) < timedelta(minutes=1)


def test_without_a_start_it_is_the_systems() -> None:
    assert abs(clock_from(None)() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_moment_that_cannot_be_read_names_the_form() -> None:
    with pytest.raises(UsageError, match=r"--now yesterday\n.*2013-03-01T11:30 or last"):
        parse_moment("yesterday")
