"""Who owns a file, and with which mode, where a module has no arguments for it."""

from __future__ import annotations

from dataclasses import dataclass

from mplay_modules._file_facts import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a file keeps when it is replaced, or gets when it is new.

    `wanted` are its facts by name, without ``sha256``; `account` is told to chown, ('' nothing).
    """

    wanted: dict[str, str]
    account: str

    @classmethod
    def of(cls, before: Seen, *, mode: str, owner: str = "", group: str = "") -> Kept:
        """As it is; where nothing is, with this mode, and this owner and group ('' the task's)."""
        if before.has_attributes:
            mode, owner, group = before.mode, before.owner, before.group
            names = before.account
        else:
            owner, group = owner or before.new_owner, group or before.new_group
            names = ":".join((owner, group))
        wanted = {"kind": "file", "mode": mode, "owner": owner, "group": group}
        same = (owner, group) == (before.new_owner, before.new_group)
        return cls(wanted={n: v for n, v in wanted.items() if v}, account="" if same else names)
