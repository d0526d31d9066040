"""Every mistake in a pack is told at its line and column, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dq_monitor.errors import ExitCode, PackInvalid
from dq_monitor.packs import load_packs, parse_pack

CORPUS = Path(__file__).parent / "bad_packs"
# What pydantic and PyYAML would say, and people should not have to read.
FOREIGN = ("Input should", "Value error", "pydantic", "Field required", "<scalar>", "flow sequence")


class Bad(NamedTuple):
    name: str
    text: str
    errors: list[str]


def corpus() -> Iterator[Bad]:
    """Read the cases: `=== name`, the pack, `---`, what is said (`...`: the rest is open)."""
    for file in sorted(CORPUS.glob("*.txt")):
        for case in file.read_text(encoding="utf-8").split("=== ")[1:]:
            name, _, rest = case.partition("\n")
            text, _, errors = rest.rpartition("\n---\n")
            yield Bad(f"{file.stem}: {name}", text, errors.split("\n\n")[0].splitlines())


CASES = list(corpus())


def said(text: str) -> list[str]:
    with pytest.raises(PackInvalid) as caught:
        parse_pack(text, "pack.yaml")
    lines = caught.value.detail.splitlines()
    return [line.removeprefix("pack.yaml:") for line in lines[1:]]


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("bad", CASES, ids=[case.name for case in CASES])
def test_a_mistake_is_told_at_its_place_with_the_remedy(bad: Bad) -> None:
    found = said(bad.text)
    assert len(found) == len(bad.errors), found
    for line, expected in zip(found, bad.errors, strict=True):
        start = expected.removesuffix("...")
        assert line.startswith(start) if start != expected else line == expected
        assert not any(words in line for words in FOREIGN)


def test_all_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "silver").mkdir()
    (tmp_path / "silver" / "b.yaml").write_text(
        "table: silver.b\nrules:\n  - not_nul: a\n  - unik: b\n"
    )
    (tmp_path / "a.yml").write_text("table: silver.a\nownr: me\n")
    (tmp_path / "good.yaml").write_text("table: silver.good\n")
    with pytest.raises(PackInvalid) as caught:
        load_packs(tmp_path)
    lines = caught.value.detail.splitlines()
    assert lines[0] == "3 errors in 2 files"
    assert [line.split(": ")[0] for line in lines[1:]] == [
        f"{tmp_path}/a.yml:2:1",
        f"{tmp_path}/silver/b.yaml:3:5",
        f"{tmp_path}/silver/b.yaml:4:5",
    ]
    assert caught.value.exit_code is ExitCode.USED_WRONGLY


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"", "1:1: the file is empty", id="empty"),
        pytest.param(b"# nothing\n", "1:1: the file is empty", id="only a comment"),
        pytest.param(b"table: a\xff\n", "1:9: this byte is not UTF-8", id="not UTF-8"),
        pytest.param("table: a.b\n".encode("utf-16"), "1:1: this byte is not UTF-8", id="UTF-16"),
        pytest.param(b"table: a\x07b\n", "1:9: this control character", id="a bell"),
        pytest.param(b"x" * 1_048_577, "1:1: the file has more than 1,048,576 bytes", id="huge"),
    ],
)
def test_bytes_that_are_no_pack_are_refused(raw: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(raw)
    with pytest.raises(PackInvalid, match="1 error in 1 file") as caught:
        load_packs(tmp_path)
    assert caught.value.detail.splitlines()[1].startswith(f"{tmp_path}/bad.yaml:{expected}")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbftable: silver.a\n")
    assert list(load_packs(tmp_path)) == ["silver.a"]


def test_one_table_has_one_pack(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("table: silver.a\n")
    with pytest.raises(PackInvalid, match=r"b\.yaml:1:1: table 'silver.a' is already in .*a\.yaml"):
        load_packs(tmp_path)


def test_no_table_lies_in_the_folder_of_another(tmp_path: Path) -> None:
    for name, table in (("a", "silver"), ("b", "silver.orders"), ("c", "silverware")):
        (tmp_path / f"{name}.yaml").write_text(f"table: {table}\n")
    inside = (
        r"'silver.orders' would lie in the folder of table 'silver' \(.*a\.yaml\): put 'silver'"
    )
    with pytest.raises(PackInvalid, match=rf"(?s)1 error .*b\.yaml:1:1: table {inside}"):
        load_packs(tmp_path)


def test_a_missing_folder_names_the_setting() -> None:
    with pytest.raises(PackInvalid, match="DQM_RULES"):
        load_packs(Path("no-such-folder"))
