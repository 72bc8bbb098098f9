"""The world of one run: its plan, hosts and variables; the same in `apply` and in `resume`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mplay.executor.consent import Consent
from mplay.executor.results import Results
from mplay.executor.surroundings import Surroundings
from mplay.model.errors import UsageError
from mplay.model.host import LOCALHOST, Host
from mplay.model.plan import Plan, PlannedStep
from mplay.model.playbook import ModuleCall, Text
from mplay.model.secrets import Secrets
from mplay.sdk import Module
from mplay.template import Renderer, Scope
from mplay.template.filters.texts import to_bool

LATE = frozenset({"results", "facts", "item", "before", "batch"})
"""Variables that exist only once hosts have answered."""


Bind = Callable[[ModuleCall, Mapping[str, Any]], Module]
"""Renders a call's arguments with variables and makes the module; located UsageError."""


Templates = Callable[[ModuleCall, Mapping[str, Any]], list[Text]]
"""The templates that a call's arguments name, as far as they can be told by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a run is run. `forks`: hosts at once. `evidence`: answers by step path or id.

    `say_yes`: questions between batches are answered with yes. `strict`: warnings and unknowns of
    checks are failures. `consent` is asked before each step.
    """

    forks: int = 50
    strict: bool = False
    say_yes: bool = False
    evidence: Mapping[str, str] = field(default_factory=dict)
    consent: Consent | None = None
    reconnect: float = 30 * 60.0


class HostVars(Mapping[str, Scope]):
    """`hostvars`: the variables of every host, made when they are read.

    It holds the hosts of the inventory, and localhost for who asks for it.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context

    def __getitem__(self, name: str) -> Scope:
        return self._context.own_scope(self._context.hosts[name])

    def __iter__(self) -> Iterator[str]:
        everybody = self._context.groups.get("all", ())
        return (name for name in self._context.hosts if name != LOCALHOST or name in everybody)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What does not change while a run runs. `hosts` has delegates and localhost too.

    `modules` are those of (path, host) that were made before any host was asked. `readable` are the
    hosts whose files the run may read: those that might be delegates. `secrets` are all that this
    process has opened so far.
    """

    run: str
    plan: Plan
    hosts: Mapping[str, Host]
    groups: Mapping[str, list[str]]
    extra_vars: Mapping[str, Any]
    templates: Renderer
    bind: Bind
    named: Templates = lambda _call, _variables: []
    options: Options = field(default_factory=Options)
    modules: Mapping[tuple[str, str], Module] = field(default_factory=dict)
    secrets: Secrets = field(default_factory=Secrets)
    surroundings: Surroundings = field(default_factory=Surroundings)
    readable: frozenset[str] = frozenset()

    def reads(self, call: ModuleCall, variables: Mapping[str, Any]) -> frozenset[str]:
        """The variables that a call reads, in the templates that it sends too."""
        return self.templates.reads([call.args, *self.named(call, variables)], variables)

    def place(self, step: PlannedStep, subject: str) -> str:
        """The host that a task runs on."""
        return step.runs_on.get(subject, subject)

    def variables(
        self,
        step: PlannedStep,
        subject: str,
        *,
        results: Results | None = None,
        facts: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Scope:
        """The variables of a task, weakest first: inventory, playbook to step, ``-e``, magic."""
        host = self.hosts[subject]
        late: dict[str, Any] = dict(more or {})
        if results is not None:
            late["results"] = results.seen_by(step.path, subject)
        if facts is not None:
            late["facts"] = facts
        if step.block in self.plan.blocks:
            batches = self.plan.blocks[step.block].batches
            late["batch"] = {"hosts": next((list(b) for b in batches if subject in b), [])}
        magic = {**self.magic(host), **self._play(step, late.get("batch"))}
        return self.templates.scope(host.vars, step.step.vars, self.extra_vars, magic, late)

    def _play(self, step: PlannedStep, batch: Mapping[str, Any] | None) -> dict[str, Any]:
        """What Ansible calls the play: the step's hosts, and those of the batch at work."""
        everybody = list(step.among or step.hosts)
        at_work = list(batch["hosts"]) if batch else everybody
        return {
            "ansible_play_name": self.plan.name,
            "ansible_play_hosts_all": everybody,
            "ansible_play_hosts": everybody,
            "ansible_play_batch": at_work,
            "play_hosts": at_work,
        }

    def magic(self, host: Host) -> dict[str, Any]:
        """The variables that mplay itself gives; nothing else may set them."""
        return {
            **self.surroundings.variables(host),
            "groups": self.groups,
            "hostvars": HostVars(self),
            "run": {"id": self.run},
        }

    def own_scope(self, host: Host) -> Scope:
        """The variables of a host by themselves, each rendered as that host's."""
        names = {**self.surroundings.variables(host), "groups": self.groups}
        return self.templates.scope(host.vars, self.extra_vars, names)

    def become(self, step: PlannedStep, variables: Mapping[str, Any]) -> tuple[bool, str]:
        """Whether the task wants another account than the login user, and which ('' is root)."""
        if step.step.local:
            return False, ""
        return self.reading(step, variables)

    def reading(self, step: PlannedStep, variables: Mapping[str, Any]) -> tuple[bool, str]:
        """The same for what the task reads on another host."""
        wanted = step.step.become
        if wanted is None:
            wanted = variables.get("ansible_become", False)
        become = yes(self.templates.render(wanted, variables))
        user = step.step.become_user or variables.get("ansible_become_user", "")
        name = str(self.templates.render(user, variables)) if become and user else ""
        return become, "" if name == "root" else name


def yes(wanted: Any) -> bool:
    """Whether `become` is wanted; an inventory in INI says it as a word. UsageError."""
    if not isinstance(wanted, str):
        return bool(wanted)
    try:
        return to_bool(wanted.strip() or False)
    except ValueError as error:
        raise UsageError(f"become is {wanted!r}, which is neither yes nor no") from error
