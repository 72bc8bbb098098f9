"""Finds mplay.toml and reads it."""

from __future__ import annotations

import hashlib
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from mplay.config.config import Config, Environment, Keep
from mplay.config.schema import FileTable, Key, read_table
from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.source import MAX_BYTES, decode

FILE_NAME = "mplay.toml"
_DEFAULT_INVENTORY = "inventory"
_AT = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")


def load_config(start: Path, file: Path | None = None) -> Config:
    """The settings of `file` (``-c``), else of the nearest mplay.toml from `start` upward.

    UsageError for a file that is not there, a folder that everybody may write to, and every key
    that is wrong; all of them at once.
    """
    found = file if file is not None else find(start)
    if found is None:
        root = start.absolute()
        return Config(root=root, inventory=_sources(root, [_DEFAULT_INVENTORY], given=False))
    raw = _read(found)
    return _config(found.absolute(), raw)


def find(start: Path) -> Path | None:
    """The nearest mplay.toml in `start` or a folder above it."""
    folder = start.absolute()
    for place in (folder, *folder.parents):
        if (place / FILE_NAME).is_file():
            return place / FILE_NAME
    return None


def _read(file: Path) -> bytes:
    folder = file.absolute().parent
    try:
        if folder.stat().st_mode & stat.S_IWOTH:
            raise UsageError(
                f"the folder {folder} is world-writable: anybody could change its policy",
                where=str(file),
                hint=f"chmod o-w {folder}",
            )
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"the configuration cannot be read: {error.strerror}", where=str(file)
        ) from error


def read_file(file: Path) -> tuple[FileTable, str]:
    """What a file holds, checked, and its text. UsageError with all that is wrong."""
    return _table(file, _read(file))


def _table(file: Path, raw: bytes) -> tuple[FileTable, str]:
    text = decode(raw, str(file))
    table, wrong = read_table(_parse(text, file))
    if table is None:
        raise InvalidInput([Problem(w, place(text, file, key), hint) for key, w, hint in wrong])
    _check_environments(table, text, file)
    return table, text


def _config(file: Path, raw: bytes) -> Config:
    table, _ = _table(file, raw)
    root = file.parent
    given = bool(table.inventory)
    return Config(
        root=root,
        file=file,
        digest=hashlib.sha256(raw).hexdigest(),
        project=table.project,
        journal_url=_journal_url(table.journal.url, root),
        inventory=_sources(root, table.inventory or [_DEFAULT_INVENTORY], given=given),
        environments={
            name: Environment(name=name, group=e.group, shared=tuple(e.shared), default=e.default)
            for name, e in table.environments.items()
        },
        keep=Keep(restore_points=table.keep.restore_points, journal=table.keep.journal),
    )


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        where = Where(str(file), int(at[1]), int(at[2])) if at else Where(str(file))
        what = _AT.sub("", str(error)).removesuffix(" (at end of document)")
        raise UsageError(f"this is not TOML: {what}", where=where) from error
    except RecursionError as error:
        raise UsageError("this is nested too deep", where=str(file)) from error


def _check_environments(table: FileTable, text: str, file: Path) -> None:
    problems = []
    takers = [name for name, one in table.environments.items() if one.default]
    for name, one in table.environments.items():
        where = place(text, file, ("environments", name))
        if not one.group and not one.default:
            problems.append(
                Problem(f"the environment {name} has no 'group'", where, "Name a group of hosts.")
            )
        if one.default and name != takers[0]:
            problems.append(Problem(f"{takers[0]} takes all other hosts already", where))
    if problems:
        raise InvalidInput(problems)


def _journal_url(url: str, root: Path) -> str:
    prefix = "sqlite:///"
    path = url.removeprefix(prefix)
    if path == url or path.startswith(("/", "~")):
        return url
    return f"{prefix}{root / path}"


def _sources(root: Path, names: list[str], *, given: bool) -> tuple[Path, ...]:
    """The inventory's sources; the default one only where it is there."""
    paths = [root / Path(name).expanduser() for name in names]
    return tuple(path for path in paths if given or path.exists())


def place(text: str, file: Path, key: Key) -> Where:
    """Where a key was written, as well as a look at the lines can tell."""
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            table = tuple(part.strip(" \"'") for part in header[1].split("."))
            if table[: len(key)] == key:
                return Where(str(file), number, line.index("[") + 1)
            continue
        name = line.partition("=")[0].strip()
        own = (*table, *(part.strip(" \"'") for part in name.split(".")))
        if "=" in line and own[: len(key)] == key:
            return Where(str(file), number, len(line) - len(line.lstrip()) + 1)
    return Where(str(file))
