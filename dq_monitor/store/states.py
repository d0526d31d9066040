"""What rules found in data files, kept in the store: a unit of files has a state a question."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from sqlalchemy import Connection, Engine, Select, delete, select

from dq_monitor.model.remembered import Remembered
from dq_monitor.store.access import reading, writing
from dq_monitor.store.columns import digest
from dq_monitor.store.insert import add, insert_into
from dq_monitor.store.schema import rule_states, state_units

AT_ONCE = 500  # bound parameters that every database takes


class RuleStates:
    """Keeps `ports.StateMemory` in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recall(self, table: str, questions: Sequence[str]) -> Sequence[Remembered]:
        """Return what is known of a table (its URI) for some of these questions."""
        known: dict[str, dict[str, str]] = defaultdict(dict)
        with reading(self._engine) as connection:
            files = _files(connection, table)
            for some in _chunks(questions):
                for row in connection.execute(_states(table, some)):
                    known[row.unit][row.question] = row.state
        return [Remembered(files[unit], states) for unit, states in known.items() if unit in files]

    def remember(self, table: str, found: Sequence[Remembered]) -> None:
        """Keep what was found; what is known already is written anew."""
        if not any(one.states for one in found):
            return
        with writing(self._engine) as connection:
            for one in found:
                _keep(connection, table, one)

    def forget(self, table: str, files: AbstractSet[str], questions: AbstractSet[str]) -> None:
        """Drop what speaks of a file, or answers a question, that is not among these."""
        with reading(self._engine) as connection:
            units = _files(connection, table)
            asked = [row.question for row in connection.execute(_questions(table))]
        gone = [unit for unit, names in units.items() if not files >= {*names}]
        unasked = [question for question in asked if question not in questions]
        if not gone and not unasked:
            return
        of_table = select(state_units.c.unit).where(state_units.c.table_uri == table)
        with writing(self._engine) as connection:
            for some in _chunks(unasked):
                old = rule_states.c.unit.in_(of_table) & rule_states.c.question.in_(some)
                connection.execute(delete(rule_states).where(old))
            for some in _chunks(gone):
                connection.execute(delete(rule_states).where(rule_states.c.unit.in_(some)))
                connection.execute(delete(state_units).where(state_units.c.unit.in_(some)))


def _files(connection: Connection, table: str) -> dict[str, tuple[str, ...]]:
    query = select(state_units.c.unit, state_units.c.files).where(state_units.c.table_uri == table)
    found: dict[str, tuple[str, ...]] = {row.unit: row.files for row in connection.execute(query)}
    return found


def _questions(table: str) -> Select[tuple[str]]:
    joined = rule_states.join(state_units)
    of_table = state_units.c.table_uri == table
    return select(rule_states.c.question).select_from(joined).where(of_table).distinct()


def _states(table: str, questions: Sequence[str]) -> Select[tuple[str, str, str]]:
    of_table = select(state_units.c.unit).where(state_units.c.table_uri == table)
    return select(rule_states.c.unit, rule_states.c.question, rule_states.c.state).where(
        rule_states.c.unit.in_(of_table), rule_states.c.question.in_(questions)
    )


def _keep(connection: Connection, table: str, one: Remembered) -> None:
    unit = digest(table, *sorted(one.files))
    add(connection, state_units, {"unit": unit, "table_uri": table, "files": one.files})
    statement = insert_into(connection, rule_states)
    renewed = statement.on_conflict_do_update(
        index_elements=["unit", "question"], set_={"state": statement.excluded["state"]}
    )
    rows = [{"unit": unit, "question": q, "state": state} for q, state in one.states.items()]
    if rows:
        connection.execute(renewed, rows)


def _chunks(names: Sequence[str]) -> Iterator[list[str]]:
    left = iter(names)
    while some := list(islice(left, AT_ONCE)):
        yield some
