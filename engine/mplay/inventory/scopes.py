"""What a template may read that says how a host is reached.

These are the variables of the host, its names and groups, and the variables of all other hosts:
``-o ProxyJump={{ hostvars['gate'].ansible_host }}``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from threading import get_ident
from typing import Any, TypeAlias

from mplay.inventory.tree import Tree
from mplay.inventory.variables import Variables
from mplay.model.errors import UsageError

Render: TypeAlias = Callable[[Any, Mapping[str, Any]], Any]
"""Renders a template with the variables of a host."""


class Scopes:
    """The variables of each host, as its templates see them; `extra_vars` win over all others."""

    def __init__(
        self,
        tree: Tree,
        variables: Variables,
        extra_vars: Mapping[str, Any],
        playbook_dir: Path | None,
        render: Render | None,
    ) -> None:
        self._tree = tree
        self._variables = variables
        self._extra = extra_vars
        self._playbook_dir = playbook_dir
        self._render = render
        self._busy: dict[int, list[tuple[str, str]]] = {}

    def render(self, host: str, value: Any) -> Any:
        """A value of a host with its template filled in. UsageError, located."""
        if self._render is None:
            raise UsageError("templates cannot be filled in here")
        return self._render(value, self.of(host))

    def can_render(self) -> bool:
        """Whether there is somebody who fills in templates."""
        return self._render is not None

    def of(self, host: str) -> Mapping[str, Any]:
        """All that a template of a host may read."""
        return {**self._own(host), "hostvars": _HostVars(self)}

    def names(self) -> Iterator[str]:
        """All hosts."""
        return iter(self._tree.hosts)

    def read(self, host: str, name: str) -> Any:
        """One variable of a host, filled in as that host's. KeyError; UsageError for a circle."""
        found = self._own(host)[name]
        busy = self._busy.setdefault(get_ident(), [])
        if (host, name) in busy:
            circle = " -> ".join(f"{h}.{n}" for h, n in [*busy, (host, name)])
            what = f"variables of hosts need each other in a circle: {circle}"
            raise UsageError(what, where=getattr(found, "where", None))
        busy.append((host, name))
        try:
            return self.render(host, found)
        finally:
            busy.pop()

    def own_names(self, host: str) -> Iterator[str]:
        """The names of what `read` knows of a host."""
        return iter(self._own(host))

    @cached_property
    def _groups(self) -> dict[str, list[str]]:
        return {name: list(self._tree.members(name)) for name in self._tree.groups}

    def _own(self, host: str) -> dict[str, Any]:
        merged, _ = self._variables.of(host)
        names = {
            "inventory_hostname": host,
            "inventory_hostname_short": _short(host),
            "group_names": sorted(self._variables.groups_of(host)),
            "groups": self._groups,
            **self._places(host),
        }
        return {"ansible_host": host, **merged, **self._extra, **names}

    def _places(self, host: str) -> dict[str, str]:
        found = {}
        if file := self._tree.files.get(host):
            path = Path(file).absolute()
            found = {"inventory_file": str(path), "inventory_dir": str(path.parent)}
        if self._playbook_dir is not None:
            found["playbook_dir"] = str(self._playbook_dir.absolute())
        return found


class _HostVars(Mapping[str, Mapping[str, Any]]):
    """`hostvars`: the variables of every host, filled in when they are read."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._hosts = dict.fromkeys(scopes.names())

    def __getitem__(self, host: str) -> Mapping[str, Any]:
        if host not in self._hosts:
            raise KeyError(host)
        return _OfHost(self._scopes, str(host))

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)


class _OfHost(Mapping[str, Any]):
    """The variables of one host, filled in when they are read."""

    def __init__(self, scopes: Scopes, host: str) -> None:
        self._scopes = scopes
        self._host = host

    def __getitem__(self, name: str) -> Any:
        return self._scopes.read(self._host, name)

    def __iter__(self) -> Iterator[str]:
        return self._scopes.own_names(self._host)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _short(name: str) -> str:
    """A name without its domain; an address has none."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.split(".")[0]
    return name
