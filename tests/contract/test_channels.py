"""Every alert channel against its protocol; the HTTP ones against a real server that misbehaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dq_monitor.alerts._http import Limits
from dq_monitor.alerts.console import Console
from dq_monitor.alerts.slack import Slack
from dq_monitor.alerts.webhook import Webhook
from dq_monitor.errors import DeliveryFailed, SettingsInvalid
from dq_monitor.model.incident import Concern, Message, Occasion
from dq_monitor.model.verdict import Status
from dq_monitor.ports import Channel
from dq_monitor.registry import plugs
from dq_monitor.settings import ChannelSettings
from tests.hook_server import RESET, SILENT, Answer, hook_server

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
KEY = "8a1c53a4-9d6f-5d7e-8c1f-000000000001"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
MESSAGE = Message(
    key=KEY,
    title="silver.flights: 2 rules failed, 31 rows quarantined",
    status=Status.FAIL,
    table="silver.flights",
    lines=("in_set.origin: 3 of 842 judged rows fail", "unique: 28 of 842 judged rows fail"),
    at=NOW,
    link="http://dq.example/?table=silver.flights",
    facts=(("table", "silver.flights"), ("write", "w1")),
)
LIMITS = Limits(allow_private=True, timeout=10)
IMPATIENT = replace(LIMITS, timeout=0.3)


def file_reference(folder: Path, name: str, value: str) -> str:
    path = folder / name
    path.write_text(value, encoding="utf-8")
    return f"file:{path}"


def channel(
    kind: type[Any], url: str, folder: Path, limits: Limits = LIMITS, secret: str = ""
) -> Channel:
    settings = ChannelSettings(
        kind=kind.__name__.lower(),
        url=file_reference(folder, "url", url),
        secret=file_reference(folder, "secret", secret) if secret else "",
    )
    made: Channel = kind(settings, limits=limits, clock=lambda: NOW)
    return made


def test_channels_are_found_by_their_files() -> None:
    assert set(plugs("dq_monitor.alerts")) >= {"console", "slack", "webhook"}


@pytest.mark.parametrize("name", sorted(plugs("dq_monitor.alerts")))
def test_making_a_channel_reads_no_secret(name: str) -> None:
    unset = "env:NOT_SET_HERE"
    settings = ChannelSettings(kind=name, url=unset, secret=unset)
    assert callable(plugs("dq_monitor.alerts")[name](settings).send)


HTTP = pytest.mark.parametrize("kind", [Slack, Webhook], ids=["slack", "webhook"])


@HTTP
def test_2xx_is_success_and_posts_once(kind: type[Any], tmp_path: Path) -> None:
    with hook_server(Answer(204, body=b"")) as server:
        channel(kind, server.url(), tmp_path).send(MESSAGE)
    (request,) = server.requests
    assert request.path == "/services/T0/SECRET"
    assert request.headers["Host"] == f"127.0.0.1:{server.port}"
    assert MESSAGE.title in json.dumps(json.loads(request.body))


@dataclass(frozen=True)
class Case:
    """An answer, and the failure it must become."""

    answer: Answer
    words: str
    permanent: bool = False
    retry_after: float | None = None


def after(value: str, status: int = 429) -> Answer:
    return Answer(status, {"Retry-After": value})


CASES = {
    "500": Case(Answer(500), "answered 500"),
    "503 with seconds": Case(after("7", 503), "answered 503", retry_after=7),
    "429 with seconds": Case(after("120"), "answered 429", retry_after=120),
    "429 with a date": Case(after("Mon, 23 Nov 2026 18:00:30 GMT"), "answered 429", retry_after=30),
    "429 with a date gone by": Case(
        after("Mon, 23 Nov 2026 17:00:00 GMT"), "answered 429", retry_after=0
    ),
    "429 with nonsense": Case(after("soon"), "answered 429"),
    "408": Case(Answer(408), "answered 408"),
    "400 with a code": Case(
        Answer(400, body=b"invalid_blocks"), "400 (invalid_blocks)", permanent=True
    ),
    "404": Case(Answer(404), "no such hook", permanent=True),
    "410": Case(Answer(410), "the hook was removed", permanent=True),
    "302": Case(
        Answer(302, {"Location": "/elsewhere"}), "redirects are not followed", permanent=True
    ),
    "no answer": Case(SILENT, "no answer within 0.3 s"),
    "reset": Case(RESET, "the connection broke"),
}


@HTTP
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_other_answers_are_failures_that_say_whether_to_try_again(
    kind: type[Any], case: Case, tmp_path: Path
) -> None:
    limits = IMPATIENT if case.answer is SILENT else LIMITS
    with hook_server(case.answer) as server, pytest.raises(DeliveryFailed) as caught:
        channel(kind, server.url(), tmp_path, limits).send(MESSAGE)
    assert caught.value.permanent is case.permanent
    assert caught.value.retry_after == case.retry_after
    assert case.words in caught.value.detail
    assert len(server.requests) == 1
    assert "SECRET" not in str(caught.value)


@HTTP
def test_a_refused_connection_is_tried_again(kind: type[Any], tmp_path: Path) -> None:
    with hook_server() as server:
        url = server.url()
    with pytest.raises(DeliveryFailed, match="cannot connect") as caught:
        channel(kind, url, tmp_path).send(MESSAGE)
    assert not caught.value.permanent


@HTTP
def test_an_answer_that_echoes_the_hook_is_not_shown(kind: type[Any], tmp_path: Path) -> None:
    echo = Answer(400, body=b"Cannot POST /services/T0/SECRET")
    with hook_server(echo) as server, pytest.raises(DeliveryFailed) as caught:
        channel(kind, server.url(), tmp_path).send(MESSAGE)
    assert "SECRET" not in str(caught.value)


@HTTP
def test_an_endless_answer_is_not_read_to_its_end(kind: type[Any], tmp_path: Path) -> None:
    with hook_server(Answer(200, body=b"x" * 50_000_000)) as server:
        channel(kind, server.url(), tmp_path).send(MESSAGE)


@HTTP
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_private_hooks_are_refused_unless_allowed(
    kind: type[Any], host: str, tmp_path: Path
) -> None:
    limits = replace(LIMITS, allow_private=False)
    with hook_server() as server:
        refused = channel(kind, f"https://{host}:{server.port}/SECRET", tmp_path, limits)
        with pytest.raises(DeliveryFailed):
            refused.send(MESSAGE)
    assert server.requests == []


@HTTP
def test_plain_http_is_refused_unless_allowed(kind: type[Any], tmp_path: Path) -> None:
    limits = replace(LIMITS, allow_private=False)
    with pytest.raises(
        DeliveryFailed, match=r"must begin with https(?s:.)*allow_private_hooks = true"
    ):
        channel(kind, "http://hooks.example/SECRET", tmp_path, limits).send(MESSAGE)


PRIVATE = [
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "224.0.0.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse, not one to listen on
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fd00::1",
    "fe80::1",
    "ff02::1",
]


OPENABLE = {
    *("10.0.0.1", "100.64.0.1", "192.168.1.1", "::1", "::ffff:10.0.0.1"),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "fd00::1"),
}


@pytest.mark.parametrize("address", PRIVATE)
def test_one_private_address_among_public_ones_is_enough_to_refuse(
    address: str, tmp_path: Path
) -> None:
    limits = Limits(timeout=0.3, resolver=lambda host, port: ["93.184.215.14", address])
    with pytest.raises(DeliveryFailed, match="not public") as caught:
        channel(Webhook, "https://hooks.example/SECRET", tmp_path, limits).send(MESSAGE)
    assert caught.value.permanent
    assert ("allow_private_hooks" in caught.value.fix) is (address in OPENABLE)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1"])
def test_link_local_and_multicast_are_refused_even_where_private_is_allowed(
    address: str, tmp_path: Path
) -> None:
    limits = replace(LIMITS, resolver=lambda host, port: [address])
    with pytest.raises(DeliveryFailed, match="not public"):
        channel(Webhook, "http://metadata.example/", tmp_path, limits).send(MESSAGE)


def test_a_name_is_resolved_once_so_that_it_cannot_change_between(tmp_path: Path) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with hook_server() as server:
        url = server.url("rebind.example")
        channel(Webhook, url, tmp_path, replace(LIMITS, resolver=resolver)).send(MESSAGE)
    assert asked == ["rebind.example"]
    assert server.requests[0].headers["Host"] == f"rebind.example:{server.port}"


def test_tls_is_checked_against_the_name_though_the_address_is_connected_to(
    tmp_path: Path,
) -> None:
    serving, trusting = certificate(tmp_path, "hooks.example")
    limits = replace(LIMITS, timeout=5, tls=trusting, resolver=lambda host, port: ["127.0.0.1"])
    with hook_server(tls=serving) as server:
        channel(Webhook, server.url("hooks.example"), tmp_path, limits).send(MESSAGE)
        with pytest.raises(DeliveryFailed, match="cannot connect"):
            channel(Webhook, server.url("other.example"), tmp_path, limits).send(MESSAGE)
    assert len(server.requests) == 1


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(
        [*command.split(), *names, "-keyout", key, "-out", cert], check=True, capture_output=True
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    return serving, ssl.create_default_context(cafile=cert)


def signed_request(tmp_path: Path, secret: str) -> tuple[Mapping[str, str], bytes]:
    with hook_server() as server:
        channel(Webhook, server.url(), tmp_path, LIMITS, secret).send(MESSAGE)
    return server.requests[0].headers, server.requests[0].body


def test_webhooks_are_signed_after_standard_webhooks(tmp_path: Path) -> None:
    headers, body = signed_request(tmp_path, SECRET)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"0123456789abcdef0123456789abcdef", signed, hashlib.sha256).digest()
    assert headers["webhook-id"] == KEY
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_two_secrets_sign_side_by_side(tmp_path: Path) -> None:
    headers, _ = signed_request(tmp_path, f"{SECRET} {SECRET}")
    first, second = headers["webhook-signature"].split(" ")
    assert first == second


def test_a_webhook_without_a_secret_is_unsigned(tmp_path: Path) -> None:
    headers, body = signed_request(tmp_path, "")
    assert "webhook-signature" not in headers
    assert json.loads(body)["type"] == "incident.opened"


def sent_by_webhook(message: Message, folder: Path) -> dict[str, Any]:
    with hook_server() as server:
        channel(Webhook, server.url(), folder).send(message)
    content: dict[str, Any] = json.loads(server.requests[0].body)
    return content


@pytest.mark.parametrize(
    ("occasion", "named"),
    [
        (Occasion.OPENED, "incident.opened"),
        (Occasion.RESOLVED, "incident.resolved"),
        (Occasion.TEST, "test"),
    ],
)
def test_a_webhook_says_what_kind_of_message_it_is(
    occasion: Occasion, named: str, tmp_path: Path
) -> None:
    assert sent_by_webhook(replace(MESSAGE, occasion=occasion), tmp_path)["type"] == named


def test_a_webhook_names_incidents_and_rules_so_that_messages_can_be_paired(
    tmp_path: Path,
) -> None:
    concerns = (
        Concern("i1", "gate", "2013-02-08", Status.FAIL),
        Concern("i2", "unique", "", Status.WARN),
    )
    data = sent_by_webhook(replace(MESSAGE, concerns=concerns), tmp_path)["data"]
    assert data["incidents"] == ["i1", "i2"]
    assert data["rules"] == [
        {"rule": "gate", "segment": "2013-02-08", "status": "fail", "incident": "i1"},
        {"rule": "unique", "segment": "", "status": "warn", "incident": "i2"},
    ]
    assert set(data) > {"title", "status", "table", "lines", "facts", "link"}


def test_a_secret_that_is_not_base64_says_how_to_make_one(tmp_path: Path) -> None:
    with hook_server() as server, pytest.raises(SettingsInvalid, match="openssl rand"):
        channel(Webhook, server.url(), tmp_path, LIMITS, "my password").send(MESSAGE)
    assert server.requests == []


def slack_content(message: Message, folder: Path) -> dict[str, Any]:
    with hook_server() as server:
        channel(Slack, server.url(), folder).send(message)
    content: dict[str, Any] = json.loads(server.requests[0].body)
    return content


def slack_texts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        text
        for block in content["blocks"]
        for text in block.get("elements", [block.get("text")])
        if text
    ]


def test_slack_markup_in_a_message_is_shown_as_text(tmp_path: Path) -> None:
    evil = "<!channel> <http://evil.example|click> & \u202edrow\x07"
    message = replace(MESSAGE, title=evil, lines=(evil,), facts=((evil, evil),), link="")
    content = slack_content(message, tmp_path)
    texts = [text["text"] for text in slack_texts(content)] + [content["text"]]
    assert all("&lt;!channel&gt;" in text for text in texts)
    assert not any(set("<>\u202e\x07") & set(text) for text in texts)


def test_a_slack_link_cannot_be_broken_out_of(tmp_path: Path) -> None:
    message = replace(MESSAGE, link="https://dq.example/?a=1&b=x|y><!here>")
    link = slack_texts(slack_content(message, tmp_path))[-1]["text"]
    assert link == "<https://dq.example/?a=1&amp;b=x%7Cy&gt;&lt;!here&gt;|Open in dq-monitor>"


def test_the_longest_message_keeps_slacks_limits(tmp_path: Path) -> None:
    line = "<&>" * 1000
    message = replace(MESSAGE, title=line, lines=(line,) * 200, facts=(("x", line),) * 20)
    content = slack_content(message, tmp_path)
    texts = slack_texts(content)
    assert len(content["blocks"]) <= 50
    assert len(content["blocks"][0]["text"]["text"]) <= 150
    assert max(len(text["text"]) for text in texts) <= 3000
    assert sum(len(text["text"]) for text in texts) <= 13_000
    assert any("more" in text["text"] for text in texts)


def test_console_prints_one_line_per_rule_and_no_control_characters() -> None:
    stream = io.StringIO()
    evil = replace(MESSAGE, title="silver.flights: \x1b[2Jgone")
    Console(ChannelSettings(kind="console"), stream=stream).send(evil)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "[fail] silver.flights:  [2Jgone"
    assert lines[1] == "  - in_set.origin: 3 of 842 judged rows fail"
    assert lines[3:] == ["  table silver.flights, write w1", f"  {MESSAGE.link}"]


def test_console_says_when_its_stream_is_closed() -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryFailed, match="stream is closed"):
        Console(ChannelSettings(kind="console"), stream=stream).send(MESSAGE)
