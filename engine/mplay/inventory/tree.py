"""Groups, their children and their hosts, as the sources are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mplay.model.errors import Problem, Where

ALL, UNGROUPED = "all", "ungrouped"


@dataclass(slots=True, kw_only=True)
class Group:
    """A group: its own variables, hosts and child groups, in the order in which they came."""

    name: str
    vars: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)


class Tree:
    """What the sources say. `all` is above every group; `ungrouped` takes hosts of no other."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {ALL: Group(name=ALL), UNGROUPED: Group(name=UNGROUPED)}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.problems: list[Problem] = []

    def complain(self, what: str, where: Where, hint: str = "") -> None:
        """Note what is wrong with a source, so that all of it is told at once."""
        self.problems.append(Problem(what, where, hint))

    def group(self, name: str) -> Group:
        """The group of that name, made if it is not there."""
        return self.groups.setdefault(str(name), Group(name=str(name)))

    def add_child(self, parent: str, child: str, where: Where) -> None:
        """Put a group into another one; a group inside itself is a problem."""
        self.group(child)
        if parent in self.below(child):
            self.complain(f"the group {parent} would be inside itself", where)
            return
        self.group(parent).children[str(child)] = None

    def add_host(self, name: str, group: str, variables: Mapping[str, Any]) -> None:
        """Put a host into a group; later variables win."""
        self.hosts.setdefault(str(name), {}).update(variables)
        self.group(group).hosts[str(name)] = None

    def close(self) -> None:
        """Put hosts without a group into `ungrouped` and groups without a parent into `all`."""
        grouped = {
            h for g in self.groups.values() if g.name not in {ALL, UNGROUPED} for h in g.hosts
        }
        outside = self.groups[UNGROUPED].hosts
        for host in self.hosts:
            if host in grouped:
                outside.pop(host, None)
            else:
                outside[host] = None
        held = {child for group in self.groups.values() for child in group.children}
        for name in self.groups:
            if name != ALL and name not in held:
                self.groups[ALL].children[name] = None

    def below(self, name: str) -> dict[str, None]:
        """The group and all groups inside it, level by level."""
        found: dict[str, None] = {str(name): None}
        level = [str(name)]
        while level:
            inner = [c for g in level for c in self.groups[g].children if c not in found]
            found.update(dict.fromkeys(inner))
            level = list(dict.fromkeys(inner))
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
