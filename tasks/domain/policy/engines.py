"""The speech engines that a build may use, and how each is reached."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from tasks.domain.policy.section import PolicySection
from tasks.domain.words import Words

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
OF_ONE_ENGINE = {"model": "http", "language": "riva", "function_id": "riva", "symbols": "riva"}


class EngineConfig(PolicySection):
    """One speech engine: espeak-ng on this machine, a Riva server, or an OpenAI-like one by HTTP."""

    shown_only: ClassVar[frozenset[str]] = frozenset(
        {"timeout_seconds", "retries", "backoff_seconds", "api_key_env"}
    )

    engine: Literal["espeak", "riva", "http"] = Field(
        "espeak",
        description="espeak: espeak-ng, on this machine; riva: Riva, a NIM or NVIDIA's cloud by gRPC; "
        "http: a server with /v1/audio/speech, such as Kokoro",
    )
    name: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        max_length=100,
        description="Its name in voice_id and ipa_source, as magpie in magpie_g2p; unset: the engine",
    )
    url: str | None = Field(
        None, description="riva: host:port; http: the address before /v1/audio/speech"
    )
    model: Words | None = Field(None, description="Model that an HTTP server is asked for")
    voices: tuple[Words, ...] = Field(
        (), description="Its voices that are used; unset: those it lists, or its own choice"
    )
    version: Words | None = Field(
        None,
        description="Version of a service that does not report its own; another makes new clips",
    )
    language: Words = Field("en-US", description="Language that a Riva server is asked for")
    function_id: str | None = Field(None, description="Function of NVIDIA's cloud to call")
    api_key_env: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="Name of the environment variable that holds the key; never the key itself",
    )
    symbols: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="IPA symbols that a Riva server knows, separated by spaces; unset: Magpie's",
    )
    timeout_seconds: float = Field(60.0, gt=0, le=600, description="Time that one answer may take")
    retries: int = Field(6, ge=0, le=20, description="Further attempts where it is busy or away")
    backoff_seconds: float = Field(
        1.0, gt=0, le=60, description="Wait before the second attempt; doubled for each further one"
    )

    @model_validator(mode="after")
    def _has_an_effect(self) -> Self:
        """Refuse what this engine would ignore."""
        for field, engine in OF_ONE_ENGINE.items():
            given = getattr(self, field)
            if engine != self.engine and given != type(self).model_fields[field].default:
                raise ValueError(
                    f"{field}: {self.engine} takes none, only {engine} does; got {given!r}"
                )
        return self

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        """Refuse a service without an address, and a key that would go over an open line."""
        if self.engine == "espeak":
            if self.url is not None:
                raise ValueError("url: espeak runs on this machine and has none")
            return self
        if self.host is None:
            form = "host:port" if self.engine == "riva" else "http://… or https://…"
            raise ValueError(f"url: expected {form}; got {self.url!r}")
        if self.api_key_env and not self.encrypted and self.leaves_machine:
            raise ValueError("url: a key goes over https only")
        if self.engine == "http" and not self.voices:
            raise ValueError("voices: expected one or more; a server of this kind lists none")
        return self

    @property
    def label(self) -> str:
        """Its name in the fields of rows."""
        return self.name or self.engine

    @property
    def host(self) -> str | None:
        """The address that text is sent to; None on this machine, or where `url` is no address."""
        if self.engine == "riva":
            parts = urlsplit(f"//{self.url or ''}")
        else:
            parts = urlsplit(self.url or "")
            if parts.scheme not in ("http", "https"):
                return None
        try:
            complete = self.engine == "http" or parts.port is not None
        except ValueError:  # a port that is no number
            return None
        return parts.hostname if complete else None

    @property
    def leaves_machine(self) -> bool:
        """Whether sentences are sent to another host."""
        return self.host is not None and self.host not in THIS_MACHINE

    @property
    def encrypted(self) -> bool:
        """Whether the line is: HTTPS, or a gRPC channel to port 443 or with a key."""
        if self.engine == "riva":
            return (self.url or "").endswith(":443") or self.api_key_env is not None
        return (self.url or "").startswith("https://")
