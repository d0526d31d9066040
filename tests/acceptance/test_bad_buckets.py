"""What is wrong with an object store is told in one line with a remedy, soon, and without keys."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App, open_app
from dq_monitor.errors import DqmError
from dq_monitor.settings import load_settings
from tests.bucket_server import KEY, BucketServer

PACK = "table: silver.t\nrules:\n  - in_range: {column: a, max: 9}\n"
ROWS = pl.DataFrame({"a": [1, 2, 99]})


@dataclass(frozen=True)
class Project:
    """A folder with a pack, and settings that lead to a bucket."""

    folder: Path
    server: BucketServer
    bucket: str

    def open(self, **storage: object) -> App:
        return self.open_at(f"s3://{self.bucket}/house", **storage)

    def open_at(self, warehouse: str, **storage: object) -> App:
        return open_app(
            load_settings(
                home=self.folder / "home",
                rules=self.folder / "rules",
                warehouse=warehouse,
                storage={
                    "endpoint": self.server.endpoint,
                    "region": "us-east-1",
                    "allow_http": True,
                    "access_key_id": "env:CANARY",
                    "secret_access_key": "env:CANARY",
                    **storage,
                },
            )
        )


@pytest.fixture
def project(
    tmp_path: Path, bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.setenv("CANARY", KEY)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/t.yaml").write_text(PACK)
    return Project(tmp_path, bucket_server, bucket_server.make_bucket())


@contextmanager
def silent_port() -> Iterator[str]:
    """Yield an endpoint that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def closed_port() -> Iterator[str]:
    """Yield an endpoint where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def told(broken: Callable[[], object]) -> str:
    """Return what a user is told, after seeing that nothing said of it holds a key."""
    with pytest.raises(DqmError) as caught:
        broken()
    assert KEY not in f"{caught.value!s}{caught.value.__cause__!s}"
    assert "\x1b" not in str(caught.value)
    return str(caught.value)


def test_a_bucket_that_is_not_there_is_named(project: Project) -> None:
    with closing(project.open_at("s3://none-such/house")) as app:
        text = told(lambda: app.write(ROWS, "silver.t"))
    assert "s3://none-such/house/silver/t: there is no such bucket" in text
    assert "fix: create the bucket, or correct the warehouse" in text


def test_a_key_that_the_store_does_not_know_is_told_as_that(project: Project) -> None:
    with project.server.asking_for_keys(), closing(project.open()) as app:
        text = told(lambda: app.write(ROWS, "silver.t"))
    assert "the store does not know the access key" in text
    assert "fix: check the keys: storage.access_key_id" in text


def test_keys_that_are_nowhere_are_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with closing(project.open(access_key_id="", secret_access_key="")) as app:
        text = told(lambda: app.write(ROWS, "silver.t"))
    assert "no keys were found" in text
    assert "fix: check the keys" in text


@pytest.mark.parametrize("endpoint", [closed_port, silent_port])
def test_a_store_that_does_not_answer_is_given_up(
    endpoint: Callable[[], AbstractContextManager[str]], project: Project
) -> None:
    impatient = {"timeout": "2s"}
    with endpoint() as url, closing(project.open(endpoint=url, options=impatient)) as app:
        text = told(lambda: app.write(ROWS, "silver.t"))
    assert "it does not answer" in text
    assert "fix: check storage.endpoint" in text


def test_an_endpoint_of_plain_http_must_be_allowed(project: Project) -> None:
    with closing(project.open(allow_http=False)) as app:
        assert "fix: set storage.allow_http" in told(lambda: app.write(ROWS, "silver.t"))


def test_a_store_without_conditional_put_is_not_written(project: Project) -> None:
    with closing(project.open(options={"aws_conditional_put": "disabled"})) as app:
        text = told(lambda: app.write(ROWS, "silver.t"))
    assert "the store has no conditional put" in text


def test_a_store_that_fails_in_the_middle_of_a_pass_leaves_the_batch_to_be_sent_again(
    project: Project,
) -> None:
    with ExitStack() as locked, closing(project.open()) as app:

        def lock(frame: pl.DataFrame) -> pl.DataFrame:
            locked.enter_context(project.server.asking_for_keys())
            return frame

        app.write(ROWS, "silver.t", key="one")
        failing = ROWS.lazy().map_batches(lock, schema=ROWS.schema)
        text = told(lambda: app.write(failing, "silver.t", key="two"))
        assert "A Delta table cannot be written" in text
        locked.close()
        assert app.write(ROWS, "silver.t", key="two").verdict.counts.kept == 2
        assert app.tables.scan("silver.t").collect().height == 4
        assert app.store.log.open_writes() == []


@pytest.mark.parametrize(
    ("warehouse", "words"),
    [
        ("ftp://bucket/house", "ftp:// is no object store"),
        (f"s3://key:{KEY}@bucket/house", "a URL with keys in it"),
        ("s3:///house", "a URL without a bucket"),
    ],
)
def test_a_url_that_is_no_warehouse_is_refused(
    warehouse: str, words: str, project: Project
) -> None:
    text = told(lambda: project.open_at(warehouse))
    assert words in text
    assert "fix: " in text


def test_no_key_is_kept_or_told(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    with closing(project.open()) as app:
        app.write(ROWS, "silver.t", key="one")
        assert KEY not in f"{app!r}{app.settings!r}{app.tables.open('silver.t')!r}"
        assert KEY not in repr(app.tables.staging("silver.t", "one"))
        plan = app.tables.scan("silver.t").explain()
        assert KEY not in plan
        events = app.store.log.read(0, 1000)
    assert KEY not in repr(events)
    left = [path for path in project.folder.rglob("*") if path.is_file()]
    assert [path.name for path in left if KEY.encode() in path.read_bytes()] == []
    assert KEY not in "".join(capfd.readouterr())
