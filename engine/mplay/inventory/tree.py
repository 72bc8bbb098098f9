"""Groups, their children and their hosts, as the sources are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mplay.model.errors import Problem, Where

ALL, UNGROUPED = "all", "ungrouped"
PRIORITY = "ansible_group_priority"


@dataclass(slots=True, kw_only=True)
class Group:
    """A group: its own variables, hosts and child groups, in the order in which they came.

    Of two groups of one depth the one with the higher `priority` wins.
    """

    name: str
    vars: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    priority: int = 1


class Tree:
    """What the sources say. `all` is above every group; `ungrouped` takes hosts of no other.

    `files` names the source in which each host came first.
    """

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {ALL: Group(name=ALL), UNGROUPED: Group(name=UNGROUPED)}
        self.groups[ALL].children[UNGROUPED] = None
        self.hosts: dict[str, dict[str, Any]] = {}
        self.files: dict[str, str] = {}
        self.problems: list[Problem] = []

    def complain(self, what: str, where: Where, hint: str = "") -> None:
        """Note what is wrong with a source, so that all of it is told at once."""
        self.problems.append(Problem(what, where, hint))

    def group(self, name: str) -> Group:
        """The group of that name, made if it is not there."""
        return self.groups.setdefault(str(name), Group(name=str(name)))

    def add_child(self, parent: str, child: str, where: Where) -> None:
        """Put a group into another one; a group inside itself is a problem."""
        if child in {ALL, UNGROUPED} and (parent, child) != (ALL, UNGROUPED):
            self.complain(f"the group {child} cannot be inside another one", where)
            return
        if parent == UNGROUPED:
            self.complain(f"{UNGROUPED} holds hosts only, not the group {child}", where)
            return
        self.group(child)
        if parent in self.below(child):
            self.complain(f"the group {parent} would be inside itself", where)
            return
        self.group(parent).children[str(child)] = None

    def add_host(self, name: str, group: str, file: str, port: int | None = None) -> None:
        """Put a host into a group. `port` is that of a name with one, and counts the first time."""
        if name not in self.hosts:
            self.hosts[str(name)] = {} if port is None else {"ansible_port": port}
            self.files[str(name)] = file
        self.group(group).hosts[str(name)] = None

    def set_of_host(self, name: str, variables: Mapping[str, Any], where: Where) -> None:
        """Give a host variables; later ones win.

        Of a host that is called like a group they are the group's: so it is in Ansible.
        """
        if name in self.groups:
            self.set_of_group(name, variables, where)
        else:
            self.hosts[name].update(variables)

    def set_of_group(self, name: str, variables: Mapping[str, Any], where: Where) -> None:
        """Give a group variables; its priority is none of them."""
        group = self.group(name)
        for key, value in variables.items():
            if key == PRIORITY:
                self._prioritise(group, value, where)
            else:
                group.vars[key] = value

    def _prioritise(self, group: Group, value: Any, where: Where) -> None:
        try:
            group.priority = int(value)
        except (TypeError, ValueError, OverflowError):
            place: Where = getattr(value, "where", where)
            self.complain(f"{PRIORITY} of {group.name} is no whole number", place)

    def close(self) -> None:
        """Put hosts without a group into `ungrouped` and groups without a parent into `all`."""
        grouped = {
            h for g in self.groups.values() if g.name not in {ALL, UNGROUPED} for h in g.hosts
        }
        outside = self.groups[UNGROUPED].hosts
        for host in self.hosts:
            if host in grouped:
                outside.pop(host, None)
            elif host not in outside and host in self.groups:
                what = f"the host {host} is in no group but all, and a group is called like it"
                self.complain(what, Where(self.files[host]), "Give one of the two another name.")
            else:
                outside[host] = None
        held = {child for group in self.groups.values() for child in group.children}
        for name in self.groups:
            if name != ALL and name not in held:
                self.groups[ALL].children[name] = None

    def below(self, name: str) -> dict[str, None]:
        """The group and all groups inside it, level by level."""
        found: dict[str, None] = {str(name): None}
        waiting = deque(found)
        while waiting:
            for child in self.groups[waiting.popleft()].children:
                if child not in found:
                    found[child] = None
                    waiting.append(child)
        return found

    def members(self, name: str) -> tuple[str, ...]:
        """The hosts of a group and of those inside it, in the order of the inventory."""
        found = (host for group in self.below(name) for host in self.groups[group].hosts)
        return tuple(dict.fromkeys(found))

    def parents(self) -> dict[str, list[str]]:
        """The groups that hold a group directly."""
        found: dict[str, list[str]] = {name: [] for name in self.groups}
        for group in self.groups.values():
            for child in group.children:
                found[child].append(group.name)
        return found

    def above(self) -> dict[str, set[str]]:
        """Each group with itself and all groups that hold it."""
        found: dict[str, set[str]] = {name: {name} for name in self.groups}
        for name in self._from_the_top():
            for child in self.groups[name].children:
                found[child] |= found[name]
        return found

    def depths(self) -> dict[str, int]:
        """How far each group is from `all`, by the longest way."""
        depth = dict.fromkeys(self.groups, 0)
        for name in self._from_the_top():
            for child in self.groups[name].children:
                depth[child] = max(depth[child], depth[name] + 1)
        return depth

    def _from_the_top(self) -> Iterator[str]:
        waiting = {name: len(above) for name, above in self.parents().items()}
        ready = [name for name, count in waiting.items() if not count]
        while ready:
            name = ready.pop()
            yield name
            for child in self.groups[name].children:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
