"""The hosts that a project knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from mplay.inventory.connections import Reading, Render, key_file_problem
from mplay.inventory.patterns import Patterns
from mplay.inventory.sources import read_source
from mplay.inventory.tree import Tree
from mplay.inventory.variables import Variables
from mplay.model.errors import InvalidInput, Problem, UsageError
from mplay.model.host import LOCALHOST, Connection, Host, localhost
from mplay.source import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All hosts with their variables and connections, in the order in which they came.

    `groups` holds the hosts of every group, ``all`` and ``ungrouped`` too. `controller` is
    localhost: the inventory's own, or the implicit one, which is in no group and not in `hosts`
    but has the variables of ``all``.
    """

    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]
    controller: Host

    @classmethod
    def load(
        cls,
        sources: Sequence[Path | str],
        playbook_dir: Path | None = None,
        *,
        extra_vars: Mapping[str, Any] | None = None,
        render: Render | None = None,
    ) -> Self:
        """Read all sources; InvalidInput with everything that is wrong in them.

        A source is a file, a folder, or names of hosts with a comma (``web1,web2,``). `extra_vars`
        win over all others where they say how a host is reached. `render` makes values of templates
        in such variables; without it they are refused.
        """
        tree = Tree()
        for source in sources:
            read_source(tree, str(source))
        tree.close()
        variables = Variables(tree, _folders(sources), playbook_dir)
        making = _Making(tree, variables, dict(extra_vars or {}), render)
        hosts = {name: making.host(name) for name in tree.hosts}
        controller = hosts.get(LOCALHOST) or making.host(LOCALHOST)
        if tree.problems:
            raise InvalidInput(list(dict.fromkeys(tree.problems)))
        groups = {name: tree.members(name) for name in tree.groups}
        return cls(hosts=hosts, groups=groups, controller=controller)

    def select(self, pattern: str) -> tuple[Host, ...]:
        """The hosts of a pattern. InvalidInput, located, for a name that is no host or group."""
        names = Patterns(self.groups, tuple(self.hosts)).select(pattern)
        return tuple(self.host(name) for name in names)

    def host(self, name: str) -> Host:
        """A host by its name, localhost too. UsageError when nobody is called so."""
        if name == LOCALHOST:
            return self.controller
        if name not in self.hosts:
            hint = did_you_mean(name, self.hosts).strip()
            raise UsageError(f"no host is called '{name[:80]}'", hint=hint)
        return self.hosts[name]

    def group(self, name: str) -> tuple[Host, ...]:
        """The hosts of a group. UsageError when there is no such group."""
        if name not in self.groups:
            hint = did_you_mean(name, self.groups).strip()
            raise UsageError(f"no group is called '{name}'", hint=hint)
        return tuple(self.hosts[host] for host in self.groups[name])

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups of a host, sorted, without ``all``."""
        return self.host(name).groups

    def check_keys(self, hosts: Iterable[Host]) -> None:
        """InvalidInput for each private key that is named and not there."""
        found = (
            key_file_problem(host.name, host.vars, host.connection.key_file)
            for host in hosts
            if host.connection.kind != "local"
        )
        problems = [error.problem for error in found if error is not None]
        if problems:
            raise InvalidInput(_by_place(problems))


class _Making:
    """Makes hosts of the tree, noting what is wrong with them."""

    def __init__(
        self, tree: Tree, variables: Variables, extra: dict[str, Any], render: Render | None
    ) -> None:
        self._tree = tree
        self._variables = variables
        self._extra = extra
        self._render = render

    def host(self, name: str) -> Host:
        merged = self._variables.of(name)
        if name == LOCALHOST and name not in self._tree.hosts:
            return replace(localhost(), vars=merged)
        groups = tuple(sorted(self._variables.groups_of(name)))
        return Host(
            name=name, groups=groups, vars=merged, connection=self._connection(name, merged)
        )

    def _connection(self, name: str, merged: Mapping[str, Any]) -> Connection:
        try:
            return Reading(name, {**merged, **self._extra}, self._render).connection()
        except InvalidInput as error:
            self._tree.problems.extend(error.problems)
        except UsageError as error:
            self._tree.problems.append(error.problem)
        return Connection()


def _folders(sources: Sequence[Path | str]) -> list[Path]:
    """The folders beside which group_vars and host_vars are looked for."""
    paths = [Path(source) for source in sources if "," not in str(source)]
    return [path if _is_folder(path) else path.parent for path in paths]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _by_place(problems: Sequence[Problem]) -> list[Problem]:
    """One problem for each place: a key that many hosts share is missing once."""
    seen: dict[object, Problem] = {}
    for problem in problems:
        seen.setdefault(problem.where or problem.what, problem)
    return list(seen.values())
