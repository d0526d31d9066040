"""`dqm incidents`, run as a user runs it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dq_monitor.cli.incidents import command
from dq_monitor.cli.status import command as status
from dq_monitor.errors import UnknownName, UsageError
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.outbox import Changes
from dq_monitor.model.verdict import Status
from dq_monitor.store import open_store
from tests.store_events import committed, judged, started

AT = datetime(2026, 11, 23, 18, tzinfo=UTC)
GATE, TWIN, OVER = (
    "11111111-0000-5000-8000-000000000001",
    "11111111-0000-5000-8000-000000000002",
    "22222222-0000-5000-8000-000000000003",
)


def incident(
    id_: str, rule: str, segment: str = "", state: IncidentState = IncidentState.OPEN
) -> Incident:
    return Incident(id_, "silver.flights", rule, segment, state, Status.FAIL, "it fails", AT, AT)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    some = (
        incident(GATE, "gate", "2026-11-22"),
        incident(TWIN, "unique"),
        incident(OVER, "mean", state=IncidentState.RESOLVED),
    )
    store.cursors.advance("incidents", 1, Changes(incidents=some))
    store.close()
    return tmp_path


def dqm_incidents(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), env={"DQM_HOME": str(home)})


def stored(home: Path) -> dict[str, Incident]:
    store = open_store(f"sqlite:///{home / 'store.db'}")
    found: Sequence[Incident] = store.views.incidents(open_only=False)
    store.close()
    return {one.id: one for one in found}


def test_facts_that_nobody_has_looked_at_are_told(home: Path) -> None:
    assert "wait" not in dqm_incidents(home).stdout
    store = open_store(f"sqlite:///{home / 'store.db'}")
    for number in range(3):
        store.log.append(started(f"w{number}"))
    store.close()
    *_, last = dqm_incidents(home).stdout.splitlines()
    assert last == (
        "2 facts wait to be looked at: a running `dqm serve`, or any `dqm run`, does that"
    )


def test_the_status_says_when_facts_wait_that_may_change_it(home: Path) -> None:
    store = open_store(f"sqlite:///{home / 'store.db'}")
    for event in (started("w1"), judged("w1"), committed("w1")):
        store.log.append(event)
    store.close()
    told = CliRunner().invoke(status, env={"DQM_HOME": str(home)}).stdout
    assert "incidents: 2 facts wait to be looked at" in told


def test_open_incidents_are_listed_by_an_id_that_can_be_typed(home: Path) -> None:
    head, first, second = dqm_incidents(home).stdout.splitlines()
    assert head.split() == ["id", "table", "rule", "state", "since", "(UTC)", "times"]
    assert first.split() == [
        GATE,
        *("silver.flights", "gate", "[2026-11-22]", "open", "2026-11-23", "18:00", "1"),
    ]
    assert second.startswith(TWIN)


def test_all_lists_the_resolved_ones_too(home: Path) -> None:
    assert "resolved" in dqm_incidents(home, "--all").stdout
    assert "resolved" not in dqm_incidents(home).stdout


def test_ids_are_no_longer_than_they_must_be(home: Path) -> None:
    dqm_incidents(home, "resolve", TWIN)
    assert dqm_incidents(home).stdout.splitlines()[1].split()[0] == "11111111"


def test_a_house_without_incidents_says_so(tmp_path: Path) -> None:
    assert dqm_incidents(tmp_path).stdout == "no incident is open\n"


def test_the_start_of_an_id_is_enough_among_those_that_are_open(home: Path) -> None:
    dqm_incidents(home, "resolve", TWIN)
    result = dqm_incidents(home, "acknowledge", "111", "--by", "ana")
    assert result.stdout == "silver.flights gate [2026-11-22]: acknowledged by ana\n"
    assert stored(home)[GATE].state is IncidentState.ACKNOWLEDGED


def test_an_incident_can_be_muted_for_a_while_and_shows_until_when(home: Path) -> None:
    before = datetime.now(UTC)
    result = dqm_incidents(home, "mute", GATE, "--for", "2d")
    until = stored(home)[GATE].muted_until
    assert until is not None
    assert timedelta(0) <= until - before - timedelta(days=2) < timedelta(minutes=1)
    words = f"muted until {until:%Y-%m-%d %H:%M}"
    assert result.stdout == f"silver.flights gate [2026-11-22]: {words} UTC\n"
    assert words in dqm_incidents(home).stdout


def test_an_incident_can_be_resolved_once(home: Path) -> None:
    assert "resolved" in dqm_incidents(home, "resolve", TWIN).stdout
    assert stored(home)[TWIN].state is IncidentState.RESOLVED
    again = dqm_incidents(home, "acknowledge", TWIN).exception
    assert isinstance(again, UsageError)
    assert "is resolved" in str(again)
    assert stored(home)[TWIN].state is IncidentState.RESOLVED


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ("11", UsageError, "begins the ids of 2 open incidents"),
        ("abc", UnknownName, "`dqm incidents` lists them"),
    ],
    ids=["several", "none"],
)
def test_a_start_that_is_not_unique_changes_nothing(
    home: Path, given: str, kind: type[UsageError], words: str
) -> None:
    error = dqm_incidents(home, "resolve", given).exception
    assert isinstance(error, kind)
    assert words in str(error)
    assert stored(home)[GATE].state is IncidentState.OPEN


@pytest.mark.parametrize("length", ["soon", "0d", "999999999999d"])
def test_a_time_that_cannot_be_read_is_refused(home: Path, length: str) -> None:
    assert dqm_incidents(home, "mute", GATE, "--for", length).exit_code == 2
