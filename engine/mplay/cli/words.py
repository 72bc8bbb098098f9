"""The words that a command line of this project may go on with.

Each function is given the parameters that are on the command line so far, and the beginning of the
word in question. What is wrong with the project's files is raised; the caller shows no words then.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mplay.config import Config
    from mplay.inventory import Inventory
    from mplay.registry import Registry
    from mplay.spec.outline import Outline

Given = Mapping[str, Any]

MOST_RUNS = 40
_LAST_PART = re.compile(r"(?:.*[,:])?[&!]?", re.DOTALL)
"""All of a pattern of hosts before the name that is being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word, and what some shells show beside it."""

    text: str
    help: str = ""


def hosts(given: Given, _: str = "") -> Iterator[Word]:
    """The names of all hosts."""
    yield from (Word(text=name) for name in _inventory(given).hosts)


def groups(given: Given, _: str = "") -> Iterator[Word]:
    """The names of all groups."""
    yield from _groups(_inventory(given))


def _groups(known: Inventory) -> Iterator[Word]:
    for name, members in known.groups.items():
        count = f"{len(members)} host{'' if len(members) == 1 else 's'}"
        yield Word(text=name, help=f"group of {count}")


def patterns(given: Given, begun: str) -> Iterator[Word]:
    """Hosts and groups, also as the last part of ``web:&sta``."""
    found = _LAST_PART.match(begun)
    before = found[0] if found else ""
    known = _inventory(given)
    yield from (Word(text=f"{before}{one.text}", help=one.help) for one in _groups(known))
    yield from (Word(text=f"{before}{name}", help="host") for name in known.hosts)


def runs(given: Given, _: str = "") -> Iterator[Word]:
    """``last``, and the ids of runs, newest first."""
    known = _rows(
        given, "SELECT run, status, name FROM runs ORDER BY begun DESC LIMIT ?", MOST_RUNS
    )
    if known:
        yield Word(text="last", help=known[0][0])
    for run, status, name in known:
        yield Word(text=run, help=f"{status}  {name}")


def steps_of_run(given: Given, _: str = "") -> Iterator[Word]:
    """The paths of a run's steps, and of their blocks."""
    chosen = str(given.get("run") or "")
    condition = "SELECT run FROM runs ORDER BY begun DESC LIMIT 1"
    if chosen != "last":
        condition = "SELECT run FROM runs WHERE substr(run, 1, length(?1)) = ?1"
    sql = f"SELECT task FROM tasks WHERE run IN ({condition}) ORDER BY seq"
    tasks = _rows(given, sql, *([] if chosen == "last" else [chosen]))
    paths = (task.partition("@")[0] for (task,) in tasks)
    yield from (Word(text=path) for path in _with_blocks(paths))


def steps_of_playbook(given: Given, begun: str) -> Iterator[Word]:
    """The paths of a playbook's steps and blocks, those of brackets too, also behind a comma."""
    before = _list_before(begun)
    for path, item in _outline(given).items.items():
        yield Word(text=f"{before}{path}", help=item.source.name)


def tags(given: Given, begun: str) -> Iterator[Word]:
    """The tags of a playbook's steps, also behind a comma."""
    before = _list_before(begun)
    found = (tag for item in _outline(given).items.values() for tag in item.source.tags)
    yield from (Word(text=f"{before}{tag}") for tag in sorted(set(found)))


def _list_before(begun: str) -> str:
    before, comma, _ = begun.rpartition(",")
    return f"{before}{comma}"


def modules(given: Given, _: str = "") -> Iterator[Word]:
    """The names of modules; none of them is imported."""
    yield from (Word(text=name) for name in _registry(given).names())


def doing(given: Given, begun: str) -> Iterator[Word]:
    """What follows ``mplay do``: hosts, then a module, then its arguments."""
    so_far: Sequence[str] = given.get("words") or ()
    module = str(given.get("module") or "")
    if not so_far:
        yield from patterns(given, begun)
    elif not module and len(so_far) == 1:
        yield from modules(given)
    else:
        yield from arguments(given, module or so_far[1], begun)


def arguments(given: Given, module: str, begun: str) -> Iterator[Word]:
    """``NAME=`` for each argument of a module, or its words where only few may stand behind it."""
    from mplay.registry import reference

    found = _registry(given).find(module)
    if found is None:
        return
    for argument in reference(module, found).arguments:
        if begun.startswith(f"{argument.name}="):
            yes_no = ("yes", "no") if argument.holds == "yes or no" else ()
            for choice in argument.choices or yes_no:
                yield Word(text=f"{argument.name}={choice}")
        else:
            yield Word(text=f"{argument.name}=", help=argument.text)


def _config(given: Given) -> Config:
    from mplay.config import load_config

    return load_config(Path.cwd(), given.get("config_file"))


def _inventory(given: Given) -> Inventory:
    from mplay.inventory import Inventory

    return Inventory.load(given.get("inventories") or _config(given).inventory)


def _registry(given: Given) -> Registry:
    from mplay.registry import Registry

    return Registry(_config(given).root / "modules")


def _outline(given: Given) -> Outline:
    from mplay.spec import DiskFiles, Finder, load_playbook
    from mplay.spec.outline import Outline

    finder = Finder(files=DiskFiles(), root=_config(given).root)
    return Outline(load_playbook(given["playbook"], _registry(given), finder).playbook)


def _rows(given: Given, sql: str, *values: str | int) -> list[tuple[Any, ...]]:
    """Rows of the journal, which is only looked at: it is neither made nor locked nor changed.

    Read without SQLAlchemy, which takes longer to import than all else that is done here.
    """
    from mplay.config import default_journal

    settings = _config(given)
    named = str(given.get("journal_place") or settings.journal_url)
    file = Path(named.removeprefix("sqlite:///")).expanduser() if named else None
    file = file or default_journal(settings.project, os.environ)
    # Where nobody has it open, even a reader would leave files beside it.
    how = "mode=ro" if Path(f"{file}-wal").exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True)) as journal:
        return journal.execute(sql, values).fetchall()


def _with_blocks(paths: Iterable[str]) -> list[str]:
    """The paths, each after the blocks that it is in."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")
        found |= dict.fromkeys("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return list(found)
