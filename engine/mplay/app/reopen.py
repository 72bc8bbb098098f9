"""The world of a run, from its journal alone: no playbook, no inventory, no group_vars are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mplay.app.project import Project
from mplay.app.recall import recall
from mplay.app.session import Cast
from mplay.executor.context import Bind, Options, RunContext
from mplay.executor.surroundings import Surroundings
from mplay.model.errors import JournalError, UsageError
from mplay.model.events import RunBegin
from mplay.model.host import LOCALHOST, Connection, Host
from mplay.model.plan_json import plan_from_json, values_from_json
from mplay.model.playbook import ModuleCall
from mplay.model.secrets import Secrets, names_in
from mplay.model.state import RunState
from mplay.planner.reach import relative
from mplay.sdk import Content, Module
from mplay.spec import Binder, Finder, KeptFiles
from mplay.spec.lookups import LookupFiles, unchanged
from mplay.template import Renderer


def begun(state: RunState) -> RunBegin:
    """The record with which a run began. JournalError where it has none."""
    if state.begin is None:
        raise JournalError("has no beginning in the journal", where=f"run {state.run}")
    return state.begin


def reopen(project: Project, state: RunState, options: Options) -> RunContext:
    """The context in which a run was begun, with the options of the process that goes on."""
    begin = begun(state)
    finder = Finder(
        files=KeptFiles(begin.sources),
        root=project.config.root,
        vault=project.vault,
        sources=dict(begin.sources),
        included_by=dict(begin.options.get("included_by", {})),
    )
    known = begin.digests.get("files", {})
    files = LookupFiles(
        finder=finder,
        playbook_dir=Path(begin.playbook).parent,
        check=unchanged(project.config.root, known),
    )
    renderer = Renderer(project.vault, files)
    binder = Binder(modules=project.registry, finder=finder, renderer=renderer)
    context = RunContext(
        run=state.run,
        plan=plan_from_json(begin.plan),
        hosts=_hosts(begin, project.vault.secrets),
        groups={name: list(hosts) for name, hosts in begin.options.get("groups", {}).items()},
        extra_vars=values_from_json(begin.options["extra_vars"]),
        templates=renderer,
        bind=_same_files(binder, project.config.root, known),
        named=binder.templates,
        options=options,
        secrets=project.vault.secrets,
        readable=frozenset(begin.options.get("readable", ())),
        surroundings=Surroundings.from_json(begin.options.get("surroundings", {})),
    )
    if recall(project.vault, context, names_in(begin.connections)):
        context = replace(context, hosts=_hosts(begin, project.vault.secrets))
    project.sudo.recall(context, begin.options.get("become", ()))
    return context


def _hosts(begin: RunBegin, secrets: Secrets) -> dict[str, Host]:
    groups = begin.options.get("host_groups", {})
    return {
        name: Host(
            name=name,
            groups=tuple(groups.get(name, ())),
            vars=values_from_json(begin.variables[name]),
            connection=Connection(**secrets.unmarked(connection)),
        )
        for name, connection in begin.connections.items()
    }


def _same_files(bind: Bind, root: Path, known: Mapping[str, str]) -> Bind:
    """Refuses content that is not what it was when the run began."""

    def checked(call: ModuleCall, variables: Mapping[str, Any]) -> Module:
        module = bind(call, variables)
        for name in type(module).model_fields:
            content = getattr(module, name)
            if isinstance(content, Content) and content.blob.path:
                _check_file(call, content, root, known)
        return module

    return checked


def _check_file(call: ModuleCall, content: Content, root: Path, known: Mapping[str, str]) -> None:
    before = known.get(relative(root, Path(content.blob.path)))
    if before is not None and before != content.blob.sha256:
        raise UsageError(
            f"{content.blob.path} is not what it was when the run began",
            where=call.where,
            hint="put the old file back, or undo the run and apply the playbook again",
        )


def check_modules(project: Project, begin: RunBegin) -> None:
    """UsageError where the source of a module is not what the run began with."""
    for name, digest in begin.digests.get("modules", {}).items():
        known = project.registry.find(name) is not None
        if not known or project.registry.digest(name) != digest:
            file = project.registry.file(name) or Path("modules") / f"{name}.py"
            raise UsageError(
                f"module {name} is not the one that the run began with",
                where=str(file),
                hint="bring the old module back, or undo the run: mplay rollback RUN",
            )


def cast_of(state: RunState, context: RunContext) -> Cast:
    """All hosts that the run works on, as they were claimed when it began."""
    begin = begun(state)
    places = dict.fromkeys(context.plan.hosts)
    for step in context.plan.steps.values():
        places |= dict.fromkeys(context.place(step, host) for host in step.hosts)
    changing = set(begin.options.get("changing", ()))
    claimed = tuple(h for h in places if h != LOCALHOST or LOCALHOST in changing)
    return Cast(
        claimed=claimed,
        looked_at=() if LOCALHOST in claimed else (LOCALHOST,),
        become=frozenset(begin.options.get("become", ())),
    )
