"""Every setting with its value, and who gave it: a file, an option, the environment, or nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel

from mplay.config.config import DAY, Config
from mplay.config.load import FILE_NAME, place, read_file
from mplay.config.place import default_journal
from mplay.config.schema import FileTable, Key

HOUR = 3600.0
_LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
VARIABLES = (
    "ANSIBLE_VAULT_IDENTITY_LIST",
    "ANSIBLE_VAULT_PASSWORD_FILE",
    "MPLAY_DEBUG",
    "MPLAY_LAB_CACHE",
    "MPLAY_LAB_NAME",
    "NO_COLOR",
    "XDG_STATE_HOME",
)
"""Variables of the environment that mplay looks at; none of them holds a secret."""

Plain = str | bool | list[str]


class Origin(StrEnum):
    """Who gave a setting its value."""

    FILE = "file"
    OPTION = "option"
    ENVIRONMENT = "environment"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting. `where`: ``mplay.toml:3:1``, ``--journal``, ``$XDG_STATE_HOME``; '' for nobody."""

    name: str
    value: Plain
    origin: Origin = Origin.DEFAULT
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the command line says itself."""

    config_file: Path | None = None
    inventory: Sequence[Path] = ()
    journal: str = ""


def settings(config: Config, given: Given, environ: Mapping[str, str]) -> list[Setting]:
    """All settings in force for commands with these words and surroundings."""
    written = list(_written(config))
    by_name = {one.name: one for one in written}
    own = [
        _file(config, given),
        by_name.pop("project"),
        _inventory(config, given, by_name.pop("inventory")),
        Setting(name="modules", value=str(config.root / "modules")),
        _journal(config, given, environ, by_name.pop("journal.url")),
    ]
    variables = [
        Setting(name=f"${name}", value=environ[name], origin=Origin.ENVIRONMENT, where=f"${name}")
        for name in VARIABLES
        if name in environ
    ]
    return [*own, *by_name.values(), *variables]


def _file(config: Config, given: Given) -> Setting:
    if given.config_file is not None:
        value = str(given.config_file)
        return Setting(name=FILE_NAME, value=value, origin=Origin.OPTION, where="--config")
    return Setting(name=FILE_NAME, value=str(config.file or ""))


def _inventory(config: Config, given: Given, written: Setting) -> Setting:
    if given.inventory:
        value = [str(source) for source in given.inventory]
        return Setting(name="inventory", value=value, origin=Origin.OPTION, where="--inventory")
    value = [str(source) for source in config.inventory]
    return Setting(name="inventory", value=value, origin=written.origin, where=written.where)


def _journal(config: Config, given: Given, environ: Mapping[str, str], written: Setting) -> Setting:
    if given.journal:
        value = without_login(given.journal)
        return Setting(name="journal", value=value, origin=Origin.OPTION, where="--journal")
    if config.journal_url:
        value = without_login(config.journal_url)
        return Setting(name="journal", value=value, origin=written.origin, where=written.where)
    value = str(default_journal(config.project, environ))
    if environ.get("XDG_STATE_HOME", "").startswith("/"):
        variable = "$XDG_STATE_HOME"
        return Setting(name="journal", value=value, origin=Origin.ENVIRONMENT, where=variable)
    return Setting(name="journal", value=value)


def _written(config: Config) -> Iterator[Setting]:
    """The keys of mplay.toml, those that are not written there too."""
    if config.file is None:
        yield from _keys(FileTable(), "", Path(), ())
    else:
        table, text = read_file(config.file)
        yield from _keys(table, text, config.file, ())


def _keys(table: BaseModel, text: str, file: Path, above: Key) -> Iterator[Setting]:
    for name in type(table).model_fields:
        key, value = (*above, name), getattr(table, name)
        if isinstance(value, BaseModel):
            yield from _keys(value, text, file, key)
        elif isinstance(value, Mapping):
            for inner, one in value.items():
                yield from _keys(one, text, file, (*key, inner))
        elif name in table.model_fields_set:
            where = str(place(text, file, key))
            yield Setting(name=".".join(key), value=_plain(value), origin=Origin.FILE, where=where)
        else:
            yield Setting(name=".".join(key), value=_plain(value))


def _plain(value: object) -> Plain:
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [without_login(str(one)) for one in value]
    if isinstance(value, float):
        unit, letter = (DAY, "d") if value % DAY == 0 else (HOUR, "h")
        return f"{value / unit:g}{letter}"
    return without_login(str(value))


def without_login(url: str) -> str:
    """A URL without the name and password that it may hold."""
    return _LOGIN.sub("[secret]@", url)
