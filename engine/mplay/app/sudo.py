"""The passwords of sudo: typed once for all hosts, or each host's own variable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mplay.model.errors import HostRefused, UsageError
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed
from mplay.model.secrets import Secrets

if TYPE_CHECKING:
    from mplay.executor.context import RunContext

VARIABLES = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")
"""Ansible's names, the first that a host has is taken."""


@dataclass(slots=True)
class SudoPasswords:
    """Answers what a host's sudo asks for; '' where nobody knows.

    A host's own variable wins over what was typed for all, as in Ansible. Every password is a known
    secret. It travels to sudo's standard input only, and is in no record.
    """

    secrets: Secrets = field(default_factory=Secrets)
    typed: str = ""
    _of_hosts: dict[str, str | UsageError] = field(default_factory=dict)

    def learn(self, context: RunContext, hosts: Iterable[str]) -> None:
        """Read the variables of hosts on which something runs as root. Located UsageError."""
        for name in hosts:
            self._learn(context, name)

    def recall(self, context: RunContext, hosts: Iterable[str]) -> None:
        """The same for a run that was begun: what cannot be opened is told when sudo asks."""
        for name in hosts:
            try:
                self._learn(context, name)
            except UsageError as error:
                self._of_hosts[name] = error

    def _learn(self, context: RunContext, name: str) -> None:
        scope = context.own_scope(context.hosts[name])
        found = next((scope[one] for one in VARIABLES if one in scope), None)
        if found is not None:
            self._of_hosts[name] = str(found)
            self.secrets.add(str(found))

    def __call__(self, host: str) -> str:
        """The password for a host. HostRefused where its variable cannot be opened."""
        found = self._of_hosts.get(host, self.typed)
        if isinstance(found, UsageError):
            problem = found.problem
            raise HostRefused(host, f"sudo's password: {problem.what}", hint=problem.hint)
        return found


def kept(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables as the journal may keep them: of passwords only encrypted ones and references."""
    return {
        name: value
        for name, value in variables.items()
        if name not in _PASSWORDS or isinstance(value, Sealed) or _is_reference(value)
    }


def _is_reference(value: Any) -> bool:
    return isinstance(value, Text) and ("{{" in value or value.startswith("env:"))


_PASSWORDS = frozenset({*VARIABLES, "ansible_password", "ansible_ssh_pass", "ansible_ssh_password"})
