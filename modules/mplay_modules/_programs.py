"""Whether the host has a program that a module needs; asked in its probe, with no process."""

from __future__ import annotations

from mplay.sdk import CannotPlan, Facts, Script, sh

_ASK = "if command -v {program} >/dev/null; then fact {key} yes; else fact {key} no; fi"


def ask_program(program: str) -> Script:
    """Prints the fact; a name is looked for as the shell does, a path as it is."""
    return sh(_ASK, program=program, key=_key(program))


def has_program(program: str, seen: Facts) -> bool:
    """Whether it was there; what was not asked counts as there."""
    return seen.get(_key(program), "yes") == "yes"


def require_program(program: str, seen: Facts, *, package: str = "") -> None:
    """CannotPlan where it is not there; `package` is what installs it on Debian."""
    if has_program(program, seen):
        return
    how = f"install it in a step before: apt: {{name: {package}}}" if package else ""
    raise CannotPlan(f"there is no {program} on it; {how or 'install it in a step before'}")


def _key(program: str) -> str:
    return "program:" + program
