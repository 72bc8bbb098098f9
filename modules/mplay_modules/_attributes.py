"""Mode, owner and group: the arguments that all modules of files share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator

from mplay.sdk import Facts, State
from mplay_modules._file_facts import Seen
from mplay_modules._mode import Mode, resolved
from mplay_modules._place import fact

_ACCOUNT = re.compile(r"[^\s:/\0-][^:/\0\n]*\Z")


def _account(given: object) -> object:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or not _ACCOUNT.match(given):
        raise ValueError("must be the name or number of an account")
    return str(int(given)) if given.isdecimal() else given


Account = Annotated[str, BeforeValidator(_account)]
"""A user or group: its name, or its number."""

_SELINUX = "SELinux contexts are not managed: Debian and Ubuntu do not use them"
NOT_HERE = {
    "attributes": "chattr's flags are not managed; use shell with state and undo",
    "attr": "chattr's flags are not managed; use shell with state and undo",
    "selevel": _SELINUX,
    "serole": _SELINUX,
    "setype": _SELINUX,
    "seuser": _SELINUX,
    "unsafe_writes": "files are always replaced at once; leave it out",
}
"""Ansible's common file arguments that no module here has."""


class Owned(State):
    """A module that sets mode, owner and group."""

    REFUSED: ClassVar = NOT_HERE

    mode: Mode | None = None
    """In quotes: octal (``'0644'``) or symbolic (``'u=rw,g=r,o='``). By default that of the file
    that is there; for a new file 0644, for a new directory 0755."""
    owner: Account | None = None
    """Name or number of the user; by default whom it belongs to, for a new one who creates it."""
    group: Account | None = None
    """Name or number of the group; by default as for `owner`."""

    @property
    def asks_attributes(self) -> bool:
        """Whether any of them is given."""
        return (self.mode, self.owner, self.group) != (None, None, None)

    def attributes(self, seen: Seen, *, new: str, directory: bool = False) -> dict[str, str]:
        """Mode, owner and group as they must be: fact name -> value; what is unknown left out.

        `new` is the mode of what has none yet.
        """
        before = (seen.mode if seen.has_attributes else "") or new
        owner, group = seen.owner, seen.group
        if not seen.has_attributes:
            owner, group = seen.new_owner, seen.new_group
        return {
            "mode": resolved(self.mode or before, before, directory=directory),
            **_who("owner", "uid", self.owner, owner),
            **_who("group", "gid", self.group, group),
        }

    def account_of(self, seen: Seen) -> str:
        """What chown is told about what is there; '' for nothing."""
        return _chown(self.owner or "", self.group or "", seen.owner, seen.group)

    def account_of_new(self, seen: Seen) -> str:
        """What chown is told about a file that this task has created in the place of it."""
        kept = (seen.uid or seen.owner, seen.gid or seen.group) if seen.has_attributes else ("", "")
        owner = self.owner or ("" if seen.owner == seen.new_owner else kept[0])
        group = self.group or ("" if seen.group == seen.new_group else kept[1])
        return _chown(owner, group, seen.new_owner, seen.new_group)


def _chown(owner: str, group: str, owner_now: str, group_now: str) -> str:
    owner = "" if owner == owner_now else owner
    group = "" if group == group_now else group
    return f"{owner}:{group}" if group else owner


def _who(by_name: str, by_number: str, wanted: str | None, now: str) -> dict[str, str]:
    if wanted is None:
        return {by_name: now} if now else {}
    return {by_number if wanted.isdecimal() else by_name: wanted}


def changed_names(path: str, wanted: Mapping[str, str], seen: Facts) -> list[str]:
    """Which of the wanted facts do not hold."""
    return [name for name, value in wanted.items() if seen.get(fact(path, name)) != value]
