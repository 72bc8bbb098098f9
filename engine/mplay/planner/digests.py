"""Digests by which a procedure and a plan are known again (design section 8).

The *procedure* is what is written: playbook, files that it can reach, modules, ``-e``. The *plan*
is the procedure on its hosts. Places in files do not count: a comment changes neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from mplay.model.digest import digest
from mplay.model.errors import Where
from mplay.model.plan import Plan
from mplay.model.playbook import Around, Between, Block, ModuleCall, Playbook, Step, Value
from mplay.model.written import WrittenFloat, WrittenInt, spelling

_NOT_COUNTED = frozenset({"where", "included_from"})


@dataclass(frozen=True, slots=True, order=True)
class ReachedFile:
    """A file that the playbook can reach; its path is relative to the project, with ``/``."""

    path: str
    sha256: str
    executable: bool = False


def procedure_digest(
    playbook: Playbook,
    *,
    files: Iterable[ReachedFile],
    modules: Mapping[str, str],
    extra_vars: Mapping[str, Value],
    version: str,
) -> str:
    """The digest of what is written; not of hosts, limit and tags.

    `files` are those under ``files/`` and ``templates/`` and the vars_files; `modules` the source
    digest of each module used, by name; `extra_vars` hold no secret; `version` is mplay's.
    """
    reached = sorted({(file.path, file.sha256, file.executable) for file in files})
    return digest(
        {
            "playbook": plain(playbook),
            "files": [list(file) for file in reached],
            "modules": dict(modules),
            "extra_vars": plain(extra_vars),
            "version": version,
        }
    )


def plan_digest(
    procedure: str,
    plan: Plan,
    *,
    environment: str,
    limit: str,
    tags: Iterable[str],
    variables: Mapping[str, Mapping[str, Value]],
) -> str:
    """The digest of a procedure on its hosts. `variables` hold no secret, by host."""
    tasks = sorted((step.path, host) for step in plan.steps.values() for host in step.hosts)
    return digest(
        {
            "procedure": procedure,
            "environment": environment,
            "limit": limit,
            "tags": sorted(tags),
            "tasks": [list(task) for task in tasks],
            "variables": plain(variables),
        }
    )


def module_names(playbook: Playbook) -> tuple[str, ...]:
    """The modules that a playbook calls, also to verify and to roll back; sorted."""
    lists = (playbook.steps, playbook.validate, playbook.finally_)
    return tuple(sorted({str(call.name) for part in lists for call in _calls(part)}))


def plain(value: Any) -> Any:
    """Playbook data as JSON without places; a number that has a spelling is known by it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, WrittenInt | WrittenFloat):
        return {"number": spelling(value)}
    if is_dataclass(value) and not isinstance(value, Where):
        kept = [one.name for one in fields(value) if one.name not in _NOT_COUNTED]
        return {name: plain(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _calls(items: Iterable[Step | Block]) -> Iterator[ModuleCall]:
    for item in items:
        if isinstance(item, Step):
            yield from (item.module, *item.verify, *(item.rollback or ()))
            continue
        around, between = item.around or Around(), item.between or Between()
        inside = (*around.enter, *item.steps, *around.check, *around.leave, *between.checks)
        yield from _calls(inside)
