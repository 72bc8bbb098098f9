"""`file` with recurse: mode, owner and group of all that is below a directory."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import Change, Diff, Facts, Script, lines, sh
from mplay_modules._attributes import Owned
from mplay_modules._file_facts import Seen
from mplay_modules._place import fact, key, shown

# What cannot be looked at counts as one more: an account that is not there yet, say.
_PROBE = r"""if [ "$kind" = directory ]; then
  unlike=$(find {path} -xdev ! -type l \( {tests} \) -printf x) || unlike="x$unlike"
  printf '%s\t%s\n' {key} "${#unlike}"
fi"""

_SAVE = r'''find {path} -xdev ! -type l \( {tests} \) -printf '%m %U %G %p\0' \
  >"$MPLAY_SAVE/attributes"
sync -- "$MPLAY_SAVE/attributes"
: >"$MPLAY_SAVE/saved"
sync -- "$MPLAY_SAVE"'''

_RESTORE = r"""if [ -e "$MPLAY_SAVE/saved" ]; then
  perl -0 -ne '
    chomp;
    my ($mode, $user, $group, $path) = split / /, $_, 4;
    next if -l $path or !-e _;
    next if chown($user, $group, $path) and chmod(oct($mode), $path);
    print STDERR "$path: $!\n";
    $failed = 1;
    END { $? = 1 if $failed }
  ' "$MPLAY_SAVE/attributes"
  sync -f -- {path}
fi"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtree:
    """A directory and what is below it on the same file system; links are left as they are."""

    path: str
    module: Owned

    def probe(self) -> Script:
        """How many entries are not as they should be; after `look`."""
        return sh(_PROBE, path=self.path, tests=self._tests(), key=key(self.path, self._name()))

    def expect(self) -> dict[str, str]:
        """That none is."""
        return {fact(self.path, self._name()): "0"}

    def plan(self, before: Seen, facts: Facts) -> Change | None:
        """All of them set, or None; undone one by one from what was written down."""
        count = facts.get(fact(self.path, self._name()), "")
        if count == "0":
            return None
        wanted = self._wanted()
        return Change(
            summary=f"set {self._words()} of {count or 'all'} entries in {shown(self.path)}",
            save=sh(_SAVE, path=self.path, tests=self._tests()),
            apply=lines(self._chown(), self._chmod(), sh("sync -f -- {path}", path=self.path)),
            restore=sh(_RESTORE, path=self.path),
            expect={**{fact(self.path, k): v for k, v in wanted.items()}, **self.expect()},
            restored={
                **before.facts(),
                **({fact(self.path, self._name()): count} if count else {}),
            },
            diff=(
                Diff(
                    title=shown(self.path),
                    before=f"{count} entries are otherwise\n",
                    after=f"all entries: {self._words()}\n",
                ),
            ),
        )

    def _asked(self) -> list[tuple[str, str]]:
        module = self.module
        asked = [("user", module.owner), ("group", module.group), ("perm", module.mode)]
        return [(name, value) for name, value in asked if value is not None]

    def _tests(self) -> list[str]:
        words: list[str] = []
        for name, value in self._asked():
            words += ["-o", "!", f"-{name}", value]
        return words[1:]

    def _name(self) -> str:
        return "unlike-" + "-".join(value for _, value in self._asked())

    def _words(self) -> str:
        return ", ".join(f"{_PEOPLE[name]} {value}" for name, value in self._asked())

    def _wanted(self) -> dict[str, str]:
        number = {"user": "uid", "group": "gid"}
        return {"kind": "directory"} | {
            number[name] if name in number and value.isdecimal() else _PEOPLE[name]: value
            for name, value in self._asked()
        }

    def _chown(self) -> Script:
        owner, group = self.module.owner or "", self.module.group
        if not owner and not group:
            return ""
        return sh(
            r"find {path} -xdev ! -type l \( {tests} \) -exec chown -h -- {account} '{}' +",
            path=self.path,
            tests=self._tests(),
            account=f"{owner}:{group}" if group else owner,
        )

    def _chmod(self) -> Script:
        mode = self.module.mode
        if mode is None:
            return ""
        return sh(
            "find {path} -xdev ! -type l ! -perm {mode} -exec chmod -- {digits} '{}' +",
            path=self.path,
            mode=mode,
            digits=f"0{mode}",
        )


_PEOPLE = {"user": "owner", "group": "group", "perm": "mode"}
