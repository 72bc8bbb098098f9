"""`file` with state directory: a directory, those above it, and with recurse all below it."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import CannotPlan, Change, Diff, Facts, Script, lines, sh
from mplay_modules._attributes import Owned, changed_names
from mplay_modules._file_change import attributes_only, expected
from mplay_modules._file_facts import NONE, Seen, look
from mplay_modules._mode import NEW_DIRECTORY
from mplay_modules._place import ancestors, fact, key, parent, shown
from mplay_modules._subtree import Subtree

_ABOVE = r"""if [ -d {there} ]; then printf '%s\tdirectory\n' {key}
elif [ -e {there} ] || [ -L {there} ]; then printf '%s\tother\n' {key}
else printf '%s\tabsent\n' {key}
fi"""

_LEADS = r"""if [ -L {path} ] && [ -d {path} ]; then printf '%s\tdirectory\n' {key}; fi"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What a `file` step asks of one directory; `module` holds mode, owner and group."""

    path: str
    module: Owned
    recurse: bool

    def probe(self) -> Script:
        """What there is, and whether the directories above are there."""
        above = [place for place in ancestors(self.path) if place != "/"]
        # `look` says what the parent is where the directory itself is absent.
        return lines(
            look(self.path, largest=NONE),
            *(_above(place) for place in above[:-1]),
            *(lines('if [ "$kind" != absent ]; then', _above(p), "fi") for p in above[-1:]),
            sh(_LEADS, path=self.path, key=key(self.path, "leads-to")),
            self._subtree.probe() if self.recurse else "",
        )

    def plan(self, facts: Facts) -> Change | None:
        """It is made, or its attributes set, or nothing. CannotPlan where something is in its way.

        A link that leads to a directory serves as one, unless attributes are asked for.
        """
        before = Seen.of(self.path, facts)
        if before.kind == "link" and facts.get(fact(self.path, "leads-to")) == "directory":
            if self.module.asks_attributes:
                raise CannotPlan(
                    f"{shown(self.path)} is a link; name the directory that it leads to:"
                    f" {shown(before.target)}"
                )
            return None
        self._require(before, facts)
        if before.kind == "absent":
            return self._created(before, facts)
        if self.recurse:
            return self._subtree.plan(before, facts)
        wanted = self._wanted(before)
        if not changed_names(self.path, wanted, facts):
            return None
        return attributes_only(before, wanted, self.module.account_of(before))

    @property
    def _subtree(self) -> Subtree:
        return Subtree(path=self.path, module=self.module)

    def _wanted(self, before: Seen) -> dict[str, str]:
        attributes = self.module.attributes(before, new=NEW_DIRECTORY, directory=True)
        return {"kind": "directory", **attributes}

    def _require(self, before: Seen, facts: Facts) -> None:
        if before.kind not in {"absent", "directory"}:
            raise CannotPlan(
                f"{shown(self.path)} is a {before.kind}, not a directory;"
                " remove it in a step before: state: absent"
            )
        for place in ancestors(self.path):
            if facts.get(fact(place, "kind"), "directory") not in {"absent", "directory", "link"}:
                raise CannotPlan(f"{shown(place)} is not a directory; name another path")

    def _created(self, before: Seen, facts: Facts) -> Change:
        above = [p for p in ancestors(self.path) if facts.get(fact(p, "kind")) == "absent"]
        made = [*above, self.path]
        wanted = self._wanted(before)
        account = self.module.account_of_new(before)
        kinds = {fact(place, "kind"): "directory" for place in above}
        below = self._subtree.expect() if self.recurse else {}
        return Change(
            summary=f"create the directory {shown(self.path)}",
            apply=lines(
                sh("umask 0022\nmkdir -m {mode} -- {made}", mode=f"0{wanted['mode']}", made=made),
                sh("chown -- {account} {made}", account=account, made=made) if account else "",
                sh("chmod -- {mode} {made}", mode=f"0{wanted['mode']}", made=made)
                if account
                else "",
                sh("sync -- {synced}", synced=[parent(made[0]), *made]),
            ),
            restore=lines(
                *(sh("[ ! -d {it} ] || rmdir -- {it}", it=place) for place in reversed(made)),
                sh("[ ! -d {top} ] || sync -- {top}", top=parent(made[0])),
            ),
            expect={**kinds, **expected(self.path, wanted), **below},
            restored=dict.fromkeys((fact(place, "kind") for place in made), "absent"),
            diff=(Diff(title=shown(self.path), before="", after="directory\n"),),
        )


def _above(place: str) -> Script:
    return sh(_ABOVE, there=place, key=key(place, "kind"))
