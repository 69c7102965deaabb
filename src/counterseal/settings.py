# SPDX-License-Identifier: Apache-2.0
"""Settings: arguments, then COUNTERSEAL_* variables, then a folder of secrets, then `counterseal.toml`.

Nested names are joined by two underscores: `COUNTERSEAL_SMTP__HOST`. In the
TOML file they are tables. Durations are milliseconds and end in `_ms`. Unknown keys are errors.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from counterseal.core.errors import CountersealError
from counterseal.settings_desk import DeskSettings, LossSettings
from counterseal.settings_keys import KmsSettings, OtherMasterKeySettings

PREFIX = "COUNTERSEAL_"
FILE = "counterseal.toml"
# Variables of the same prefix that are no settings: the key itself, where settings lie, the CLI's client.
FOREIGN_VARIABLES = frozenset(
    {"COUNTERSEAL_CONFIG", "COUNTERSEAL_MASTER_KEY", "COUNTERSEAL_NO_APT", "COUNTERSEAL_SECRETS"}
)
FOREIGN_PREFIXES = ("COUNTERSEAL_TEST_", "COUNTERSEAL_CLIENT_")
HERE = "127.0.0.1"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

Milliseconds = Annotated[int, Field(ge=1)]


class SettingsError(CountersealError):
    """A setting is unknown, missing or wrong; the server does not start."""

    code = "settings_invalid"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SmtpSettings(_Table):
    """The mail server for notices and codes. `security`: how the connection is protected."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: str
    timeout_ms: Milliseconds = 10_000


