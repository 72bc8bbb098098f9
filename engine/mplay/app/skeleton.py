"""Working skeletons: a project, a playbook, a module, each with its tests; nothing is overwritten.

A *skeleton* is a list of files below a folder; its texts lie in ``skeletons/`` beside this file,
with ``@name@ @Class@ @title@ @Title@ @owner@`` for what differs.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from mplay.config import FILE_NAME, Config
from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.registry import Registry

_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_PLAYBOOK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_MODULE = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_CHECKOUT = Path("modules", "mplay_modules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """Files to be made below a folder, by relative path, and those to be kept if they are there."""

    folder: Path
    files: Mapping[str, str]
    shared: Mapping[str, str]

    def write(self) -> list[Path]:
        """Make the files; those that were made. InvalidInput, before anything, if one is there."""
        problems = [
            Problem("this is there already", Where(str(self.folder / name)), "Nothing was written.")
            for name in self.files
            if (self.folder / name).exists() or (self.folder / name).is_symlink()
        ]
        if problems:
            raise InvalidInput(problems)
        missing = {n: t for n, t in self.shared.items() if not (self.folder / n).exists()}
        return [self._made(name, text) for name, text in {**self.files, **missing}.items()]

    def _made(self, name: str, text: str) -> Path:
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"cannot be made: {error.strerror}", where=str(path)) from error
        return path


def project(folder: Path, owner: str) -> Skeleton:
    """A project: settings, an inventory, a first playbook, and tests that load every playbook."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.absolute().name).strip("-._") or "project"
    if not _PROJECT.match(name):
        raise UsageError(f"{name!r} can be no project's name", hint="Name the folder otherwise.")
    words = {"name": name, "owner": owner}
    return Skeleton(
        folder=folder,
        files={
            FILE_NAME: _text("project/mplay.toml", words),
            "inventory/hosts.yml": _text("project/hosts.yml", words),
            "playbooks/first.yml": _text("project/first.yml", words),
        },
        shared=_tests("test_playbooks.py"),
    )


def playbook(config: Config, name: str, owner: str) -> Skeleton:
    """A playbook of a project. UsageError for what can be no name."""
    name = name.removesuffix(".yml")
    if not _PLAYBOOK.match(name):
        raise _no_name(name, "playbook", "letters, digits, _ and -")
    words = {"name": name, "title": _title(name), "owner": owner}
    return Skeleton(
        folder=_root(config),
        files={f"playbooks/{name}.yml": _text("playbook/playbook.yml", words)},
        shared=_tests("test_playbooks.py"),
    )


def module(config: Config, name: str) -> Skeleton:
    """A module of a project, its golden cases and scenarios. UsageError for what can be no name.

    In mplay's own checkout the files go where the standard modules have theirs.
    """
    if not _MODULE.match(name) or keyword.iskeyword(name):
        raise _no_name(name, "module", "lower-case letters, digits and _")
    root = _root(config)
    registry = Registry(root / "modules")
    if name in registry.names():
        raise UsageError(
            f"there is a module {name!r} already",
            where=str(registry.file(name) or ""),
            hint="Choose another name; one of a project would hide the one that is installed.",
        )
    words = {"name": name, "Class": _class(name), "Title": _title(name)}
    standard = (root / _CHECKOUT).is_dir()
    home = _CHECKOUT if standard else Path("modules")
    scenarios = "tests/laws/scenarios" if standard else "tests/laws"
    made = {
        f"{home}/{name}.py": _text("module/module.py.txt", words),
        **{f"tests/golden/{name}/{case}": text for case, text in _cases(words)},
        f"{scenarios}/{name}.yaml": _text("module/laws.yaml", words),
    }
    if standard:
        made[f"changes/{name}.added.md"] = _text("module/changelog.md", words)
    return Skeleton(folder=root, files=made, shared={} if standard else _tests("test_modules.py"))


def _root(config: Config) -> Path:
    if config.file is None:
        raise UsageError(
            f"there is no {FILE_NAME} here or above",
            where=str(config.root),
            hint="`mplay init` makes a project here.",
        )
    return config.root


def _no_name(name: str, kind: str, parts: str) -> UsageError:
    return UsageError(f"{name!r} can be no {kind}'s name", hint=f"It is made of {parts}.")


def _tests(name: str) -> dict[str, str]:
    folder = "module" if name == "test_modules.py" else "project"
    return {
        "conftest.py": _text("project/conftest.py.txt", {}),
        f"tests/{name}": _text(f"{folder}/{name}.txt", {}),
    }


def _cases(words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    folder = _place("module/golden")
    for case in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield case.name, _text(f"module/golden/{case.name}", words)


def _place(name: str) -> Traversable:
    return files("mplay.app").joinpath("skeletons", *name.split("/"))


def _text(name: str, words: Mapping[str, str]) -> str:
    text = _place(name).read_text(encoding="utf-8")
    for word, meaning in words.items():
        text = text.replace(f"@{word}@", meaning)
    return text


def _class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _title(name: str) -> str:
    return re.sub(r"[_-]+", " ", name).strip().capitalize()
