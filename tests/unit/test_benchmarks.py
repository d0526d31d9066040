from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from benchmarks import counts, hand, results
from benchmarks.check_rules import PEERS
from benchmarks.checking import examined
from benchmarks.data import flights, spoilt
from benchmarks.measure import Figure, Note
from benchmarks.rules import Answer, plain, twenty, without_keys
from benchmarks.small_write import first_rules
from benchmarks.unguarded import WRITERS
from benchmarks.variants import two_hundred
from dq_monitor.engines.plan import compile_rules
from dq_monitor.examination import examine
from dq_monitor.model.verdict import Status
from dq_monitor.model.view import View

NOW = datetime(2014, 6, 1, tzinfo=UTC)
CLEAN = flights(0, 20_000).collect().lazy()
SPOILT = flights(0, 20_000).pipe(spoilt).collect().lazy()


@pytest.mark.parametrize("frame", [CLEAN, SPOILT], ids=["clean", "spoilt"])
def test_the_program_by_hand_answers_as_the_engine_does(frame: pl.LazyFrame) -> None:
    verdict = examine(twenty(), frame, {}, subject="bench", now=NOW, columnar=True)
    engine = {f.rule_id: Answer(f.failing, f.passing, f.value) for f in verdict.findings}
    by_hand = hand.count(frame)
    assert engine.keys() == by_hand.keys()
    for rule, answer in by_hand.items():
        assert engine[rule] == pytest.approx(answer), rule


def test_the_faults_reach_every_rule_about_rows_and_keys() -> None:
    verdict = examine(twenty(), SPOILT, {}, subject="bench", now=NOW)
    passed = {f.rule_id for f in verdict.findings if f.status is Status.PASS}
    assert passed == {"row_count", "mean.dep_delay"}


def test_there_are_two_hundred_rules_and_all_can_be_asked() -> None:
    pack = two_hundred()
    view = View(dict(nw.from_native(CLEAN).collect_schema()), NOW, pack.timezone)
    assert len(pack.rules) == 200
    assert not compile_rules(pack.rules, view).errors


def test_without_keys_all_but_the_unique_rules_are_left() -> None:
    assert examined(without_keys(twenty()), CLEAN).keys() == {
        rule.id for rule in twenty().rules if rule.name != "unique"
    }


def test_plain_rules_carry_what_a_peer_needs() -> None:
    rules = {rule["id"]: rule for rule in plain(twenty())}
    assert rules["in_range.fuel"] == {
        "id": "in_range.fuel",
        "check": "in_range",
        "where": None,
        "column": "fuel",
        "min": 0,
        "max": 100,
        "exclusive_min": False,
        "exclusive_max": False,
    }
    assert (rules["row_count"]["min"], rules["row_count"]["max"]) == (1, None)
    assert (rules["mean.dep_delay"]["min"], rules["mean.dep_delay"]["max"]) == (0, 300)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_pins_what_it_installs_and_explains_known_checks(name: str) -> None:
    peer = import_module(f"benchmarks.peers.{name}")
    assert all("==" in requirement for requirement in peer.REQUIREMENTS)
    assert peer.DIFFERENCES.keys() <= {rule.name for rule in twenty().rules}


def test_counts_show_what_differs_and_what_cannot_be_asked() -> None:
    shown = counts.table({"a": 1_000, "b": 2.5}, {"soda": {"a": 999, "b": 2.5}, "hand": {"a": 1e3}})
    assert "| a | 1,000 | 999 | = |" in shown
    assert "| b | 2.5000 | = | - |" in shown
    assert "- soda, `unique`:" in shown


def test_one_section_of_the_results_is_replaced_and_the_others_stay() -> None:
    before = results.replaced(results.replaced("", "one", "first"), "two", "second")
    after = results.replaced(before, "one", "third")
    assert "## one\n\nthird\n" in after
    assert "## two\n\nsecond\n" in after
    assert "first" not in after


def test_a_section_holds_its_run_its_figures_and_its_notes() -> None:
    text = results.section([Note("why"), Figure("f", 0.5, "g", 1_000, 1.25, 64)])
    assert text.startswith("Run of ")
    assert "| f | g | 0.50 |  | 1,000 | 1.25 | 64 |" in text
    assert text.endswith("\nwhy")


@pytest.mark.parametrize("writer", WRITERS)
def test_every_unguarded_writer_leaves_a_table_with_all_rows(writer: str, tmp_path: Path) -> None:
    rows = CLEAN.head(1_000).collect()
    rows.write_parquet(tmp_path / "rows.parquet")
    WRITERS[writer](tmp_path / "rows.parquet", tmp_path)
    assert pl.read_delta(str(tmp_path / "t")).height == rows.height


def test_five_rules_of_a_small_write_hold_unique_keys() -> None:
    names = [rule.name for rule in first_rules(5).rules]
    assert (len(names), names.count("unique")) == (5, 2)
