"""What `apt` says to people of packages, and what it reads of them."""

from __future__ import annotations

from collections.abc import Mapping

from mplay.sdk import Facts

ABSENT = "absent"
SHOWN = 10
_ALLOWING = {
    "--allow-change-held-packages": "allow_change_held_packages",
    "--allow-downgrades": "allow_downgrade",
}


def broken(version: str) -> bool:
    """Whether a package fact says more than a version: dpkg's word for a bad state."""
    return " " in version


def summarised(seen: Facts, todo: Mapping[str, str]) -> str:
    """``nginx 1.22.1-9 -> 1.22.1-10, tree new 2.1, cron 3.0 removed``; at most ten of them."""
    if not todo:
        return "nothing to change"
    words = [_one(name, seen.get("package:" + name, ABSENT), new) for name, new in todo.items()]
    more = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (" and " + str(more) + " more" if more > 0 else "")


def _one(name: str, old: str, new: str) -> str:
    if old == ABSENT:
        return name + (" purged" if new == ABSENT else " new " + new)
    return name + " " + old + (" removed" if new == ABSENT else " -> " + new)


def complained(text: str) -> str:
    """The errors of apt without its marks, on one line; all that it said where it marked none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("E:").strip() for line in lines if line.startswith("E:")]
    said = "; ".join(errors or lines)
    for option, argument in _ALLOWING.items():
        if option in said:
            return said.partition(" and -y was used")[0] + ": allow it with " + argument + ": true"
    return said or "apt failed and did not say why"
