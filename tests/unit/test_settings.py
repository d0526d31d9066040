"""Settings: a secret is only ever referred to, and what is wrong is named by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dq_monitor.errors import SettingsInvalid
from dq_monitor.settings import StorageSettings, load_settings, resolve_secret
from dq_monitor.storage import storage_options

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
        ({"storage": {"access_key_id": CANARY}}, "storage.access_key_id"),
        ({"storage": {"secret_access_key": CANARY}}, "storage.secret_access_key"),
        ({"storage": {"options": {"azure_storage_account_key": CANARY}}}, "storage.options"),
    ],
    ids=["url", "secret", "no name", "api key", "access key", "secret key", "option"],
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


def test_storage_options_come_from_references_profile_and_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    file.write_text("[ours]\naws_access_key_id = id\naws_secret_access_key = old\nregion = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("OURS", "new")
    options = {"google_service_account": "/run/account.json", "azure_storage_sas_key": "env:OURS"}
    found = storage_options(
        StorageSettings(profile="ours", secret_access_key="env:OURS", options=options)  # noqa: S106 - refers to one
    )
    assert found == {
        "aws_access_key_id": "id",
        "aws_secret_access_key": "new",
        "google_service_account": "/run/account.json",
        "azure_storage_sas_key": "new",
    }


@pytest.mark.parametrize("text", ["", "[theirs]\naws_access_key_id = canary\n", "canary"])
def test_a_profile_that_cannot_be_read_is_named_without_a_line_of_it(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    file.write_text(text)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    with pytest.raises(
        SettingsInvalid, match=r"(?s)storage.profile 'ours' is not in .*fix"
    ) as told:
        storage_options(StorageSettings(profile="ours"))
    assert "canary" not in f"{told.value}{told.value.__cause__}"


@pytest.mark.parametrize(
    "endpoint", ["localhost", "localhost:9", "http://", "ftp://host", "https://canary@host"]
)
def test_an_endpoint_is_a_url_without_keys(endpoint: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"storage\.endpoint: an endpoint is https") as told:
        load_settings(storage={"endpoint": endpoint})
    assert "canary" not in str(told.value)


def test_a_misspelt_setting_is_told_with_the_nearest() -> None:
    with pytest.raises(SettingsInvalid, match=r"warehose is no setting \(did you mean 'warehouse'"):
        load_settings(warehose="x")
