"""The protocol with one step taken out: whether the tests that watch over the step notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
DELTA, GATE = "integration/test_delta_tables.py", "integration/test_gate.py"
CRASH, MERGE = "acceptance/test_failpoints.py", "integration/test_gate_merge.py"


@dataclass(frozen=True)
class Mutation:
    """A step as it stands in a file, what stands there without it, and the tests that must fail."""

    name: str
    file: str
    step: str
    without: str
    tests: tuple[str, ...]


def at(step: str) -> str:
    """Return the test that kills a writer at a step."""
    return f"{CRASH}::test_a_writer_killed_at_a_step_leaves_all_as_if_it_had_not_been[{step}]"


def left(step: str) -> str:
    """Return the test that kills a writer at a step and sends nothing again."""
    return f"{CRASH}::test_what_a_dead_writer_left_is_settled_by_whoever_comes_next[{step}]"


MUTATIONS = (
    Mutation(
        "the write is not announced",
        "gate/gate.py",
        "        self._log.append(self._started(write, pack))\n",
        "",
        (left("staged"),),
    ),
    Mutation(
        "the verdict is not recorded before its effect",
        "gate/gate.py",
        "        self._log.append(judged)\n        failpoint(Failpoint.JUDGED)\n",
        "        failpoint(Failpoint.JUDGED)\n",
        (at("table_committed"),),
    ),
    Mutation(
        "the Delta log is not asked whether the write is in it",
        "tables/delta.py",
        "        if before is not None:\n            return before\n",
        "",
        (at("table_committed"),),
    ),
    Mutation(
        "the commit carries no app transaction",
        "tables/delta.py",
        "                app_transactions=[Transaction(app_id(commit.write_id), COMMITTED, at)],\n",
        "",
        (f"{DELTA}::test_the_same_write_twice_is_committed_once",),
    ),
    Mutation(
        "a table that another writer just created is an error",
        "tables/delta.py",
        'mode="ignore",',
        'mode="error",',
        (f"{DELTA}::test_writers_who_create_a_table_at_once_lose_nothing",),
    ),
    Mutation(
        "the commit goes through another handle than the one that was looked at",
        "tables/delta.py",
        "        now.handle.create_write_transaction(",
        "        DeltaTable(now.uri).create_write_transaction(",
        (f"{DELTA}::test_a_rival_between_the_look_and_the_commit_is_noticed",),
    ),
    Mutation(
        "the version that was judged against is not compared",
        "tables/delta.py",
        "    if base is not None and now.version != base:",
        "    if base is not None and now.version < base:",
        (f"{DELTA}::test_a_commit_against_an_older_version_is_refused",),
    ),
    Mutation(
        "delta-rs may rebase a commit that rests on one version",
        "tables/delta.py",
        "max_commit_retries=None if _commutes(commit) else 0,",
        "max_commit_retries=None,",
        (DELTA,),
    ),
    Mutation(
        "two processes may work on one write",
        "gate/gate.py",
        "        with self._tables.lease(attempt.write_id):\n",
        "        if attempt.write_id:\n",
        ("acceptance/test_crashes.py", CRASH),
    ),
    Mutation(
        "quarantine is not committed",
        "gate/setting_aside.py",
        "            version = self._tables.commit(quarantine, commit, there)\n",
        "            version = 0 if commit else None\n",
        (GATE,),
    ),
    Mutation(
        "staging is not swept",
        "gate/gate.py",
        "        staging.settle() if verdict.decision is Decision.COMMIT else staging.remove()\n",
        "",
        (at("judged"),),
    ),
    Mutation(
        "the outcome is not recorded",
        "gate/gate.py",
        "        failpoint(Failpoint.SWEPT)\n        self._log.append(settling(",
        "        failpoint(Failpoint.SWEPT)\n        print(settling(",
        (GATE,),
    ),
    Mutation(
        "a recovery does not look whether the staged files are whole",
        "gate/gate.py",
        "        if judged is None or not self._is_whole(judged):",
        "        if judged is None:",
        ("integration/test_recovery.py",),
    ),
    Mutation(
        "a merge forgets which files it replaces",
        "gate/merging.py",
        "        self.staging.replace(tuple(file.path for file in touched))\n",
        "",
        (MERGE,),
    ),
    Mutation(
        "a release of a merge goes upon any version",
        "gate/gate.py",
        "        if now and now.version == write.base:\n",
        "        if now:\n",
        (
            "integration/test_quarantine_of_merges.py::test_who_merges_in_between_is_not_overwritten",
        ),
    ),
    Mutation(
        "a follower's cursor and its changes are two transactions",
        "store/cursors.py",
        "            failpoint(Failpoint.CURSOR_MOVED)\n            _apply(connection, changes)\n",
        "        failpoint(Failpoint.CURSOR_MOVED)\n"
        "        with writing(self._engine) as connection:\n"
        "            _apply(connection, changes)\n",
        (at("cursor_moved"),),
    ),
    Mutation(
        "a fact and what the views need of it are two transactions",
        "store/log.py",
        "                failpoint(Failpoint.FACT_INSERTED)\n"
        "                project(connection, place, event)\n",
        "        failpoint(Failpoint.FACT_INSERTED)\n"
        "        with writing(self._engine) as connection:\n"
        "            project(connection, place, event)\n",
        (at("fact_inserted"),),
    ),
    Mutation(
        "a delivery is noted as sent before it is",
        "delivery.py",
        "        delivery, failure = attempt.delivery, attempt.failure\n",
        "        delivery, failure = attempt.delivery, None\n",
        (at("handed_over"),),
    ),
)


def survives(mutation: Mutation) -> bool:
    """Say whether the tests that watch over a step pass without it: they must not."""
    with _mutated(mutation) as package:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
             "-k", "not s3", *(f"tests/{test}" for test in mutation.tests)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}"},
            capture_output=True,
            check=False,
        )  # fmt: skip
    if done.returncode not in {0, 1}:  # tests were not found, or could not be read
        raise RuntimeError(done.stdout.decode()[-2000:])
    return done.returncode == 0


@contextmanager
def _mutated(mutation: Mutation) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "dq_monitor"
        shutil.copytree(ROOT / "dq_monitor", copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / mutation.file
        text = file.read_text(encoding="utf-8")
        if text.count(mutation.step) != 1:
            raise ValueError(
                f"{mutation.name}: the step is {text.count(mutation.step)} times in it"
            )
        file.write_text(text.replace(mutation.step, mutation.without), encoding="utf-8")
        yield Path(folder)
