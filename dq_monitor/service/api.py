"""The HTTP API under /api/v1: what the store knows, and what people do about incidents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, FastAPI, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dq_monitor.errors import StoreLocked, StoreUnavailable, UnknownName
from dq_monitor.model.incident import Incident
from dq_monitor.model.metric import Metric
from dq_monitor.registry import suggest
from dq_monitor.service.problems import answer_problems
from dq_monitor.store.views import (
    FailureRow,
    Graph,
    RuleRow,
    TableStatus,
    Views,
    WriteRow,
)

StoreState = Literal["up", "locked", "down"]
MAX_BODY = 64 * 1024
Limit = Annotated[int, Query(ge=1, le=1000)]


class IncidentDesk(Protocol):
    """What people can do about an incident."""

    def acknowledge(self, incident_id: str, by: str) -> None:
        """Note who takes care of it."""
        ...

    def mute(self, incident_id: str, until: datetime) -> None:
        """Send nothing about it for a while."""
        ...

    def resolve(self, incident_id: str, now: datetime) -> None:
        """Close it."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """What the API stands on.

    `answers` says whether the store does, and raises StoreLocked while another process holds it;
    `leads` says who schedules.
    """

    views: Views
    incidents: IncidentDesk
    metrics: Callable[[], bytes]
    answers: Callable[[], bool]
    leads: Callable[[], bool]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the process lives; a load balancer asks `/ready`."""

    status: Literal["ok", "degraded"]
    store: StoreState
    leader: bool
    version: str


@dataclass(frozen=True, slots=True)
class TableDetail:
    """One table with its rules and latest writes."""

    table: TableStatus
    rules: Sequence[RuleRow]
    writes: Sequence[WriteRow]


class Acknowledgement(BaseModel):
    """Who takes care of an incident."""

    model_config = ConfigDict(extra="forbid")
    by: Annotated[str, Field(min_length=1, max_length=200)]


class Mute(BaseModel):
    """Until when nothing is sent about an incident."""

    model_config = ConfigDict(extra="forbid")
    until: AwareDatetime


def build_api(backend: Backend) -> FastAPI:
    """Return the API as an application that is mounted under /api/v1."""
    api = FastAPI(
        title="dq-monitor",
        version=version("dq-monitor"),
        # the interactive pages load scripts from elsewhere; /openapi.json says the same
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY,
    )
    answer_problems(api)
    api.include_router(_service_routes(backend))
    api.include_router(_table_routes(backend.views))
    api.include_router(_incident_routes(backend))
    return api


def _service_routes(backend: Backend) -> APIRouter:
    router = APIRouter(tags=["service"])

    @router.get("/health")
    def health() -> Health:
        store = _state_of(backend)
        status: Literal["ok", "degraded"] = "ok" if store == "up" else "degraded"
        return Health(status, store, backend.leads(), version("dq-monitor"))

    @router.get("/ready")
    def ready() -> dict[str, str]:
        if backend.answers():
            return {"status": "ready"}
        raise StoreUnavailable

    @router.get("/metrics", response_class=Response)
    def metrics() -> Response:
        return Response(backend.metrics(), media_type=CONTENT_TYPE_LATEST)

    return router


def _table_routes(views: Views) -> APIRouter:
    router = APIRouter(tags=["tables"])

    @router.get("/tables")
    def tables() -> Sequence[TableStatus]:
        return views.tables()

    @router.get("/tables/{name}")
    def table(name: str, limit: Limit = 20) -> TableDetail:
        found = _named(views, name)
        return TableDetail(found, views.rules(name), views.writes(name, limit))

    @router.get("/failures")
    def failures(table: str = "", limit: Limit = 200) -> Sequence[FailureRow]:
        return views.failures(table, limit)

    @router.get("/flagged")
    def flagged() -> Sequence[Metric]:
        return views.flagged()

    @router.get("/graph")
    def graph() -> Graph:
        return views.graph()

    return router


def _incident_routes(backend: Backend) -> APIRouter:
    router = APIRouter(prefix="/incidents", tags=["incidents"])
    desk, views = backend.incidents, backend.views

    @router.get("")
    def incidents(*, open_only: bool = True) -> Sequence[Incident]:
        return views.incidents(open_only=open_only)

    @router.post("/{incident_id}/acknowledge")
    def acknowledge(incident_id: str, body: Acknowledgement) -> Incident:
        _known(views, incident_id)
        desk.acknowledge(incident_id, body.by)
        return _known(views, incident_id)

    @router.post("/{incident_id}/mute")
    def mute(incident_id: str, body: Mute) -> Incident:
        _known(views, incident_id)
        desk.mute(incident_id, body.until)
        return _known(views, incident_id)

    @router.post("/{incident_id}/resolve")
    def resolve(incident_id: str) -> Incident:
        _known(views, incident_id)
        desk.resolve(incident_id, backend.clock())
        return _known(views, incident_id)

    return router


def _state_of(backend: Backend) -> StoreState:
    try:
        return "up" if backend.answers() else "down"
    except StoreLocked:
        return "locked"


def _named(views: Views, name: str) -> TableStatus:
    tables = {row.table: row for row in views.tables()}
    if name not in tables:
        raise UnknownName(f"table {name!r}", fix=suggest(name, tables) if tables else "")
    return tables[name]


def _known(views: Views, incident_id: str) -> Incident:
    found = (row for row in views.incidents(open_only=False) if row.id == incident_id)
    incident = next(found, None)
    if incident is None:
        raise UnknownName(f"incident {incident_id!r}")
    return incident
