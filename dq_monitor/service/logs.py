"""Sets up what a running service logs: one JSON line each on stderr, ids as fields."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor

NOISY = ("uvicorn", "apscheduler", "streamlit", "websockets")


def log_to_stderr(level: str) -> None:
    """Log from `level` on; the libraries underneath only say what went wrong, in the same form."""
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([structlog.processors.format_exc_info] if level == "debug" else [_in_brief]),
    ]
    written = structlog.processors.JSONRenderer(sort_keys=True)
    structlog.configure(
        processors=[*shared, written],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, written],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    take_over()


def take_over() -> None:
    """Let libraries that brought handlers of their own log through ours; repeat after loading."""
    loaded = (name for name in logging.root.manager.loggerDict if name.startswith(NOISY))
    for name in {*loaded, *NOISY}:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.ERROR)


def _in_brief(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Say of an exception what and where: its text may hold values, its trace fills pages."""
    error = _exception(event.pop("exc_info", None))
    if error is None:
        return event
    return {**event, "error": type(error).__name__, "at": _place(error.__traceback__)}


def _exception(given: object) -> BaseException | None:
    if isinstance(given, tuple):
        given = given[1]
    elif given is True:
        given = sys.exception()
    return given if isinstance(given, BaseException) else None


def _place(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
