"""`file` with state link: a symbolic link with this target."""

from __future__ import annotations

import posixpath

from mplay.sdk import CannotPlan, Change, Diff, Facts, Script, lines, sh
from mplay_modules._file_change import bring_back, expected, keep
from mplay_modules._file_facts import Seen, look, require_place
from mplay_modules._place import fact, key, parent, shown, temporary

_TARGET = r"""end=absent
if [ -f {there} ]; then end='file'
elif [ -d {there} ]; then end='directory'
elif [ -e {there} ]; then end='special'
fi
printf '%s\t%s\n' {key} "$end"
"""


def probe(path: str, target: str) -> Script:
    """What there is at the path, and what at its target to be."""
    there = reached(path, target)
    if there in {path, parent(path)}:
        return look(path)
    return lines(look(path), sh(_TARGET, there=there, key=key(there, "kind")))


def reached(path: str, target: str) -> str:
    """Where the target is, seen from the link."""
    return posixpath.normpath(posixpath.join(parent(path), target))


def plan(path: str, target: str, facts: Facts, *, force: bool) -> Change | None:
    """The link created or replaced, or None. CannotPlan where that would lose something."""
    before = Seen.of(path, facts)
    if before.kind == "link" and before.target == target:
        return None
    _require(before, target, facts, force=force)
    new = temporary(path)
    return Change(
        summary=_summary(before, target),
        save=keep(before),
        apply=sh(
            "rm -f -- {new}\nln -s -- {target} {new}\nmv -fT -- {new} {path}\nsync -- {parent}",
            new=new,
            target=target,
            path=path,
            parent=parent(path),
        ),
        restore=bring_back(before),
        expect=expected(path, {"kind": "link", "target": target}),
        restored=before.facts(),
        diff=(
            Diff(
                title=shown(path),
                before=f"link to {before.target}\n" if before.kind == "link" else "",
                after=f"link to {target}\n",
            ),
        ),
        needs_space=before.size,
    )


def _require(before: Seen, target: str, facts: Facts, *, force: bool) -> None:
    path = shown(before.path)
    if before.kind == "directory":
        raise CannotPlan(f"{path} is a directory; remove it in a step before: state: absent")
    require_place(before)
    if before.kind == "file" and not force:
        raise CannotPlan(f"{path} is a file; force: true replaces it by the link, and keeps it")
    there = facts.get(fact(reached(before.path, target), "kind"))
    if there == "absent" and not force:
        raise CannotPlan(
            f"{shown(target)}, to which the link would lead, does not exist;"
            " force: true makes the link all the same"
        )


def _summary(before: Seen, target: str) -> str:
    path = shown(before.path)
    if before.kind == "link":
        return f"{path}: link to {shown(before.target)} -> {shown(target)}"
    if before.kind == "file":
        return f"replace {path} by a link to {shown(target)}"
    return f"create the link {path} to {shown(target)}"
