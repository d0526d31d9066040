"""Everything that a service logs is one JSON line, whoever says it, and no trace fills pages."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dq_monitor.service.logs import log_to_stderr, take_over


@pytest.fixture(autouse=True)
def structlog_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail(_: str) -> None:
    raise ValueError("CANARY")


@pytest.mark.parametrize(
    "name", ["apscheduler.executors.beats", "uvicorn.error", "sqlalchemy.pool"]
)
def test_an_error_of_a_library_is_one_line_without_text_and_trace(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log_to_stderr("warning")
    try:
        fail("x")
    except ValueError:
        logging.getLogger(name).exception("a job raised")
    (line,) = said(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("a job raised", "error", name)
    assert line["error"] == "ValueError"
    assert line["at"].startswith("test_service_logs.py:")
    assert "CANARY" not in json.dumps(line)


def test_our_own_lines_have_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("warning")
    structlog.get_logger("dq_monitor.scheduler").warning("store locked", job="delivery")
    (line,) = said(capsys)
    assert (line["event"], line["job"], line["level"]) == ("store locked", "delivery", "warning")
    assert line["timestamp"].endswith("Z")


def test_in_debug_the_whole_trace_is_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("debug")
    try:
        fail("x")
    except ValueError:
        logging.getLogger("apscheduler.executors.beats").exception("a job raised")
    (line,) = said(capsys)
    assert "in fail" in line["exception"]


def test_a_library_that_brings_its_own_handler_is_taken_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("warning")
    late = logging.getLogger("uvicorn.access")
    late.addHandler(logging.StreamHandler())
    late.setLevel(logging.INFO)
    late.propagate = False
    take_over()
    late.info("GET /")
    late.error("no")
    assert [line["event"] for line in said(capsys)] == ["no"]
