"""Make, change and remove groups."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from mplay.sdk import CannotPlan, Change, Facts, Script, State, lines, sh
from mplay_modules._account_entries import bring_back_entries, keep_entries
from mplay_modules._names import GroupName
from mplay_modules._user_words import Number


class Group(State):
    """A group of this name, with this number; or none.

    ::

        - id: shop
          group: {name: shop, system: true}

    The way back is the group's own entries as they were: its place, its number and its members.
    """

    REFUSED: ClassVar = {
        "local": "leave it out: the group files of the host are what is managed",
        "force": "take the group from its users in a step before: it is refused while it is needed",
        "gid_min": "give the number itself: gid",
        "gid_max": "give the number itself: gid",
    }

    name: GroupName
    """The group."""
    state: Literal["present", "absent"] = "present"
    """Whether it is to be there."""
    gid: Number | None = None
    """Its number; a free one by default. Users whose main group it is follow; files do not."""
    system: bool = False
    """A new group's number is one for the system."""
    non_unique: bool = False
    """Whether the number may be another group's too."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.non_unique and self.gid is None:
            raise ValueError("'non_unique' needs a 'gid'")
        if self.state == "absent" and self.gid is not None:
            raise ValueError("'gid' goes with state 'present'")
        return self

    def probe(self) -> Script:
        """The group, and whose main group it is."""
        look = sh(
            _PROBE,
            name=self.name,
            there=self._key("there"),
            number=self._key("gid"),
            members=self._key("members"),
            main=self._key("main-of"),
        )
        if self.gid is None:
            return look
        return lines(look, sh(_TAKEN, gid=self.gid, taken=f"gid:{self.gid}:group"))

    def plan(self, seen: Facts) -> Change | None:
        """Made, renumbered, removed, or nothing."""
        there = seen.get(self._key("there")) == "yes"
        if self.state == "absent":
            return self._removed(seen) if there else None
        if there and self.gid is None:
            return None
        number = seen.get(self._key("gid"))
        if there and number == str(self.gid):
            return None
        self._require(seen)
        return self._renumbered(seen, number or "?") if there else self._made(seen)

    def _require(self, seen: Facts) -> None:
        if seen.get("task:root") == "no":
            raise CannotPlan("only root may change groups: give the step become: true")
        if seen.get("task:tools") == "no":
            raise CannotPlan("this host has no groupadd: install the package passwd")
        holder = seen.get(f"gid:{self.gid}:group", "")
        if self.gid is not None and holder not in {"", self.name} and not self.non_unique:
            raise CannotPlan(
                f"{self.gid} is the number of the group {holder}; non_unique: true allows that"
            )

    def _numbered(self) -> list[str]:
        words = [] if self.gid is None else ["-g", str(self.gid)]
        return [*words, "-o"] if self.non_unique else words

    def _made(self, seen: Facts) -> Change:
        words = [*(["-r"] if self.system else []), *self._numbered()]
        number = {} if self.gid is None else {self._key("gid"): str(self.gid)}
        return self._change(
            f"make the group {self.name}",
            sh("groupadd {words} -- {name}", words=words, name=self.name),
            {self._key("there"): "yes", **number},
            seen,
        )

    def _renumbered(self, seen: Facts, number: str) -> Change:
        words, gid = self._numbered(), self._key("gid")
        back = sh(_RENUMBER, old=number, name=self.name)
        return self._change(
            f"the group {self.name}: number {number} -> {self.gid}",
            sh("groupmod {words} -- {name}", words=words, name=self.name),
            {self._key("there"): "yes", gid: str(self.gid)},
            seen,
            back,
        )

    def _removed(self, seen: Facts) -> Change:
        self._require(seen)
        if users := seen.get(self._key("main-of"), ""):
            raise CannotPlan(
                f"{self.name} is the main group of {users}: give them another in a step before"
            )
        return self._change(
            f"remove the group {self.name}",
            sh("groupdel -- {name}", name=self.name),
            {self._key("there"): "no"},
            seen,
        )

    def _change(
        self, summary: str, apply: Script, expect: Facts, seen: Facts, back: Script = ""
    ) -> Change:
        names = ("there", "gid", "members")
        return Change(
            summary=summary,
            save=keep_entries(self.name, user=False),
            apply=lines(apply, "sync -- /etc"),
            restore=lines(back, bring_back_entries(self.name, user=False)),
            expect=expect,
            restored={k: seen[k] for name in names if (k := self._key(name)) in seen},
        )

    def _key(self, of: str) -> str:
        return f"group:{self.name}:{of}"


_PROBE = r"""if [ "$(id -u)" = 0 ]; then fact task:root yes; else fact task:root no; fi
command -v groupadd >/dev/null || fact task:tools no
if entry=$(getent group {name}); then
  fact {there} yes
  fact {members} "${entry##*:}"
  entry=${entry%:*}
  fact {number} "${entry##*:}"
  users=$(getent passwd | cut -d: -f1,4 | sed -n "s/:${entry##*:}\$//p" | paste -sd ' ')
  fact {main} "$users"
else
  fact {there} no
fi"""

_TAKEN = 'if entry=$(getent group {gid}); then fact {taken} "${entry%%:*}"; fi'

_RENUMBER = """if entry=$(getent group {name}); then
  entry=${entry%:*}
  [ "${entry##*:}" = {old} ] || groupmod -o -g {old} -- {name}
fi"""
