"""What the dashboard says when there is nothing to show, or when the store cannot be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dq_monitor.model.event import StepBroke, UnreadableFile
from dq_monitor.store import open_store
from tests.browser.conftest import ROOT
from tests.store_events import NOW, TABLE, append_all, committed, judged, origin, started

PAGES = ["screens/overview.py", "screens/failures.py", "screens/table.py", "screens/lineage.py"]


def opened(page: str, url: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("DQM_STORE_URL", url)
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=30)
    app.run()
    return app if page == PAGES[0] else app.switch_page(page).run()


def said(app: AppTest) -> str:
    elements = [*app.error, *app.text, *app.markdown, *app.subheader, *app.code]
    return "\n".join(str(element.value) for element in elements)


@pytest.mark.parametrize("page", PAGES)
def test_without_a_store_each_page_says_how_to_begin(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "store.db"
    app = opened(page, f"sqlite:///{missing}", monkeypatch)
    assert not app.exception
    assert f"There is no store at {missing}" in said(app)
    assert "dqm demo" in said(app)
    assert not missing.exists()


@pytest.mark.parametrize("page", PAGES)
def test_with_an_empty_store_each_page_says_how_to_begin(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(url).close()
    app = opened(page, url, monkeypatch)
    assert not app.exception
    assert "no table has been written" in said(app)


def test_a_damaged_store_is_named_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database, not even nearly" * 300)
    app = opened("screens/overview.py", f"sqlite:///{tmp_path / 'store.db'}", monkeypatch)
    assert not app.exception
    assert "cannot read what it needs" in said(app)
    assert "What to do" in said(app)


def test_a_locked_store_says_that_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    open_store(f"sqlite:///{path}").close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        app = opened("screens/overview.py", f"sqlite:///{path}", monkeypatch)
    finally:
        holder.close()
    assert not app.exception
    assert "locked" in said(app)


def test_a_database_server_that_is_down_gets_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("screens/overview.py", "postgresql://nobody:secret@127.0.0.1:1/none", monkeypatch)
    assert not app.exception
    assert "cannot read what it needs" in said(app)
    assert "secret" not in said(app)


def test_settings_that_are_wrong_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DQM_PORT", "many")
    app = opened("screens/overview.py", "sqlite:///nowhere.db", monkeypatch)
    assert not app.exception
    assert "port" in said(app)


def test_files_that_cannot_be_read_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    damaged = UnreadableFile("landing/trips.csv", 1_234, "", "line 7 has two columns too many")
    with closing(open_store(url)) as store:
        append_all(store.log, (started(), judged(), committed()))
        append_all(store.log, (StepBroke(origin(), TABLE, NOW, "broke", (), damaged),))
    app = opened("screens/failures.py", url, monkeypatch)
    assert not app.exception
    assert [warning.value for warning in app.warning] == [
        "1 file cannot be read. Deliver it anew and run the step again."
    ]
