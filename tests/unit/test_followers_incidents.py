"""Incidents: what a fact opens, repeats, resolves, and who is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dq_monitor.model.event import (
    BatchCommitted,
    WriteJudged,
    WriteRejected,
)
from dq_monitor.model.incident import IncidentState, Occasion
from dq_monitor.model.verdict import Decision, Status
from dq_monitor.reports import Audience, audience
from dq_monitor.settings import ChannelSettings, load_settings
from tests.incident_house import (
    DAY,
    PACK,
    START,
    TABLE,
    House,
    audited,
    broken,
    finding,
    judged,
    refused,
)


def test_a_first_failure_opens_an_incident_and_alerts() -> None:
    house = House()
    (message,) = house.tell(judged(0, finding("unique", Status.FAIL)))
    assert message.title == "silver.flights: 1 rule failed, 31 rows quarantined"
    assert message.lines == ("unique: 31 of 842 judged rows fail (fail over 0)",)
    assert message.link == "http://dq.example/?table=silver.flights"
    assert dict(message.facts) == {
        "table": TABLE,
        "write": "w0",
        "day": "2013-01-01",
        "rows": "811 kept of 842",
        "pack": TABLE,
        "owner": "flight-ops",
    }
    incident = house.incident("unique")
    assert (incident.state, incident.owner) == (IncidentState.OPEN, "flight-ops")


def test_a_repeat_is_counted_and_not_told_again() -> None:
    house = House()
    house.tell(judged(0, finding("unique", Status.FAIL)))
    assert house.tell(judged(1, finding("unique", Status.FAIL))) == []
    incident = house.incident("unique")
    assert (incident.times_seen, incident.last_seen_at) == (2, START + DAY)


def test_a_pass_resolves_and_says_so_once() -> None:
    house = House()
    house.tell(judged(0, finding("unique", Status.FAIL)))
    (message,) = house.tell(judged(1, finding("unique", Status.PASS)))
    assert message.title == "silver.flights: 1 incident resolved"
    assert message.status is Status.PASS
    assert house.incident("unique").state is IncidentState.RESOLVED
    assert house.tell(judged(2, finding("unique", Status.PASS))) == []


def test_a_rule_without_an_answer_leaves_its_incident_open() -> None:
    house = House()
    house.tell(judged(0, finding("mean", Status.FAIL)))
    assert house.tell(judged(1, finding("mean", Status.NOT_EVALUATED))) == []
    assert house.incident("mean").state is IncidentState.OPEN


def test_a_failure_after_a_resolution_is_a_new_incident() -> None:
    house = House()
    house.tell(
        *(
            judged(day, finding("unique", status))
            for day, status in enumerate((Status.FAIL, Status.PASS, Status.FAIL))
        )
    )
    assert len(house.store.incidents) == 2
    assert len(house.store.outgoing) == 3


def test_a_thousand_failing_rules_make_one_message() -> None:
    house = House()
    (message,) = house.tell(
        judged(0, *(finding(f"rule{number:04}", Status.FAIL) for number in range(1000)))
    )
    assert message.title.startswith("silver.flights: 1,000 rules failed")
    assert message.lines[-1] == "and 980 more"
    assert len(house.store.incidents) == 1000


def test_only_what_is_new_is_listed_beside_what_is_known() -> None:
    house = House()
    old = finding("unique", Status.FAIL)
    house.tell(judged(0, old))
    (message,) = house.tell(judged(1, old, finding("in_set", Status.ERROR)))
    assert [line.partition(":")[0] for line in message.lines] == ["in_set"]
    assert dict(message.facts)["still failing"] == "1"


def test_segments_of_a_rule_are_incidents_of_their_own() -> None:
    house = House()
    (message,) = house.tell(
        judged(0, finding("mean", Status.FAIL, "EWR"), finding("mean", Status.FAIL, "JFK"))
    )
    assert [line.partition(":")[0] for line in message.lines] == ["mean [EWR]", "mean [JFK]"]
    assert len(house.store.incidents) == 2


def test_a_segment_is_resolved_by_itself_and_stays_open_while_it_does_not_come() -> None:
    house = House()
    house.tell(judged(0, *(finding("mean", Status.FAIL, name) for name in ("EWR", "JFK", "LGA"))))
    (message,) = house.tell(
        judged(1, finding("mean", Status.PASS, "EWR"), finding("mean", Status.FAIL, "JFK"))
    )
    assert message.lines == ("mean [EWR]: failed 1 time since 2013-01-01 06:00 UTC",)
    states = {one.segment: one.state for one in house.store.incidents.values()}
    assert states == {
        "EWR": IncidentState.RESOLVED,
        "JFK": IncidentState.OPEN,
        "LGA": IncidentState.OPEN,
    }


def test_what_was_told_of_a_rule_as_a_whole_is_over_once_its_segments_speak() -> None:
    house = House()
    house.tell(judged(0, finding("mean", Status.ERROR)))
    house.tell(judged(1, finding("mean", Status.PASS, "EWR"), finding("mean", Status.FAIL, "JFK")))
    states = {one.segment: one.state for one in house.store.incidents.values()}
    assert states == {"": IncidentState.RESOLVED, "JFK": IncidentState.OPEN}


@pytest.mark.parametrize(
    ("threshold", "told"),
    [(Status.WARN, 1), (Status.FAIL, 0), (Status.ERROR, 0)],
    ids=["warn", "fail", "error"],
)
def test_a_warning_opens_an_incident_but_is_told_only_where_wanted(
    threshold: Status, told: int
) -> None:
    house = House(Audience({"chat": threshold}))
    assert len(house.tell(judged(0, finding("unique", Status.WARN)))) == told
    assert house.incident("unique").severity is Status.WARN


def test_a_warning_that_becomes_a_failure_is_told_to_those_who_had_not_heard() -> None:
    house = House(Audience({"all": Status.WARN, "chat": Status.FAIL}))
    house.tell(judged(0, finding("unique", Status.WARN)))
    house.tell(judged(1, finding("unique", Status.FAIL)))
    house.tell(judged(2, finding("unique", Status.WARN)))
    house.tell(judged(3, finding("unique", Status.FAIL)))
    assert sorted(one.channel for one in house.store.outgoing.values()) == ["all", "chat"]


def test_a_pack_chooses_among_the_channels() -> None:
    channels = {"ops-chat": Status.FAIL, "console": Status.FAIL}
    pack = replace(PACK, notify=("ops-chat", "gone"))
    assert set(Audience(channels, {TABLE: pack}).channels_of(TABLE)) == {"ops-chat"}
    assert set(Audience(channels, {TABLE: PACK}).channels_of(TABLE)) == set(channels)
    assert set(Audience(channels).channels_of("unknown")) == set(channels)


def test_a_pack_that_names_no_channel_that_exists_tells_all() -> None:
    pack = replace(PACK, notify=("gone",))
    assert Audience({"console": Status.FAIL}, {TABLE: pack}).channels_of(TABLE)


def test_the_audience_is_read_from_settings_and_packs() -> None:
    chat = ChannelSettings(kind="slack", url="env:X", min_severity="error")
    settings = load_settings(channels={"chat": chat}, public_url="http://dq.example")
    assert audience(settings, {TABLE: PACK}) == Audience(
        {"chat": Status.ERROR}, {TABLE: PACK}, "http://dq.example"
    )


@pytest.mark.parametrize("state", [IncidentState.ACKNOWLEDGED, IncidentState.MUTED])
def test_what_someone_deals_with_is_not_told_again(state: IncidentState) -> None:
    house = House()
    house.tell(judged(0, finding("unique", Status.FAIL)))
    house.set_state("unique", state=state, severity=Status.WARN)
    assert house.tell(judged(1, finding("unique", Status.FAIL))) == []
    assert house.incident("unique").state is state
    assert house.incident("unique").times_seen == 2


def test_a_muted_incident_speaks_again_when_its_time_is_over() -> None:
    house = House()
    house.tell(judged(0, finding("unique", Status.FAIL)))
    house.set_state("unique", state=IncidentState.MUTED, muted_until=START + 2 * DAY)
    assert house.tell(judged(1, finding("unique", Status.FAIL))) == []
    assert len(house.tell(judged(2, finding("unique", Status.FAIL)))) == 1
    assert house.incident("unique").state is IncidentState.OPEN


def test_a_muted_incident_is_resolved_in_silence() -> None:
    house = House()
    house.tell(judged(0, finding("unique", Status.FAIL)))
    house.set_state("unique", state=IncidentState.MUTED)
    assert house.tell(judged(1, finding("unique", Status.PASS))) == []
    assert house.incident("unique").state is IncidentState.RESOLVED


def test_a_refused_batch_is_one_message_with_its_reason() -> None:
    house = House()
    (message,) = house.tell(
        *refused(0, finding("unique", Status.FAIL), reasons=("31 of 842 rows would go",))
    )
    assert message.title == "silver.flights: batch rejected, 1 rule failed"
    assert message.lines[0] == "batch rejected: 31 of 842 rows would go"
    assert house.incident("gate").times_seen == 1


def sent_again(day: int, write: WriteJudged) -> WriteJudged:
    """Return another attempt at the day of `write`, some days later."""
    return replace(write, write_id=f"{write.write_id} again", at=START + day * DAY)


def committed(write: WriteJudged) -> BatchCommitted:
    return BatchCommitted(write.write_id, TABLE, 3, write.at)


def test_only_a_batch_of_the_same_day_resolves_a_refused_one() -> None:
    house = House()
    house.tell(*refused(0, reasons=("empty",)))
    other = judged(1, finding("unique", Status.PASS))
    assert house.tell(other, committed(other)) == []
    assert house.incident("gate").segment == "2013-01-01"
    mended = sent_again(2, judged(0))
    (message,) = house.tell(mended, committed(mended))
    assert message.title == "silver.flights: 1 incident resolved"
    assert message.lines[0].startswith("gate [2013-01-01]: failed 1 time")
    assert dict(message.facts)["day"] == "2013-01-01"


def test_a_day_refused_again_is_counted_and_another_day_is_told_by_itself() -> None:
    house = House()
    house.tell(*refused(0, reasons=("empty",)))
    write, _ = refused(0, reasons=("empty",))
    assert isinstance(write, WriteJudged)
    assert house.tell(sent_again(1, write)) == []
    assert house.incident("gate").times_seen == 2
    (message,) = house.tell(*refused(2, reasons=("empty",)))
    assert message.lines == ("batch rejected: empty",)


def test_a_batch_without_a_day_is_known_by_its_job() -> None:
    house = House()
    write, rejection = refused(0, reasons=("empty",))
    assert isinstance(write, WriteJudged)
    dayless = replace(write, origin=replace(write.origin, day=None))
    house.tell(dayless, rejection)
    assert house.incident("gate").segment == "flights"
    (message,) = house.tell(sent := sent_again(1, dayless), committed(sent))[-1:]
    assert "resolved" in message.title


def test_why_a_batch_was_rejected_comes_first_though_all_of_it_is_known() -> None:
    house = House()
    old, new = finding("unique", Status.FAIL), finding("in_set", Status.ERROR)
    house.tell(*refused(0, old, reasons=("rule unique blocks",)))
    write, _ = refused(0, old, new, reasons=("rule unique blocks", "rule in_set could not"))
    assert isinstance(write, WriteJudged)
    (message,) = house.tell(sent_again(1, write))
    assert message.lines == (
        "batch rejected: rule unique blocks",
        "batch rejected: rule in_set could not",
        "in_set: 31 of 842 judged rows fail (fail over 0)",
    )


def test_messages_name_their_incidents_when_they_open_and_when_they_end() -> None:
    house = House()
    (opened,) = house.tell(judged(0, finding("mean", Status.FAIL, "EWR")))
    (over,) = house.tell(judged(1, finding("mean", Status.PASS, "EWR")))
    (one,), (other,) = opened.concerns, over.concerns
    assert one.incident == other.incident == house.incident("mean").id
    assert (one.rule, one.segment, one.status) == ("mean", "EWR", Status.FAIL)
    assert (over.occasion, other.status) == (Occasion.RESOLVED, Status.PASS)


def test_a_refusal_that_was_not_in_the_verdict_is_told_too() -> None:
    house = House()
    (message,) = house.tell(WriteRejected("w0", TABLE, START, ("settled by recovery",)))
    assert message.title == "silver.flights: batch rejected"


def test_an_audit_opens_and_resolves_like_a_write() -> None:
    house = House()
    (message,) = house.tell(audited(0, finding("freshness.time_hour", Status.FAIL)))
    assert message.title == "silver.flights: 1 rule failed"
    assert dict(message.facts)["audit"] == "a0"
    assert len(house.tell(audited(1, finding("freshness.time_hour", Status.PASS)))) == 1


def test_an_audit_whose_rules_would_block_rejects_no_batch() -> None:
    house = House()
    event = audited(0, finding("unique", Status.FAIL))
    blocked = replace(event.verdict, decision=Decision.REJECT, reasons=("unique blocks",))
    (message,) = house.tell(replace(event, verdict=blocked))
    assert "rejected" not in message.title


def test_a_broken_step_is_told_without_the_rows_in_its_error() -> None:
    house = House()
    error = 'conversion from `str` to `i64` failed for 1 value: ["CANARY"]'
    (message,) = house.tell(broken(0, error))
    assert message.title == "silver.flights: step flights broke"
    assert message.status is Status.ERROR
    assert "CANARY" not in repr(message)
    assert "CANARY" not in repr(house.store.incidents)


def test_a_step_that_reaches_the_gate_again_resolves_its_breaking() -> None:
    house = House()
    house.tell(broken(0, "boom"))
    assert house.tell(broken(1, "boom")) == []
    (message,) = house.tell(judged(2, finding("unique", Status.PASS)))
    assert message.title == "silver.flights: 1 incident resolved"


def test_a_failure_older_than_the_incident_changes_nothing() -> None:
    house = House()
    house.tell(judged(5, finding("unique", Status.FAIL)))
    before = house.incident("unique")
    assert house.tell(judged(1, finding("unique", Status.FAIL))) == []
    assert house.tell(judged(2, finding("unique", Status.PASS))) == []
    assert house.incident("unique") == before
