"""`dqm alerts`, run as a user runs it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dq_monitor.cli.alerts import command
from dq_monitor.errors import DqmError, UnknownName
from dq_monitor.message import to_json, trial
from dq_monitor.model.outbox import Changes, Outgoing, OutgoingKind
from dq_monitor.store import Store, open_store

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


def dqm_alerts(home: Path, *arguments: str, channels: str = "{}") -> Result:
    env = {"DQM_HOME": str(home), "DQM_CHANNELS": channels}
    return CliRunner().invoke(command, list(arguments), env=env)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    payload = to_json(trial("key", "chat", NOW))
    outgoing = Outgoing("key", OutgoingKind.ALERT, "chat", payload, NOW)
    opened.cursors.advance("incidents", 1, Changes(outgoing=(outgoing,)))
    opened.close()
    return opened


def test_a_channel_can_be_tried(tmp_path: Path) -> None:
    result = dqm_alerts(tmp_path, "test", "here", channels='{"here": {"kind": "console"}}')
    assert result.exit_code == 0
    assert result.stdout == "here: sent\n"
    assert "dq-monitor: channel here works" in result.stderr


@pytest.mark.parametrize(
    ("channels", "words"),
    [('{"chat": {"kind": "console"}}', "did you mean 'chat'?"), ("{}", "none is in dqm.toml")],
    ids=["a near one", "none at all"],
)
def test_trying_an_unknown_channel_says_which_there_are(
    tmp_path: Path, channels: str, words: str
) -> None:
    error = dqm_alerts(tmp_path, "test", "chatt", channels=channels).exception
    assert isinstance(error, UnknownName)
    assert words in str(error)


def test_a_channel_that_does_not_work_says_why(tmp_path: Path) -> None:
    channels = '{"chat": {"kind": "slack", "url": "env:NOT_SET_HERE"}}'
    error = dqm_alerts(tmp_path, "test", "chat", channels=channels).exception
    assert isinstance(error, DqmError)
    assert "channel 'chat': environment variable NOT_SET_HERE is not set" in str(error)


def test_a_hook_that_is_refused_names_the_channel_and_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("http://localhost:9/x")
    channels = f'{{"hook": {{"kind": "webhook", "url": "file:{tmp_path / "url"}"}}}}'
    error = dqm_alerts(tmp_path, "test", "hook", channels=channels).exception
    assert isinstance(error, DqmError)
    assert "channel 'hook': localhost: the url must begin with https://" in str(error)
    assert "allow_private_hooks = true" in error.fix


def test_an_empty_outbox_says_so(tmp_path: Path) -> None:
    assert dqm_alerts(tmp_path, "outbox").stdout == "nothing waits, nothing died\n"


def test_the_outbox_shows_what_waits_and_what_died(tmp_path: Path, store: Store) -> None:
    assert dqm_alerts(tmp_path, "outbox").stdout == (
        "     1  alert  chat  due 2026-11-23 18:00 UTC  0 failed\n"
    )
    store.outbox.dead(1, NOW, "hooks.example answered 410")
    assert dqm_alerts(tmp_path, "outbox").stdout == (
        "     1  alert  chat  dead  1 failed  hooks.example answered 410\n"
    )
    store.outbox.requeue(1, NOW)
    store.outbox.retry(1, NOW, "two\nlines")
    assert len(dqm_alerts(tmp_path, "outbox").stdout.splitlines()) == 1
    store.close()


def test_a_dead_delivery_can_be_put_back(tmp_path: Path, store: Store) -> None:
    store.outbox.dead(1, NOW, "hooks.example answered 410")
    assert dqm_alerts(tmp_path, "requeue", "1").stdout == "1: due now\n"
    assert store.views.deliveries()[0].state == "pending"
    store.close()


def test_only_a_dead_delivery_can_be_put_back(tmp_path: Path, store: Store) -> None:
    error = dqm_alerts(tmp_path, "requeue", "1").exception
    assert isinstance(error, UnknownName)
    assert "`dqm alerts outbox`" in error.fix
