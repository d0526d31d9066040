"""A thousand damaged files: no process dies, nothing but our error is raised, a manifest tells all.

`DQM_DAMAGES=20000` reads more of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.damage_house import damaged, whole

MANY = int(os.environ.get("DQM_DAMAGES", "1000"))
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_damage_is_unreadable_or_unseen_and_with_a_manifest_always_seen(
    kind: str, tmp_path: Path
) -> None:
    half = MANY // 2
    done = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.damage_house", kind, "0", str(half), tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert found["with manifest"] == {"whole: same": 1, "unreadable": half}
    assert set(found["alone"]) <= {"unreadable", "same", "other"}
    assert sum(found["alone"].values()) == half


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_damage_changes_the_file(kind: str) -> None:
    content = whole(kind)
    assert [seed for seed in range(200) if damaged(content, seed) == content] == []
