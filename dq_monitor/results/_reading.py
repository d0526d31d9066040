"""What the readers share: how a file is read, and how its tests get names of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dq_monitor.errors import ResultsUnreadable

Failures = Annotated[float, Field(ge=0, allow_inf_nan=False)]
T = TypeVar("T", bound=BaseModel)


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class Part(BaseModel):
    """A part of a foreign file: what we do not read may be whatever it is."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def read_as(model: type[T], text: bytes, what: str) -> T:
    """Return the file as `model`; raise ResultsUnreadable naming the first place that differs."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ResultsUnreadable(
            f"{place}: {first['msg']}", fix=f"give {what}, and the tool it is from"
        ) from error


def named(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the failures by name; a name that comes again gets a number."""
    seen: Counter[str] = Counter()
    found = {}
    for name, failures in pairs:
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name}_{seen[name]}"] = failures
    return found
