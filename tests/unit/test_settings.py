"""Settings: a secret is only ever referred to, and what is wrong is named by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dq_monitor.errors import SettingsInvalid
from dq_monitor.settings import load_settings, resolve_secret

CANARY = "https://hooks.example/canary"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"channels": {"hook": {"kind": "webhook", "url": CANARY}}}, "channels.hook.url"),
        (
            {"channels": {"hook": {"kind": "webhook", "url": "env:URL", "secret": CANARY}}},
            "channels.hook.secret",
        ),
        ({"channels": {"hook": {"kind": "webhook", "url": "env:"}}}, "channels.hook.url"),
        ({"lineage": {"kind": "http", "api_key": CANARY}}, "lineage.api_key"),
    ],
    ids=["url", "secret", "no name", "api key"],
)
def test_a_secret_itself_is_refused_and_not_repeated(given: dict[str, object], place: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(**given)
    assert f"{place}: a secret must be a reference: env:NAME or file:PATH" in str(caught.value)
    assert "canary" not in f"{caught.value!s}{caught.value.__cause__!s}"


def test_references_and_none_at_all_are_taken() -> None:
    channels = {"a": {"kind": "slack", "url": "env:URL"}, "b": {"kind": "webhook", "url": "file:x"}}
    settings = load_settings(channels=channels | {"c": {"kind": "console"}})
    assert settings.channels["b"].url == "file:x"


def test_a_secret_file_that_is_missing_is_named_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"(?s)key: No such file.*fix: "):
        resolve_secret(f"file:{tmp_path / 'key'}")
