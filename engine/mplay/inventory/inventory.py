"""The hosts that a project knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mplay.inventory.connections import Reading, key_file_problem
from mplay.inventory.patterns import Patterns
from mplay.inventory.scopes import Render, Scopes
from mplay.inventory.sources import ReadVault, Sources, is_list
from mplay.inventory.tree import Tree
from mplay.inventory.variables import Variables
from mplay.model.errors import InvalidInput, Problem, UsageError
from mplay.model.host import LOCALHOST, Connection, Host, localhost
from mplay.source import did_you_mean, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What a group holds itself: its own hosts, and the groups directly inside it."""

    hosts: tuple[str, ...]
    children: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is wrong with one host: with what is said of it, and with how it is reached."""

    variables: tuple[Problem, ...] = ()
    connection: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All hosts with their variables and connections, in the order in which they came.

    `groups` holds the hosts of every group, ``all`` and ``ungrouped`` too; `branches` how groups
    are nested. `controller` is localhost: the inventory's own, or the implicit one, which is in no
    group and not in `hosts` but has the variables of ``all``. `files` names the source in which a
    host came first, '' for names with a comma. `faults` are told of hosts that are worked on.
    """

    hosts: Mapping[str, Host]
    groups: Mapping[str, tuple[str, ...]]
    controller: Host
    branches: Mapping[str, Branch]
    files: Mapping[str, str]
    faults: Mapping[str, Faults]
    _variables: Variables = field(repr=False, compare=False)

    @classmethod
    def load(
        cls,
        sources: Sequence[Path | str],
        playbook_dir: Path | None = None,
        *,
        extra_vars: Mapping[str, Any] | None = None,
        render: Render | None = None,
        read_vault: ReadVault = load,
    ) -> Self:
        """Read all sources; InvalidInput with everything that is wrong in them.

        A source is a file, a folder, a program that prints JSON, or names of hosts with a comma
        (``web1,web2,``). `extra_vars` win over all others where they say how a host is reached.
        `render` makes values of templates in such variables, which may read those of other hosts
        (`hostvars`) too; without it they are refused.
        `read_vault` gives the document of a file that is encrypted as a whole.
        """
        tree = Tree()
        reader = Sources(tree, read_vault)
        for source in sources:
            reader.read(str(source))
        tree.close()
        if tree.problems:
            raise InvalidInput(list(dict.fromkeys(tree.problems)))
        variables = Variables(tree, _folders(sources), playbook_dir, read_vault)
        extra = dict(extra_vars or {})
        scopes = Scopes(tree, variables, extra, playbook_dir, render)
        making = _Making(tree, variables, extra, scopes)
        hosts = {name: making.host(name) for name in tree.hosts}
        return cls(
            hosts=hosts,
            groups={name: tree.members(name) for name in tree.groups},
            controller=hosts.get(LOCALHOST) or making.host(LOCALHOST),
            branches={
                name: Branch(hosts=tuple(group.hosts), children=tuple(group.children))
                for name, group in tree.groups.items()
            },
            files=dict(tree.files),
            faults=making.faults,
            _variables=variables,
        )

    def select(self, pattern: str) -> tuple[Host, ...]:
        """The hosts of a pattern. InvalidInput, located, for a name that is no host or group.

        Whoever works on them lets `check_keys` tell what is wrong with those that are left.
        """
        return tuple(self.known(name) for name in self._patterns().select(pattern))

    def names(self, pattern: str, problems: list[Problem] | None = None) -> tuple[str, ...]:
        """The names of a pattern.

        With `problems`, unknown names choose nobody and are noted there; else InvalidInput.
        """
        patterns = self._patterns()
        return patterns.select(pattern) if problems is None else patterns.match(pattern, problems)

    def host(self, name: str) -> Host:
        """A host by its name, localhost too. UsageError for nobody, or what is wrong with it."""
        found = self.known(name)
        self._check([name])
        return found

    def known(self, name: str) -> Host:
        """A host as far as it is known. UsageError when nobody is called so."""
        if name == LOCALHOST:
            return self.controller
        if name not in self.hosts:
            hint = did_you_mean(name, self.hosts).strip()
            raise UsageError(f"no host is called '{name[:80]}'", hint=hint)
        return self.hosts[name]

    def group(self, name: str) -> tuple[Host, ...]:
        """The hosts of a group. UsageError when there is no such group."""
        self.check_group(name)
        return tuple(self.known(host) for host in self.groups[name])

    def check_group(self, name: str) -> None:
        """UsageError when there is no such group."""
        if name not in self.groups:
            hint = did_you_mean(name, self.groups).strip()
            raise UsageError(f"no group is called '{name[:80]}'", hint=hint)

    def groups_of(self, name: str) -> tuple[str, ...]:
        """The groups of a host, sorted, without ``all``."""
        return self.known(name).groups

    def vars_of_group(self, name: str, *, beside_playbook: bool) -> Mapping[str, Any]:
        """What is said of a group itself. InvalidInput for what is wrong with it."""
        values, problems = self._variables.of_group(name, beside_playbook=beside_playbook)
        if problems:
            raise InvalidInput(problems)
        return values

    def check_vars(self, names: Iterable[str]) -> None:
        """InvalidInput for what is wrong with what is said of these hosts."""
        found = [self.faults[name].variables for name in names if name in self.faults]
        _tell([problem for problems in found for problem in problems])

    def check_keys(self, hosts: Iterable[Host]) -> None:
        """InvalidInput for each host that cannot be reached so, and each private key not there."""
        chosen = list(hosts)
        self._check(host.name for host in chosen)
        found = (
            key_file_problem(host.name, host.vars, host.connection.key_file)
            for host in chosen
            if host.connection.kind != "local"
        )
        problems = [error.problem for error in found if error is not None]
        if problems:
            raise InvalidInput(_by_place(problems))

    def _patterns(self) -> Patterns:
        return Patterns(self.groups, tuple(self.hosts))

    def _check(self, names: Iterable[str]) -> None:
        found = [self.faults[name] for name in names if name in self.faults]
        _tell([problem for one in found for problem in (*one.variables, *one.connection)])


