"""Who answers: connects to hosts outside of any run. No lock is taken and nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mplay.app.project import Project
from mplay.channel.protocol import About, Connector, Piece, PieceKind
from mplay.executor.context import RunContext, yes
from mplay.executor.surroundings import Surroundings
from mplay.inventory import Inventory
from mplay.model.errors import HostError, Unreachable, UsageError, Where
from mplay.model.host import LOCALHOST, Host
from mplay.model.plan import Graph, Plan
from mplay.model.playbook import Text
from mplay.spec import Binder, DiskFiles, Finder
from mplay.template import Renderer

_WHOAMI = Piece(name="account", kind=PieceKind.PROBE, script='fact user "$(id -un)"\n')


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How the inventory is read: what ``-e`` says, and where a playbook would lie."""

    extra_vars: Mapping[str, Any] = field(default_factory=dict)
    playbook_dir: Path | None = None

    def inventory(self, project: Project) -> Inventory:
        """The inventory of a project. InvalidInput, located."""
        return self.read(project, Renderer(project.vault))

    def read(self, project: Project, renderer: Renderer) -> Inventory:
        """The same, with a renderer that is used further."""
        return Inventory.load(
            project.inventory,
            self.playbook_dir,
            extra_vars=self.extra_vars,
            render=lambda value, variables: renderer.render(value, variables),
            read_vault=project.read_vault,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which hosts are asked, and how. `become`: a host that does not give root has said no."""

    pattern: str
    limit: str = ""
    user: str = ""
    become: bool = False
    forks: int = 50
    known: Known = field(default_factory=Known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What came of one host. `root`: whether the login may become it, None where nobody knows."""

    host: str
    login: str = ""
    about: About | None = None
    root: bool | None = None
    error: HostError | None = None
    seconds: float = 0.0

    @property
    def status(self) -> str:
        """``ok``, ``unreachable``, or ``refused`` where the host answered and said no."""
        if self.error is None:
            return "ok"
        return "unreachable" if isinstance(self.error, Unreachable) else "refused"


def contact(project: Project, asked: Asked, connector: Connector) -> list[Contact]:
    """Connect to the hosts of a pattern, several at once; in the inventory's order.

    InvalidInput for names that nobody has, and for what is wrong with a host that was chosen.
    """
    renderer = Renderer(project.vault)
    inventory = asked.known.read(project, renderer)
    hosts = [_reached(host, asked) for host in _chosen(inventory, asked)]
    if not hosts:
        raise UsageError(f"'{asked.pattern}' chooses no host", hint="See 'mplay inventory list'.")
    inventory.check_keys(hosts)
    context = _context(project, inventory, hosts, asked, renderer)
    rooted = frozenset(host.name for host in hosts if asked.become or _becomes(context, host))
    project.sudo.learn(context, rooted)
    caller = _Caller(connector, rooted, project)
    with ThreadPoolExecutor(max_workers=min(asked.forks, len(hosts))) as threads:
        return list(threads.map(caller.call, hosts))


@dataclass(frozen=True, slots=True)
class _Caller:
    connector: Connector
    rooted: frozenset[str]
    project: Project

    def call(self, host: Host) -> Contact:
        """Connect, ask, and hang up."""
        begun = self.project.clock.monotonic()
        found = self._asked(host)
        return replace(found, seconds=self.project.clock.monotonic() - begun)

    def _asked(self, host: Host) -> Contact:
        try:
            channel = self.connector.open(host)
        except HostError as error:
            return Contact(host=host.name, error=error)
        found = Contact(host=host.name, login=channel.login)
        try:
            about = channel.about()
            found = replace(found, about=about, root=about.user == "root")
            if not found.root and host.name in self.rooted:
                # Says why there is no root.
                channel.look([_WHOAMI], become=True)
        except HostError as error:
            return replace(found, error=error)
        finally:
            channel.close()
        return found


def _chosen(inventory: Inventory, asked: Asked) -> list[Host]:
    hosts = inventory.select(Text(asked.pattern, Where("PATTERN")))
    if not asked.limit:
        return list(hosts)
    limit = set(inventory.names(Text(asked.limit, Where("--limit"))))
    return [host for host in hosts if host.name in limit]


def _reached(host: Host, asked: Asked) -> Host:
    if asked.user and not host.connection.user and host.connection.kind != "local":
        return replace(host, connection=replace(host.connection, user=asked.user))
    return host


def _becomes(context: RunContext, host: Host) -> bool:
    """Whether the host's variables say that tasks run as root there."""
    return yes(context.own_scope(host).get("ansible_become", False))


def _context(
    project: Project, inventory: Inventory, hosts: Sequence[Host], asked: Asked, renderer: Renderer
) -> RunContext:
    """The variables of a run that has no steps."""
    finder = Finder(files=DiskFiles(), root=project.config.root, vault=project.vault)
    everybody = {**inventory.hosts, LOCALHOST: inventory.controller}
    playbook = (asked.known.playbook_dir or Path()) / "playbook.yml"
    return RunContext(
        run="",
        plan=Plan(name="", hosts=(), steps={}, blocks={}, main=Graph()),
        hosts={**everybody, **{host.name: host for host in hosts}},
        groups={name: list(members) for name, members in inventory.groups.items()},
        extra_vars=asked.known.extra_vars,
        templates=renderer,
        bind=Binder(modules=project.registry, finder=finder, renderer=renderer),
        surroundings=Surroundings.of(playbook, inventory.files, asked.limit),
    )
