"""The keys of mplay.toml, and what is told about wrong ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mplay.source import did_you_mean

LATER = frozenset(
    {
        *("gates", "window", "freeze", "notice", "status_every", "stakeholders", "proof"),
        *("approvals", "emergency", "alertmanager", "prometheus"),
    }
)
"""Keys of an environment whose engine comes with the gates."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_DURATION = re.compile(r"(\d{1,6})(s|m|h|d|w)\Z")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

Key = tuple[str, ...]


def _name(value: Any) -> Any:
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError("is made of letters, digits, '_', '-' and '.', and begins with a letter")
    return value


def _duration(value: Any) -> Any:
    found = _DURATION.match(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("is a time such as '14d' or '36h'")
    return int(found[1]) * _UNITS[found[2]]


def _sources(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Name = Annotated[str, BeforeValidator(_name)]
Duration = Annotated[float, BeforeValidator(_duration)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class JournalTable(_Table):
    """``[journal]``."""

    url: str = ""


class EnvironmentTable(_Table):
    """``[environments.NAME]``."""

    group: str = ""
    shared: list[str] = Field(default_factory=list)
    default: bool = False


class KeepTable(_Table):
    """``[keep]``."""

    restore_points: Duration = 14 * _UNITS["d"]
    journal: Duration = 400 * _UNITS["d"]


class FileTable(_Table):
    """All of mplay.toml."""

    project: Name = "default"
    inventory: Annotated[list[str], BeforeValidator(_sources)] = Field(default_factory=list)
    journal: JournalTable = Field(default_factory=JournalTable)
    environments: dict[Name, EnvironmentTable] = Field(default_factory=dict)
    keep: KeepTable = Field(default_factory=KeepTable)


KEYS: Mapping[Key, Sequence[str]] = {
    (): tuple(FileTable.model_fields),
    ("journal",): tuple(JournalTable.model_fields),
    ("keep",): tuple(KeepTable.model_fields),
    ("environments", "*"): tuple(EnvironmentTable.model_fields),
}

_SAID = {
    "string_type": "is a text",
    "bool_type": "is true or false",
    "list_type": "is a list of texts",
    "model_type": "is a table",
    "model_attributes_type": "is a table",
    "dict_type": "is a table of tables",
}


def read_table(data: Mapping[str, Any]) -> tuple[FileTable | None, list[tuple[Key, str, str]]]:
    """The checked file, or each wrong key with what is wrong and what to do."""
    later = list(_later(data))
    try:
        return (None if later else FileTable.model_validate(dict(data))), later
    except ValidationError as error:
        told = [_told(one["loc"], one["type"], one["msg"]) for one in error.errors()]
        refused = {key for key, _, _ in later}
        return None, [*later, *(one for one in told if one[0] not in refused)]


def _later(data: Mapping[str, Any]) -> list[tuple[Key, str, str]]:
    environments = data.get("environments")
    if not isinstance(environments, Mapping):
        return []
    return [
        (("environments", name, key), f"'{key}' is not in this version", "Take the key away.")
        for name, table in environments.items()
        if isinstance(table, Mapping)
        for key in table
        if key in LATER
    ]


def _told(loc: Sequence[int | str], kind: str, message: str) -> tuple[Key, str, str]:
    key = tuple(part for part in loc if isinstance(part, str) and part != "[key]")
    if kind == "extra_forbidden":
        return key, f"there is no key '{key[-1]}' here", _near(key)
    said = message.removeprefix("Value error, ") if kind == "value_error" else _SAID.get(kind)
    if said is None:
        said = "has a value that cannot be used"
    return key, f"'{key[-1] if key else ''}' {said}", ""


def _near(key: Key) -> str:
    table = ("environments", "*") if key[:1] == ("environments",) else key[:-1]
    known = KEYS.get(table, ())
    return did_you_mean(key[-1], known).strip() or f"Keys here are {', '.join(known)}."
