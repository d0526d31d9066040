"""A served dashboard over a told story, and a browser page that may not err or call outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.browser.story import Story, tell

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
# Streamlit's page looks for its server below a deep link first, and is told 404.
PROBES = ("/_stcore/health", "/_stcore/host-config")
ARGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def dashboard(story: Story) -> Iterator[str]:
    with served(story, show_samples=True) as url:
        yield url


@contextmanager
def served(story: Story, *, show_samples: bool) -> Iterator[str]:
    """Run the dashboard as people do, on a free port, from a folder that is not its own."""
    port = _free_port()
    settings = {
        "DQM_STORE_URL": story.store_url,
        "DQM_WAREHOUSE": str(story.warehouse),
        "DQM_SHOW_SAMPLES": str(show_samples),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py")]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    with subprocess.Popen(
        command,
        cwd=story.warehouse.parent,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            assert server.stdout
            seen = []
            for line in server.stdout:  # ends when the server is up, or when it died
                seen.append(line)
                if "URL:" in line:
                    break
            assert server.poll() is None, "".join(seen)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()  # a polite stop waits for the browser to go first


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM} (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page of a fresh profile; whatever it did wrong fails the test at its end."""
    wrong: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(PROBES):
            wrong.append(f"console: {message.text}")

    def watch(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
            wrong.append(f"request: {request.url}")

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", hear)
    page.on("request", watch)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    yield page
    context.close()
    assert not wrong
