"""How settings are read: variables, secret files, and every fault told at once.

A variable AFTERWORD_NAME sets the field `name`; a secret may instead lie in the file that AFTERWORD_NAME_FILE
names.
"""

import os
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from shared.errors import SettingsError

_PREFIX = "AFTERWORD_"


class FromFile:
    """Marks a field that may lie in a file."""


class _Fault(NamedTuple):
    """Stands in for a value that could not be read; the sentence says why."""

    sentence: str


class _Environment(PydanticBaseSettingsSource):
    """Variables and secret files; what cannot be read becomes a fault of its field, beside all the others."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        name = variable(field_name)
        value: object = _given(name)
        path = _given(f"{name}_FILE") if FromFile in field.metadata else None
        if value is not None and path:
            value = _Fault(f"set it or {name}_FILE, not both")
        elif path:
            value = _read(name, Path(path))
        return value, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def _read(name: str, path: Path) -> str | _Fault:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return _Fault(f"{name}_FILE names {str(path)!r}, which cannot be read: {why}")
    return text or _Fault(f"{name}_FILE names {str(path)!r}, which is empty")


def _given(name: str) -> str | None:
    """What the variable holds; an empty one counts as not set, for compose files pass on the missing so."""
    return os.environ.get(name) or None  # noqa: TID251 - the one reader of the environment


def variable(field_name: str) -> str:
    """The environment variable that sets this field."""
    return _PREFIX + field_name.upper()


class Settings(BaseSettings):
    """What every process has. Immutable once loaded; no secret shows in its repr or in a fault."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", validate_default=True, hide_input_in_errors=True
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )
    #: From the signal to the end; orchestrators commonly kill after 10 s.
    stop_timeout_s: float = Field(8, gt=0, lt=10, description="seconds, more than 0 and less than 10")

    @classmethod
    def settings_customise_sources(  # noqa: D102 - pydantic-settings' own hook
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names them all
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _Environment(settings_cls)

    @field_validator("*", mode="before")
    @classmethod
    def _raise_fault(cls, value: object) -> object:
        if isinstance(value, _Fault):
            raise ValueError(value.sentence)  # noqa: TRY004 - pydantic gathers ValueErrors
        return value


Loaded = TypeVar("Loaded", bound=Settings)


def load(cls: type[Loaded]) -> Loaded:
    """The settings of `cls` from the environment.

    Raises SettingsError with every fault at once; each names its variable and what was expected, and none
    quotes a secret.
    """
    try:
        return cls()
    except ValidationError as error:
        faults = [
            _fault(cls, str(fault["loc"][0]), fault["type"], fault["msg"])
            for fault in error.errors()
            if fault["type"] != "default_factory_not_called"  # follows from another fault, which is told
        ]
        raise SettingsError(list(dict.fromkeys(faults))) from None


def _fault(cls: type[Settings], name: str, kind: str, message: str) -> str:
    field = cls.model_fields[name]
    expected = f"expected {field.description}" if field.description else "expected another value"
    own_file = f" (or {variable(name)}_FILE)" if FromFile in field.metadata else ""
    if kind == "missing":
        return f"{variable(name)}{own_file} is missing: {expected}"
    if kind == "value_error":
        why = message.removeprefix("Value error, ")
        return (
            f"{variable(name)}: {why}"
            if why.startswith("expected")
            else f"{variable(name)}: {expected}; {why}"
        )
    given = "" if FromFile in field.metadata else f", got {_given(variable(name))!r}"
    return f"{variable(name)}: {expected}{given}"