class _Making:
    """Makes hosts of the tree, noting what is wrong with them."""

    def __init__(
        self, tree: Tree, variables: Variables, extra: dict[str, Any], scopes: Scopes
    ) -> None:
        self._tree = tree
        self._variables = variables
        self._extra = extra
        self._scopes = scopes
        self.faults: dict[str, Faults] = {}

    def host(self, name: str) -> Host:
        merged, wrong = self._variables.of(name)
        connection, unusable = self._connection(name, merged)
        if wrong or unusable:
            self.faults[name] = Faults(variables=tuple(wrong), connection=unusable)
        groups = tuple(sorted(self._variables.groups_of(name)))
        return Host(name=name, groups=groups, vars=merged, connection=connection)

    def _connection(
        self, name: str, merged: Mapping[str, Any]
    ) -> tuple[Connection, tuple[Problem, ...]]:
        if name == LOCALHOST and name not in self._tree.hosts:
            return localhost().connection, ()
        try:
            return Reading(name, {**merged, **self._extra}, self._scopes).connection(), ()
        except InvalidInput as error:
            return Connection(), error.problems
        except UsageError as error:
            return Connection(), (error.problem,)


def _tell(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidInput(list(dict.fromkeys(problems)))


def _folders(sources: Sequence[Path | str]) -> list[Path]:
    """The folders beside which group_vars and host_vars are looked for."""
    paths = [Path(source) for source in sources if not is_list(str(source))]
    return [path if path.is_dir() else path.parent for path in paths]


def _by_place(problems: Sequence[Problem]) -> list[Problem]:
    """One problem for each place: a key that many hosts share is missing once."""
    seen: dict[object, Problem] = {}
    for problem in problems:
        seen.setdefault(problem.where or problem.what, problem)
    return list(seen.values())
