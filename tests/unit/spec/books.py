"""Playbooks as text, files in memory, and a shelf of small modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from mplay.model.errors import InvalidInput, UsageError
from mplay.model.playbook import Playbook
from mplay.registry import Registry
from mplay.spec import Finder, Loaded, load_playbook

SHELF = Registry(Path(__file__).parent / "shelf")


@dataclass
class Memory:
    """Files by path."""

    files: Mapping[str, bytes] = field(default_factory=dict)

    def read_bytes(self, path: Path) -> bytes:
        if str(path) not in self.files:
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return self.files[str(path)]

    def exists(self, path: Path) -> bool:
        return str(path) in self.files


def loaded(text: str, **others: str) -> Loaded:
    """The playbook ``book/p.yml``; `others` are files: ``__`` stands for ``/``, ``_`` for ``.``."""
    files = {"book/p.yml": dedent(text).encode()}
    for name, content in others.items():
        files[name.replace("__", "/").replace("_", ".")] = dedent(content).encode()
    return load_playbook("book/p.yml", SHELF, Finder(files=Memory(files), root=Path()))


def book(text: str, **others: str) -> Playbook:
    return loaded(text, **others).playbook


def problems(text: str, **others: str) -> list[str]:
    """What is wrong with a playbook, one text each; empty for nothing."""
    try:
        loaded(text, **others)
    except InvalidInput as error:
        return [str(problem) for problem in error.problems]
    except UsageError as error:
        return [str(error)]
    return []
