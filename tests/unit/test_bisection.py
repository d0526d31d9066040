"""Where a rule began to fail, among versions of which some cannot be asked any more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dq_monitor.errors import TableUnreadable
from dq_monitor.model.verdict import Status
from dq_monitor.tables.timeline import Maker, Timeline, Version
from dq_monitor.way_back.bisection import Answer, Found, bisect

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WORDS = {"p": Status.PASS, "f": Status.FAIL, "e": Status.ERROR, "x": Status.ERROR}


def version(number: int, letter: str) -> Version:
    return Version(
        number=number,
        at=NOW,
        maker=Maker.GATE,
        mode="append",
        added=1,
        removed=0,
        changes=True,
        readable=letter != "x",
        undone=False,
    )


def find(answers: str, *, oldest: int = 0, linear: bool = False) -> Found:
    """Search versions that pass (p), fail (f), answer with an error (e) or have lost files (x)."""
    letters = dict(enumerate(answers, start=oldest))
    versions = tuple(version(number, letter) for number, letter in letters.items())
    history = Timeline("silver.trips", versions, {one: one - 1 for one in letters})
    return bisect(history, lambda one: Answer(one, WORDS[letters[one.number]]), linear=linear)


@pytest.mark.parametrize("linear", [False, True], ids=["by halves", "linear"])
@pytest.mark.parametrize(
    ("answers", "oldest", "first", "hidden"),
    [
        pytest.param("ppff", 0, 2, (), id="all can be asked"),
        pytest.param("pppp", 0, None, (), id="none fails"),
        pytest.param("ffff", 0, 0, (), id="from the first on"),
        pytest.param("epff", 0, 2, (), id="an error is no failure"),
        pytest.param("pxxf", 0, 3, (1, 2), id="a gap before the first found"),
        pytest.param("pxpf", 0, 3, (), id="a gap before one that passes"),
        pytest.param("pfxf", 0, 1, (), id="a gap after the first"),
        pytest.param("xxff", 0, 2, (0, 1), id="the oldest are gone"),
        pytest.param("ff", 3, 3, (0, 1, 2), id="the log forgot the oldest"),
        pytest.param("pf", 3, 4, (), id="it began after what the log forgot"),
        pytest.param("xpxf", 2, 5, (4,), id="gaps at both ends"),
    ],
)
def test_what_cannot_be_asked_may_be_where_it_began(
    answers: str, oldest: int, first: int | None, hidden: tuple[int, ...], *, linear: bool
) -> None:
    found = find(answers, oldest=oldest, linear=linear)
    assert (found.first.version.number if found.first else None) == first
    assert found.hidden == hidden


def test_a_table_of_whose_versions_none_is_whole_cannot_be_asked() -> None:
    with pytest.raises(TableUnreadable, match="of no version are all files there"):
        find("xx")
