"""Answers every error of the API as problem JSON (RFC 9457), without a trace of the inside."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from dq_monitor.errors import DqmError, StoreLocked, StoreUnavailable, UnknownName

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER = "5"


def problem(status: int, detail: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    """Return one problem; its title is the status' own phrase."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    if detail and detail != body["title"]:
        body["detail"] = detail
    return JSONResponse(body, status, headers, media_type=CONTENT_TYPE)


def answer_problems(api: FastAPI) -> None:
    """Make `api` answer its errors as problems."""
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(DqmError, _failed)
    api.add_exception_handler(Exception, _broke)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, error.detail, dict(error.headers or {}))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    # what came in is not sent back: it may be a secret in the wrong place
    wrong = (f"{'.'.join(map(str, issue['loc']))}: {issue['msg']}" for issue in error.errors())
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(wrong))


async def _failed(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, UnknownName):
        return problem(HTTPStatus.NOT_FOUND, str(error))
    if isinstance(error, StoreUnavailable):
        locked = isinstance(error, StoreLocked)
        detail = "another process holds the store" if locked else "the store does not answer"
        headers = {"Retry-After": RETRY_AFTER}
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers)
    return await _broke(request, error)


async def _broke(request: Request, error: Exception) -> JSONResponse:
    structlog.get_logger("dq_monitor.api").error("broke", path=request.url.path, error=repr(error))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR)
