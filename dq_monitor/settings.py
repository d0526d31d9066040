"""Where things live and who is told: `dqm.toml`, over it `DQM_*`, as one frozen object."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from dq_monitor.errors import SettingsInvalid
from dq_monitor.registry import suggest

CONFIG_FILE = "dqm.toml"
SCHEMES = ("env", "file")
ENDPOINT = re.compile(r"https?://[^/@\s?#]+/?")
SECRET = re.compile("key|secret|token|password|signature|sas", re.IGNORECASE)


def _referred(reference: str) -> str:
    scheme, _, name = reference.partition(":")
    if reference and (scheme not in SCHEMES or not name):
        raise PydanticCustomError("secret", "a secret must be a reference: env:NAME or file:PATH")
    return reference


Reference = Annotated[str, AfterValidator(_referred)]


class ChannelSettings(BaseModel):
    """One place where people are told. `url` and `secret` are references, never the values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: str
    url: Reference = ""
    secret: Reference = ""
    min_severity: Literal["warn", "fail", "error"] = "fail"
    allow_private_hooks: bool = Field(
        default=False,
        description="let the hook be plain http or lie in a private network (never link-local)",
    )


class LineageSettings(BaseModel):
    """Where OpenLineage events go: a `file` (JSON lines) or an `http` URL; none keeps them here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["file", "http", "none"] = "none"
    target: str = ""
    namespace: str = "dq-monitor"
    api_key: Reference = ""


class StorageSettings(BaseModel):
    """How a warehouse on an object store is reached; what is empty comes from AWS_* variables."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: str = Field(default="", description="URL of an S3 that is not Amazon's")
    region: str = ""
    allow_http: bool = Field(default=False, description="let the endpoint be plain http")
    profile: str = Field(
        default="", description="take the keys of this profile of ~/.aws/credentials"
    )
    access_key_id: Reference = ""
    secret_access_key: Reference = ""
    session_token: Reference = ""
    options: Mapping[str, str] = Field(
        default_factory=dict,
        description="further options of deltalake and Polars, as of Google's and Azure's stores",
    )

    @field_validator("endpoint")
    @classmethod
    def _address(cls, endpoint: str) -> str:
        # deltalake panics over one without a host
        if endpoint and not ENDPOINT.fullmatch(endpoint):
            raise PydanticCustomError("endpoint", "an endpoint is https://HOST:PORT, without keys")
        return endpoint

    @field_validator("options")
    @classmethod
    def _refer(cls, options: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in options.items():
            if SECRET.search(name):
                _referred(value)
        return options


class Settings(BaseSettings):
    """Everything that can be set. Paths are relative to the folder the command runs in."""

    model_config = SettingsConfigDict(
        env_prefix="DQM_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,  # what is wrong may be a secret in the wrong place
        toml_file=CONFIG_FILE,
    )

    home: Path = Field(Path(".dqm"), description="where dq-monitor keeps its state")
    store_url: str = Field(
        "", description="SQLAlchemy URL of the store; empty means SQLite in `home`"
    )
    warehouse: str = Field("", description="root of the Delta tables; empty means `home`/warehouse")
    storage: StorageSettings = StorageSettings()
    rules: Path = Field(Path("rules"), description="folder of the rule packs")
    host: str = Field("127.0.0.1", description="address that `dqm serve` listens on")
    port: Annotated[int, Field(ge=0, le=65535, description="port of `dqm serve`")] = 8600
    api_token: str = Field(
        "", description="reference to the token that API and dashboard ask for: env:NAME"
    )
    public_url: str = Field("", description="where people reach the dashboard, for links in alerts")
    channels: Mapping[str, ChannelSettings] = Field(default_factory=dict)
    lineage: LineageSettings = Field(default_factory=LineageSettings)
    show_samples: bool = Field(
        default=False, description="let the dashboard unmask the values of quarantined rows"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @property
    def store(self) -> str:
        """Return the SQLAlchemy URL of the store."""
        return self.store_url or f"sqlite:///{self.home.resolve() / 'store.db'}"

    @property
    def tables(self) -> str:
        """Return the root folder or URL under which the Delta tables live."""
        return self.warehouse or str(self.home.resolve() / "warehouse")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments over variables over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: object) -> Settings:
    """Read the settings of the current folder; raise SettingsInvalid naming each wrong one."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks what comes in
    except ValidationError as error:
        raise SettingsInvalid(
            "; ".join(map(_told, error.errors())),
            fix=f"correct it in {CONFIG_FILE} or the DQM_* variable",
        ) from error
    except ValueError as error:
        raise SettingsInvalid(f"{CONFIG_FILE}: {error}", fix="correct the TOML") from error


def _told(issue: ErrorDetails) -> str:
    place = ".".join(map(str, issue["loc"]))
    if issue["type"] == "extra_forbidden" and len(issue["loc"]) == 1:
        return f"{place} is no setting ({suggest(place, Settings.model_fields)})"
    return f"{place}: {issue['msg']}"


def resolve_secret(reference: str) -> str:
    """Return what `env:NAME` or `file:PATH` refers to; raise SettingsInvalid for anything else.

    Secrets are read at the moment of use and never kept, so they cannot be logged or written back.
    """
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        if name not in os.environ:
            raise SettingsInvalid(f"environment variable {name} is not set", fix=f"export {name}")
        return os.environ[name]
    if scheme == "file":
        try:
            return Path(name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsInvalid(
                f"secret file {name}: {error.strerror}", fix="make the file, or correct its path"
            ) from error
    raise SettingsInvalid("a secret must be a reference", fix="use env:NAME or file:PATH")
