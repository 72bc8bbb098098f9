"""A playbook loaded, planned and rehearsed: everything before the first host is contacted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mplay.app.answers import check_answers
from mplay.app.digests import digests_of
from mplay.app.project import Project
from mplay.app.session import Cast
from mplay.app.sudo import kept
from mplay.app.typed import Typed, as_source, typed_playbook
from mplay.executor.context import Options, RunContext
from mplay.executor.rehearsal import Rehearsal, rehearse
from mplay.executor.surroundings import Surroundings
from mplay.inventory import Inventory
from mplay.model.change import WayBack
from mplay.model.errors import UsageError, Where
from mplay.model.events import RunBegin
from mplay.model.host import LOCALHOST, Host
from mplay.model.plan import Graph, Plan
from mplay.model.plan_json import plan_as_json, values_as_json
from mplay.model.playbook import Step, Text
from mplay.model.task import OnFailure
from mplay.planner.build import build
from mplay.planner.choice import Choice
from mplay.planner.draft import Watch
from mplay.spec import (
    Binder,
    DiskFiles,
    Finder,
    Loaded,
    check_bound,
    load_playbook,
    read_playbook,
)
from mplay.spec.lookups import LookupFiles
from mplay.template import Renderer

_WAYS = {
    WayBack.RESTORE: "restore",
    WayBack.HARMLESS: "nothing to undo",
    WayBack.NONE: "irreversible",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an operator asked for. `on_failure` '' leaves it to the playbook.

    `user` logs in where the inventory names nobody; `become` is for steps that say nothing.
    `reason` says why the steps that `choice` assumes to be done are.
    `words` are those of the command line that name hosts and variables, to be repeated; `command`
    is the whole of it. `typed` stands in place of a playbook's file.
    """

    playbook: Path
    typed: Typed | None = None
    limit: str = ""
    extra_vars: Mapping[str, Any] = field(default_factory=dict)
    choice: Choice = field(default_factory=Choice)
    reason: str = ""
    on_failure: str = ""
    user: str = ""
    become: bool = False
    words: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that could begin. `environment` is '' where there are none."""

    request: Request
    loaded: Loaded
    context: RunContext
    environment: str
    rehearsal: Rehearsal
    digests: Mapping[str, Any]

    @property
    def plan(self) -> Plan:
        """What would be executed."""
        return self.context.plan

    def cast(self) -> Cast:
        """Which hosts are claimed and which only looked at."""
        places = self.places()
        claimed = [h for h in places if h != LOCALHOST or LOCALHOST in self.rehearsal.changing]
        return Cast(
            claimed=tuple(claimed),
            looked_at=() if LOCALHOST in claimed else (LOCALHOST,),
            become=frozenset(self.rehearsal.become),
        )

    def places(self) -> list[str]:
        """The hosts that a task of the run runs on, in the run's order."""
        plan = self.plan
        found = dict.fromkeys(plan.hosts)
        for step in plan.steps.values():
            found |= dict.fromkeys(self.context.place(step, host) for host in step.hosts)
        return list(found)

    def ways(self) -> dict[str, str]:
        """How each step is undone, by path, where its module is known before it runs."""
        return {
            path: _WAYS[module.way_back()] for (path, _), module in self.rehearsal.modules.items()
        }

    def begin(self, owner: Mapping[str, Any]) -> RunBegin:
        """The record with which the run begins; it holds all that a fresh process needs."""
        hosts = self.context.hosts
        return RunBegin(
            playbook=str(self.request.playbook),
            name=self.loaded.playbook.name,
            environment=self.environment,
            sources=dict(self.loaded.sources),
            plan=plan_as_json(self.plan),
            digests=dict(self.digests),
            hosts=list(self.plan.hosts),
            connections={name: asdict(host.connection) for name, host in hosts.items()},
            variables={name: values_as_json(kept(host.vars)) for name, host in hosts.items()},
            owner=dict(owner),
            options={
                "limit": self.request.limit,
                "words": list(self.request.words),
                "command": list(self.request.command),
                "forks": self.request.options.forks,
                "strict": self.request.options.strict,
                "on_failure": self.request.on_failure,
                "choice": asdict(self.request.choice),
                "reason": self.request.reason,
                "extra_vars": values_as_json(self.request.extra_vars),
                "groups": {name: list(members) for name, members in self.context.groups.items()},
                "host_groups": {name: list(host.groups) for name, host in hosts.items()},
                "become": sorted(self.rehearsal.become),
                "changing": sorted(self.rehearsal.changing),
                "readable": sorted(self.context.readable),
                "included_by": dict(self.loaded.included_by),
                "surroundings": self.context.surroundings.as_json(),
            },
        )


