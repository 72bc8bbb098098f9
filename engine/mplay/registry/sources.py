"""Folders of module files: a project's own, and those of installed distributions."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from mplay.model.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder of modules; `package` is the Python package that its files belong to."""

    folder: Path
    package: str
    project: bool = False

    def files(self) -> Mapping[str, Path]:
        """The public modules of the folder: name -> file."""
        return {
            file.stem: file
            for file in sorted(self.folder.glob("*.py"))
            if not file.name.startswith("_") and file.stem.isidentifier()
        }


def project_source(folder: Path) -> Source:
    """The modules of a project, in a package of their own, so that they shadow no other."""
    return Source(folder=folder.absolute(), package="mplay_project_modules", project=True)


def installed_sources(entry_points: Iterator[EntryPoint]) -> Iterator[Source]:
    """The packages that entry points name; found, not imported."""
    for point in entry_points:
        yield from (Source(folder=folder, package=point.value) for folder in _folders_of(point))


def _folders_of(point: EntryPoint) -> list[Path]:
    try:
        spec = importlib.util.find_spec(point.value)
    except ImportError:
        spec = None
    if spec is None or spec.submodule_search_locations is None:
        raise UsageError(
            f"the entry point mplay.modules {point.name!r} names {point.value!r},"
            " which is not an installed package",
            hint="install it again, or remove the distribution that names it",
        )
    return [Path(folder) for folder in spec.submodule_search_locations]
