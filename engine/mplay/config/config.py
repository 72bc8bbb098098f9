"""The settings of a project, and the environment that a run belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mplay.model.errors import UsageError, Where
from mplay.model.host import LOCALHOST, Host

DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A group of hosts that runs keep to. `default`: it takes the hosts of no other one."""

    name: str
    group: str = ""
    shared: tuple[str, ...] = ()
    default: bool = False

    def owns(self, host: Host) -> bool:
        """Whether the host is in the environment's group."""
        return bool(self.group) and (self.group == "all" or self.group in host.groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long things are kept after a run has ended, in seconds."""

    restore_points: float = 14 * DAY
    journal: float = 400 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of a project; without a file those of the project ``default``.

    `root` is the folder to which relative paths are relative. `journal_url` is '' for the default
    place of the project's journal. `inventory` are existing sources when none are named on the
    command line. `digest` is the SHA-256 of the file, '' without one.
    """

    root: Path
    file: Path | None = None
    digest: str = ""
    project: str = "default"
    journal_url: str = ""
    inventory: tuple[Path, ...] = ()
    environments: Mapping[str, Environment] = field(default_factory=dict)
    keep: Keep = field(default_factory=Keep)

    def environment_of(self, hosts: Iterable[Host]) -> Environment | None:
        """The one environment of a run on these hosts; None where no environments are set up.

        localhost belongs to every one. UsageError for hosts of two environments, or of none.
        """
        concerned = [host for host in hosts if host.name != LOCALHOST]
        if not self.environments or not concerned:
            return None
        by_name: dict[str, list[str]] = {}
        for host in concerned:
            by_name.setdefault(self.environment_of_host(host).name, []).append(host.name)
        if len(by_name) > 1:
            raise UsageError(
                f"the run spans the environments {_listed(by_name)}",
                hint=f"A run belongs to one. Limit it, for instance: --limit {next(iter(by_name))}",
            )
        return self.environments[next(iter(by_name))]

    def environment_of_host(self, host: Host) -> Environment:
        """The environment of one host. UsageError when it is in none, or in two."""
        owners = [e for e in self.environments.values() if e.owns(host)]
        owners = owners or [e for e in self.environments.values() if e.default]
        if len(owners) == 1:
            return owners[0]
        where = None if self.file is None else Where(str(self.file))
        if owners:
            names = " and ".join(e.name for e in owners)
            what, hint = f"{host.name} is in two environments: {names}", "A host belongs to one."
        else:
            groups = ", ".join(e.group for e in self.environments.values() if e.group)
            what = f"{host.name} is in no environment"
            hint = (
                f"Put it into one of the groups {groups}, or give one environment 'default = true'."
            )
        raise UsageError(what, where=where, hint=hint)

    def check_delegate(self, environment: Environment | None, delegate: Host) -> None:
        """UsageError unless a run of the environment may use that host as a delegate."""
        if environment is None or delegate.name == LOCALHOST:
            return
        if {delegate.name, *delegate.groups} & set(environment.shared):
            return
        owner = self.environment_of_host(delegate)
        if owner != environment:
            table = f"[environments.{environment.name}]"
            raise UsageError(
                f"{delegate.name} cannot do work for a run of {environment.name}: "
                f"it belongs to {owner.name}",
                hint=f"Name it, or a group of it, in 'shared' of {table}.",
            )


def _listed(by_name: Mapping[str, Sequence[str]]) -> str:
    parts = []
    for name, hosts in by_name.items():
        more = f" and {len(hosts) - 3} more" if len(hosts) > 3 else ""
        parts.append(f"{name} ({', '.join(hosts[:3])}{more})")
    return " and ".join(parts)
