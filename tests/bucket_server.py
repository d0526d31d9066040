"""An S3 on a free port, in a process of its own: moto's server, which deadlocks beside delta-rs."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSelector, PyFileSystem

from dq_monitor.settings import StorageSettings
from dq_monitor.storage import storage_options
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.lease import FileLeases

KEY_ID, KEY = "testing", "canary-secret-key"
_numbers = itertools.count()
_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@dataclass(frozen=True)
class BucketServer:
    """A running server."""

    endpoint: str

    def make_bucket(self) -> str:
        """Make a bucket; return its name."""
        name = f"house-{os.getpid()}-{next(_numbers)}"
        self._ask("PUT", f"/{name}")
        return name

    def options(self, endpoint: str = "") -> dict[str, str]:
        """Return storage options that reach it, or another endpoint, with good keys."""
        settings = StorageSettings(
            endpoint=endpoint or self.endpoint, region="us-east-1", allow_http=True
        )
        keys = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": KEY}
        return {**storage_options(settings), **keys}

    @contextmanager
    def asking_for_keys(self) -> Iterator[None]:
        """Let it refuse keys that it does not know, as Amazon's does; moto's own takes any."""
        self._ask("POST", "/moto-api/reset-auth", b"0")
        try:
            yield
        finally:
            self._ask("POST", "/moto-api/reset-auth", b"Infinity")

    def _ask(self, method: str, path: str, body: bytes = b"") -> None:
        with closing(HTTPConnection(self.endpoint.removeprefix("http://"))) as connection:
            connection.request(method, path, body)
            assert connection.getresponse().status == HTTPStatus.OK


@contextmanager
def started() -> Iterator[BucketServer]:
    """Start a server; end it with the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdin
        yield BucketServer(f"http://127.0.0.1:{process.stdout.readline().strip()}")
        process.stdin.close()


@dataclass(frozen=True)
class Warehouse:
    """Where tables may lie, with what reaches them, and a folder for the locks of an S3."""

    root: str
    options: dict[str, str]
    folder: Path

    @property
    def endpoint(self) -> str:
        """Return where its S3 listens; empty for a folder."""
        return self.options.get("aws_endpoint_url", "")

    def settings(self) -> dict[str, object]:
        """Return what of the settings leads here; the keys are referred to."""
        if not self.options:
            return {"warehouse": self.root}
        reference = f"file:{self.folder / 'key'}"
        (self.folder / "key").write_text(KEY)
        storage = {
            "endpoint": self.endpoint,
            "region": "us-east-1",
            "allow_http": True,
            "access_key_id": reference,
            "secret_access_key": reference,
        }
        return {"warehouse": self.root, "storage": storage}

    def tables(self, clock: Callable[[], datetime] | None = None) -> DeltaTables:
        """Open it as another process would."""
        leases = FileLeases(self.folder / "leases")
        if clock:
            return DeltaTables(self.root, self.options, clock, leases)
        return DeltaTables(self.root, self.options, leases=leases)

    def lose(self, uri: str, ending: str) -> None:
        """Delete the first file below a path or URL whose name ends like this."""
        below = uri.removeprefix(self.root).strip("/")
        found = self._files.get_file_info(FileSelector(below, recursive=True))
        self._files.delete_file(min(f.path for f in found if f.path.endswith(ending)))

    def read(self, path: str) -> bytes:
        """Return what a file holds."""
        with self._files.open_input_file(path) as file:
            content: bytes = file.readall()
        return content

    def write(self, path: str, content: bytes) -> None:
        """Replace what a file holds."""
        with self._files.open_output_stream(path, buffer_size=1 << 16) as file:
            file.write(content)

    def clear(self, folder: str) -> None:
        """Delete a folder."""
        self._files.delete_dir(folder)

    def paths(self) -> list[str]:
        """Return every file."""
        found = self._files.get_file_info(FileSelector("", recursive=True, allow_not_found=True))
        return [f.path for f in found if f.is_file]

    @cached_property
    def _files(self) -> PyFileSystem:
        return PyFileSystem(DeltaStorageHandler(self.root, self.options))


def local(folder: Path) -> Warehouse:
    """Return a warehouse in a folder."""
    (folder / "warehouse").mkdir(parents=True)
    return Warehouse(str(folder / "warehouse"), {}, folder)
