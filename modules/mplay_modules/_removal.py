"""`file` with state absent: what is there goes, and a copy of it stays until it is forgotten."""

from __future__ import annotations

from mplay.sdk import CannotPlan, Change, Diff, Facts, Script, lines, sh, text_diff
from mplay_modules._file_change import bring_back, expected, keep
from mplay_modules._file_facts import Seen, look
from mplay_modules._place import fact, key, parent, shown, temporary

# The digest says of every entry: path, kind, mode, owner, target of a link; and of files, content.
_TREE = r"""if [ "$kind" = directory ]; then
  mounted=''
  while read -r _ _ _ _ at _; do
    case $at in "$p" | "$p"/*) mounted=yes ;; esac
  done </proc/self/mountinfo
  [ -z "$mounted" ] || printf '%s\tyes\n' {mounted}
  tree=$(cd "$p" && {
    find . -xdev -printf '%P %y %m %U %G %l\0' | LC_ALL=C sort -z
    find . -xdev -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum --
  } | sha256sum) || exit
  room=$(du -sxk -- "$p") || exit
  printf '%s\t%s\n' {tree} "${tree%% *}" {room} "${room%%[!0-9]*}"
fi"""

_SAVE = r'''cp -ax -- {path} "$MPLAY_SAVE/old"
sync -f -- "$MPLAY_SAVE/old"
: >"$MPLAY_SAVE/saved"
sync -- "$MPLAY_SAVE"'''

_RESTORE = r"""if [ -e "$MPLAY_SAVE/saved" ]; then
  rm -rf --one-file-system -- {new}
  cp -a -- "$MPLAY_SAVE/old" {new}
  sync -f -- {new}
  rm -rf --one-file-system -- {path}
  mv -T -- {new} {path}
  sync -- {parent}
fi"""


def probe(path: str) -> Script:
    """What there is; of a directory, a digest of all that is in it."""
    return lines(
        look(path),
        sh(
            _TREE,
            mounted=key(path, "mounted"),
            tree=key(path, "tree"),
            room=key(path, "kib"),
        ),
    )


def plan(path: str, facts: Facts) -> Change | None:
    """It is kept, then removed; None where nothing is. CannotPlan for a mount point."""
    before = Seen.of(path, facts)
    if before.kind == "absent":
        return None
    if before.kind == "directory":
        return _of_directory(before, facts)
    return Change(
        summary=f"remove the {_name(before)} {shown(path)}",
        save=keep(before),
        apply=sh("rm -f -- {path}\nsync -- {parent}", path=path, parent=parent(path)),
        restore=bring_back(before),
        expect=expected(path, {"kind": "absent"}),
        restored=before.facts(),
        diff=_diff(before),
        needs_space=before.size,
    )


def _of_directory(before: Seen, facts: Facts) -> Change:
    path = before.path
    if facts.get(fact(path, "mounted")) == "yes":
        raise CannotPlan(
            f"a file system is mounted on {shown(path)} or below it; unmount it in a step before"
        )
    kib = int(facts.get(fact(path, "kib")) or 0)
    names = {"path": path, "new": temporary(path), "parent": parent(path)}
    return Change(
        summary=f"remove the directory {shown(path)} with all that is in it ({kib} KiB)",
        save=sh(_SAVE, path=path),
        apply=sh(
            "rm -rf --one-file-system -- {path}\nsync -- {parent}", path=path, parent=parent(path)
        ),
        restore=sh(_RESTORE, **names),
        expect=expected(path, {"kind": "absent"}),
        restored={
            **before.facts(),
            **{k: v for k, v in facts.items() if k == fact(path, "tree")},
        },
        diff=(Diff(title=shown(path), before=f"directory, {kib} KiB\n", after=""),),
        needs_space=kib * 1024,
    )


def _name(before: Seen) -> str:
    return {"link": "link", "file": "file"}.get(before.kind, "device, fifo or socket")


def _diff(before: Seen) -> tuple[Diff, ...]:
    title = shown(before.path)
    if before.kind == "link":
        return (Diff(title=title, before=f"link to {shown(before.target)}\n", after=""),)
    if before.text is not None:
        return text_diff(title, before.text, "")
    old = f"sha256 {before.sha256}\n" if before.sha256 else f"{_name(before)}\n"
    return (Diff(title=title, before=old, after=""),)
