"""Inventories of the parity tests: one text file each, that is laid out as files in a folder.

Lines before the first mark are settings (``sources: one two``, else ``hosts``) and remarks. A line
``== NAME ==`` begins a file, ``== NAME (program) ==`` one that may be executed. ``\\r`` and such
are written as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"
_MARK = re.compile(r"== (?P<name>\S+)(?P<program> \(program\))? ==\n?\Z")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One inventory: where it lies, and its sources as they are named from there."""

    name: str
    folder: Path
    sources: tuple[str, ...]
    limit: str = ""

    @property
    def places(self) -> list[str]:
        """The sources with their folder; names of hosts stay names."""
        found = [(source, self.folder / source) for source in self.sources]
        return [str(path) if path.exists() else source for source, path in found]


def case_names() -> list[str]:
    """The names of all cases."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def lay_out(name: str, parent: Path) -> Case:
    """Write the files of a case below a folder."""
    folder = parent / name
    settings: dict[str, str] = {}
    here: list[str] | None = None
    files: dict[str, list[str]] = {}
    programs: set[str] = set()
    for line in (FOLDER / f"{name}.txt").read_text().splitlines(keepends=True):
        if mark := _MARK.match(line):
            here = files.setdefault(mark["name"], [])
            programs |= {mark["name"]} if mark["program"] else set()
        elif here is not None:
            here.append(line)
        elif ":" in line and not line.startswith("#"):
            key, _, value = line.partition(":")
            settings[key.strip()] = value.strip()
    folder.mkdir(parents=True)
    for file, lines in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))
        path.chmod(0o755 if file in programs else 0o644)
    sources = tuple(settings.get("sources", "hosts").split())
    return Case(name=name, folder=folder, sources=sources, limit=settings.get("limit", ""))
