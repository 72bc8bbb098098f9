"""The modules that a playbook may call, as the loader needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mplay.model.playbook import Text
from mplay.sdk import Module

_ANSIBLE = ("ansible.builtin.", "ansible.legacy.")


class Modules(Protocol):
    """Modules by name; `mplay.registry.Registry` is one."""

    def find(self, name: str) -> type[Module] | None:
        """The module of that name, or None. UsageError for one that is broken."""
        ...

    def names(self) -> Sequence[str]:
        """Every name that `find` knows."""
        ...


def short_name(written: Text) -> Text:
    """A module's name without Ansible's prefix."""
    for prefix in _ANSIBLE:
        if written.startswith(prefix):
            return Text(written.removeprefix(prefix), written.where)
    return written