def prepare(
    project: Project,
    request: Request,
    run: str,
    watch: Watch = lambda _transform, _draft: None,
) -> Prepared:
    """Load, plan and rehearse. InvalidInput and UsageError: nothing has been touched.

    `watch` is shown the draft of the plan after each transform.
    """
    finder = Finder(files=DiskFiles(), root=project.config.root, vault=project.vault)
    files = LookupFiles(finder=finder, playbook_dir=request.playbook.parent)
    renderer = Renderer(project.vault, files)
    loaded = _loaded(project, request, finder, renderer)
    inventory = Inventory.load(
        project.inventory,
        request.playbook.parent,
        extra_vars=request.extra_vars,
        render=lambda value, variables: renderer.render(value, variables),
        read_vault=project.read_vault,
    )
    binder = Binder(modules=project.registry, finder=finder, renderer=renderer)
    bare = RunContext(
        run=run,
        plan=Plan(name="", hosts=(), steps={}, blocks={}, main=Graph()),
        hosts=_hosts(inventory, request),
        groups={name: list(hosts) for name, hosts in inventory.groups.items()},
        extra_vars=request.extra_vars,
        templates=renderer,
        bind=binder,
        named=binder.templates,
        options=request.options,
        secrets=project.vault.secrets,
        surroundings=Surroundings.of(request.playbook, inventory.files, request.limit),
    )
    limit = None
    if request.limit:
        pattern = Text(request.limit, Where("--limit"))
        limit = [host.name for host in inventory.select(pattern)]
    plan = build(
        loaded.playbook,
        inventory.select,
        limit=limit,
        delegate=_delegate(bare),
        choice=request.choice,
        on_failure=OnFailure(request.on_failure) if request.on_failure else None,
        watch=watch,
    )
    context = _readable(project, replace(bare, plan=plan))
    inventory.check_keys(context.hosts[name] for name in _used(plan))
    environment = _environment(project, context)
    check_answers(plan, project.registry, request.options.evidence)
    rehearsal = rehearse(context, check_bound)
    context = replace(context, modules=rehearsal.modules)
    project.sudo.learn(context, rehearsal.become)
    return Prepared(
        request=request,
        loaded=loaded,
        context=context,
        environment=environment,
        rehearsal=rehearsal,
        digests=digests_of(
            project,
            loaded,
            context,
            environment=environment,
            limit=request.limit,
            choice=request.choice,
            variables={name: kept(context.hosts[name].vars) for name in plan.hosts},
        ),
    )


def _used(plan: Plan) -> dict[str, None]:
    """The hosts of the run, delegates too."""
    delegates = [name for step in plan.steps.values() for name in step.runs_on.values()]
    return dict.fromkeys([*plan.hosts, *delegates])


def _loaded(project: Project, request: Request, finder: Finder, renderer: Renderer) -> Loaded:
    if request.typed is None:
        return load_playbook(request.playbook, project.registry, finder, renderer=renderer)
    content = typed_playbook(request.typed, project.registry, Path.cwd())
    finder.sources[str(request.playbook)] = as_source(content)
    name = str(request.playbook)
    return read_playbook(content, name, project.registry, finder, renderer=renderer)


def _hosts(inventory: Inventory, request: Request) -> dict[str, Host]:
    """Every host, as the request reaches and treats it."""
    hosts = {**inventory.hosts, LOCALHOST: inventory.controller}
    return {name: _reached(host, request) for name, host in hosts.items()}


def _reached(host: Host, request: Request) -> Host:
    if request.user and not host.connection.user and host.connection.kind != "local":
        host = replace(host, connection=replace(host.connection, user=request.user))
    if request.become:
        host = replace(host, vars={"ansible_become": True, **host.vars})
    return host


def _delegate(context: RunContext) -> Callable[[Step, str], str | None]:
    """Renders `delegate_to` for a subject; located UsageError for a host that is not known."""

    def delegate(step: Step, subject: str) -> str | None:
        if step.delegate_to is None:
            return None
        host = context.hosts[subject]
        scope = context.templates.scope(
            host.vars, step.vars, context.extra_vars, context.magic(host)
        )
        name = str(context.templates.render(step.delegate_to, scope))
        if name not in context.hosts:
            raise UsageError(
                f"delegate_to: there is no host '{name}'",
                where=step.delegate_to.where,
                hint="name a host of the inventory",
            )
        return name

    return delegate


def _readable(project: Project, context: RunContext) -> RunContext:
    """The context that knows which hosts' files the run may read: those that may be delegates."""
    config = project.config
    environment = config.environment_of([context.hosts[name] for name in context.plan.hosts])

    def may_be(host: Host) -> bool:
        try:
            config.check_delegate(environment, host)
        except UsageError:
            return False
        return True

    names = (name for name, host in context.hosts.items() if may_be(host))
    return replace(context, readable=frozenset(names))


def _environment(project: Project, context: RunContext) -> str:
    """The run's environment, '' where there are none; also every delegate must belong to it."""
    config = project.config
    subjects = [context.hosts[name] for name in context.plan.hosts]
    environment = config.environment_of(subjects)
    for step in context.plan.steps.values():
        for name in dict.fromkeys(step.runs_on.values()):
            try:
                config.check_delegate(environment, context.hosts[name])
            except UsageError as error:
                written = step.step.delegate_to
                where = written.where if written is not None else error.problem.where
                raise UsageError(error.problem.what, where=where, hint=error.problem.hint) from None
    return environment.name if environment else ""