class WitnessSettings(_Table):
    """Where checkpoints are pushed. Exactly one of `file` (folder), `url` (HTTP) or `mail` (address)."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    file: Path | None = None
    url: AnyHttpUrl | None = None
    mail: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(target is not None for target in (self.file, self.url, self.mail)) != 1:
            raise ValueError("name exactly one target: `file`, `url` or `mail`")
        return self


class OidcSettings(_Table):
    """Single sign-on for staff (OpenID Connect Core). It names a person; an approval still takes a passkey."""

    issuer: AnyHttpUrl
    client_id: str
    client_secret: SecretStr
    claim: Literal["email", "sub", "preferred_username"] = "email"  # equals the e-mail of a member of staff
    name: str = "Single sign-on"  # on the button


class OtlpSettings(_Table):
    """Traces to an OpenTelemetry receiver (OTLP over HTTP, protobuf). Nothing personal is in them."""

    url: AnyHttpUrl  # whole: http://collector:4318/v1/traces
    service: Annotated[str, Field(min_length=1, max_length=64)] = "counterseal"
    ratio: Annotated[float, Field(ge=0, le=1)] = 0.1  # of the traces that are kept
    headers: dict[str, SecretStr] = {}  # of each call, such as an API key of the receiver
    timeout_ms: Milliseconds = 5_000


class Settings(BaseSettings):
    """Everything an operator may set; see docs/reference for the table."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, toml_file=FILE
    )

    database: Path = Path("var/counterseal.db")  # SQLite, for one process
    database_url: SecretStr | None = None  # PostgreSQL instead, for several: postgresql://user:password@host/name
    workers: bool = True  # deliver, fire timers, sign checkpoints in this process; false: `counterseal work` does
    master_key_file: Path = Path("var/master.key")
    master_key_variable: str | None = None  # the environment variable that holds the master key instead
    kms: KmsSettings | None = None  # the master key in a token (HSM) instead: docs/keys.md
    other_master_key: OtherMasterKeySettings | None = None  # opens, too, while one replaces the other
    root_key_file: Path = Path("var/root.key")  # for the first start, rotations, once a year; keep it offline
    key_overlap_ms: Annotated[int, Field(ge=10_000)] = 600_000  # how long a new key is published before it signs
    platform_name: str = "Example Exchange"  # how owners know the platform
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8400
    base_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8400")  # where people reach it: passkeys belong to its host
    policy: str = "hardened"  # the name of a shipped pack, or the path of a document
    vocabulary: Path | None = None  # None = the shipped one

    return_origins: tuple[AnyHttpUrl, ...] = ()  # where owners may be sent back to after a step-up
    attestation_roots: Path | None = None  # folder of PEM certificates: authenticators' makers that are trusted

    staff_session_ms: Milliseconds = 8 * 3_600_000  # a sign-in lasts at most so long
    staff_idle_ms: Milliseconds = 15 * 60_000  # and so long without a request
    officers: Literal["either", "passkeys"] = "either"  # how two officers decide: tokens too, or passkeys only
    oidc: OidcSettings | None = None

    clock: Literal["real", "simulated"] = "real"
    simulated_start_ms: Annotated[int, Field(ge=0)] | None = None
    test_scopes: bool = False  # allow `test:attest`; needs the simulated clock

    smtp: SmtpSettings | None = None
    apprise: dict[str, tuple[SecretStr, ...]] = {}  # channel -> Apprise URLs with a `{to}` in them
    outbox_folder: Path | None = None  # development: notices are written here instead of sent

    log_origin: str = "counterseal.local/log"  # first line of a checkpoint: names this log for ever
    witnesses: tuple[WitnessSettings, ...] = ()
    checkpoint_interval_ms: Milliseconds = 10_000
    witness_interval_ms: Milliseconds = 60_000

    otlp: OtlpSettings | None = None  # None = no traces

    # Not public, and webhooks may go there all the same.
    webhook_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    webhook_http: bool = False  # http too, but only to loopback; always so on a simulated clock
    bus_url: SecretStr | None = None  # nats:// or tls://: happenings go to its stream COUNTERSEAL as well
    bus_credentials: Path | None = None  # a NATS .creds file

    desk: DeskSettings = DeskSettings()  # the judicial desk
    losses: LossSettings = LossSettings()  # how they are valued
    price_staleness_ms: Milliseconds = 300_000

    body_limit: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)] = 64 * 1024
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    access_log: Literal["all", "failures", "off"] = "all"
    metrics_access: Literal["open", "token"] | None = None  # None = open on loopback, else `audit:read`

    @field_validator("database_url", mode="after")
    @classmethod
    def _postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("a URL that begins with postgresql://")
        return url

    @field_validator("bus_url", mode="after")
    @classmethod
    def _nats(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("nats://", "tls://")):
            raise ValueError("a URL that begins with nats:// or tls://")
        return url

    @field_validator("base_url", mode="after")
    @classmethod
    def _without_a_path(cls, url: AnyHttpUrl) -> AnyHttpUrl:
        if (url.path or "/") != "/" or url.query or url.fragment or url.username:
            raise ValueError("a scheme, a host and a port, nothing more")
        host = (url.host or "").strip("[]")
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            if url.scheme != "https" and host != "localhost" and not host.endswith(".localhost"):
                raise ValueError(
                    "https, since browsers offer no passkeys without it; http only on localhost"
                ) from None
            return url
        if url.scheme == "https" or str(address) != HERE:  # WebAuthn Level 3, 5.1.3: an RP id is a name
            raise ValueError(
                f"a host name, since passkeys belong to a name and to no address; {HERE} means localhost"
            )
        return url

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.clock == "real" and (self.test_scopes or self.simulated_start_ms is not None):
            raise ValueError("`test_scopes` and `simulated_start_ms` need `clock = simulated`")
        if self.clock == "real" and self.outbox_folder is not None and self.host not in LOOPBACK:
            raise ValueError("`outbox_folder` shows codes to everybody who can reach `host`: listen on 127.0.0.1")
        if self.host not in LOOPBACK and "base_url" not in self.model_fields_set:
            raise ValueError("`base_url`: say under which name people reach a server that others can reach")
        if not self.workers and (self.database_url is None or self.clock == "simulated"):
            raise ValueError("`workers = false` needs `database_url` and the real clock: others work beside")
        if len({each.name for each in self.witnesses}) != len(self.witnesses):
            raise ValueError("two witnesses have one name")
        return self

    @property
    def public_url(self) -> str:
        """The base URL without a slash at its end."""
        return str(self.base_url).rstrip("/")

    @property
    def metrics_open(self) -> bool:
        """Whether /metrics answers without a token."""
        return self.metrics_access == "open" or (self.metrics_access is None and self.host in LOOPBACK)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files: they get committed
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Strongest first."""
        toml = TomlConfigSettingsSource(settings_cls)
        if not settings_cls.model_config.get("secrets_dir"):
            return init_settings, env_settings, toml
        secrets = NestedSecretsSettingsSource(file_secret_settings, secrets_nested_delimiter="__")
        return init_settings, env_settings, secrets, toml


def load_settings(file: Path | None = None, *, secrets: Path | None = None, **arguments: Any) -> Settings:
    """Read the settings; `arguments` win. Raises SettingsError with one sentence for each wrong key.

    `file` defaults to $COUNTERSEAL_CONFIG, then `counterseal.toml` if it is there; `secrets` (a folder with one
    file for each key) to $COUNTERSEAL_SECRETS.
    """
    named = file or _path_in("COUNTERSEAL_CONFIG")
    if named is not None and not named.is_file():
        raise SettingsError(f"the settings file `{named}` does not exist")
    secrets = secrets or _path_in("COUNTERSEAL_SECRETS")
    if secrets is not None and not secrets.is_dir():
        raise SettingsError(f"the folder of secrets `{secrets}` does not exist")
    _check_variables()

    class Configured(Settings):
        model_config = SettingsConfigDict(toml_file=named or FILE, secrets_dir=secrets)

    try:
        found = Configured(**arguments)
    except ValidationError as error:
        raise SettingsError("; ".join(map(_sentence, error.errors(include_url=False)))) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"`{named or FILE}` is not TOML: {error}") from None
    values = {name: getattr(found, name) for name in Settings.model_fields}
    return Settings.model_construct(found.model_fields_set, **values)  # a local class cannot go to other processes


def _path_in(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _check_variables() -> None:
    """A misspelt variable would be ignored in silence, so it is an error."""
    for name in sorted(os.environ):
        if not name.startswith(PREFIX) or name in FOREIGN_VARIABLES or name.startswith(FOREIGN_PREFIXES):
            continue
        field = name.removeprefix(PREFIX).split("__")[0].lower()
        if field not in Settings.model_fields:
            raise SettingsError(f"the variable `{name}` sets nothing{_did_you_mean(field)}")


def _sentence(error: Any) -> str:
    """One error of pydantic as a sentence of ours; never the value, which may be a secret."""
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"`{key}` is not a setting{_did_you_mean(str(error['loc'][-1]))}"
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    return f"`{key}`: {message}" if key else message


def _did_you_mean(word: str) -> str:
    close = difflib.get_close_matches(word, list(Settings.model_fields), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
