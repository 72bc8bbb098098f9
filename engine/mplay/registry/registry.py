"""The registry: a name of a playbook -> the class that answers to it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path

from mplay.registry.loading import load
from mplay.registry.sources import Source, installed_sources, project_source
from mplay.sdk import Module

GROUP = "mplay.modules"
ANSIBLE = "ansible.builtin."


class Registry:
    """Modules by name: a project's own first, then the installed ones.

    `project_modules` is the folder ``modules/`` beside ``mplay.toml``; it need not exist. Nothing
    is read before the first question, and a module is imported when it is asked for. UsageError
    for a module that is broken, with its file and line.
    """

    def __init__(self, project_modules: Path | None = None) -> None:
        self._project_modules = project_modules
        self._loaded: dict[str, type[Module]] = {}

    def find(self, name: str) -> type[Module] | None:
        """The module of that name (a leading ``ansible.builtin.`` is accepted), or None."""
        plain = name.removeprefix(ANSIBLE)
        found = self._files.get(plain)
        if found is None:
            return None
        if plain not in self._loaded:
            self._loaded[plain] = load(*found)
        return self._loaded[plain]

    def names(self) -> tuple[str, ...]:
        """Every name that `find` knows, sorted."""
        return tuple(sorted(self._files))

    def file(self, name: str) -> Path | None:
        """The source file of a module, or None."""
        found = self._files.get(name.removeprefix(ANSIBLE))
        return found[1] if found else None

    def digest(self, name: str) -> str:
        """SHA-256 of a module's source file, in hex. KeyError for an unknown name."""
        _, file = self._files[name.removeprefix(ANSIBLE)]
        return hashlib.sha256(file.read_bytes()).hexdigest()

    @cached_property
    def _files(self) -> dict[str, tuple[Source, Path]]:
        sources = list(installed_sources(iter(entry_points(group=GROUP))))
        if self._project_modules is not None:
            sources.insert(0, project_source(self._project_modules))
        return {
            name: (source, file)
            for source in reversed(sources)
            for name, file in source.files().items()
        }
