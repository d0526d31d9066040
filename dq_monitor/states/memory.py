"""Where states and indexes of keys are kept; what fails to be kept costs time, never an answer."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from dq_monitor.engines.plan import SetQuestion
from dq_monitor.errors import DqmError
from dq_monitor.model.remembered import Remembered
from dq_monitor.model.view import View
from dq_monitor.ports import StateMemory
from dq_monitor.states.keys import Keys

FOLDER = "states"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of all tables: `states` in the store, indexes of keys under `folder`."""

    states: StateMemory
    folder: Path

    def recall(self, table: str, questions: Sequence[str]) -> Sequence[Remembered]:
        """Return what is known of a table; nothing where the store cannot be asked."""
        try:
            return self.states.recall(table, questions)
        except DqmError as error:
            _forgotten(table, error)
            return ()

    def remember(self, table: str, found: Sequence[Remembered]) -> None:
        """Keep what was found, if that can be done."""
        try:
            self.states.remember(table, found)
        except DqmError as error:
            _forgotten(table, error)

    def forget(self, table: str, files: Set[str], questions: Set[str]) -> None:
        """Drop what speaks of other files than these, or answers other questions."""
        try:
            self.states.forget(table, files, questions)
        except DqmError as error:
            _forgotten(table, error)
        folder = self.folder / _name(table)
        for old in folder.iterdir() if folder.is_dir() else ():
            if old.is_dir() and old.name not in questions:
                shutil.rmtree(old, ignore_errors=True)

    def keys(self, table: str, key: str, question: SetQuestion, view: View) -> Keys:
        """Return the index of a question's keys; `key` is the question's fingerprint."""
        return Keys(self.folder / _name(table) / key, question, view)


def _name(table: str) -> str:
    return hashlib.blake2b(table.encode(), digest_size=12).hexdigest()


def _forgotten(table: str, error: DqmError) -> None:
    _log.warning("states of %s are not kept: %s", table, error)
