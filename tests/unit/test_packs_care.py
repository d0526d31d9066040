from __future__ import annotations

from datetime import timedelta

import pytest

from dq_monitor.errors import PackInvalid
from dq_monitor.model.care import Care, Compaction, Vacuum
from dq_monitor.packs import parse_pack


def care_of(text: str) -> Care | None:
    return parse_pack(f"table: silver.a\n{text}\n", "a.yaml").care


@pytest.mark.parametrize(
    ("text", "care"),
    [
        pytest.param("", None, id="none"),
        pytest.param("care: {}", Care(), id="defaults"),
        pytest.param(
            "care: {compact: {min_files: 2, target_size: 1MiB}}",
            Care(compact=Compaction(2, 2**20)),
            id="compact",
        ),
        pytest.param(
            "care: {vacuum: {keep: 30d}, sweep_after: 6h, checkpoint_every: 5}",
            Care(
                vacuum=Vacuum(timedelta(days=30)),
                sweep_after=timedelta(hours=6),
                checkpoint_every=5,
            ),
            id="times",
        ),
        pytest.param(
            'care: {at: "0 4 * * sun", zorder: [b, c]}',
            Care(at="0 4 * * sun", zorder=("b", "c")),
            id="zorder",
        ),
    ],
)
def test_a_pack_says_how_its_table_is_kept(text: str, care: Care | None) -> None:
    assert care_of(text) == care


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("vacuum: {keep: 23h}", "between 1d and 365d", id="readers"),
        pytest.param("vacuum: {keep: 400d}", "between 1d and 365d", id="memory"),
        pytest.param("compact: {min_files: 1}", "min_files", id="one file"),
        pytest.param("compact: {target_size: 0}", "no size at all", id="no size"),
        pytest.param("compact: {target_size: big}", "not a size", id="a word"),
        pytest.param("checkpoint_every: 0", "checkpoint_every", id="never"),
        pytest.param("zorder: [a, b, c, d, e]", "zorder", id="too many"),
        pytest.param("at: nightly", "no cron expression", id="cron"),
        pytest.param("vacum: {}", "vacuum", id="unknown key"),
    ],
)
def test_care_that_cannot_be_is_refused_at_its_line(text: str, said: str) -> None:
    with pytest.raises(PackInvalid, match=r"a\.yaml:2:") as refused:
        care_of(f"care: {{{text}}}")
    assert said in str(refused.value)


def test_a_pack_without_care_keeps_its_fingerprint() -> None:
    bare = parse_pack("table: silver.a\n", "a.yaml").fingerprint
    assert parse_pack("table: silver.a\ncare: {}\n", "a.yaml").fingerprint != bare
    assert parse_pack("table: silver.a\ncare:\n", "a.yaml").fingerprint == bare
