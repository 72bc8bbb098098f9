"""What `shell`, `command` and `script` share: guards, a state to compare with, and an undo."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mplay.sdk import Certainty, Change, Facts, Script, State, WayBack, lines, sh

MAX_TEXT = 100_000
"""Linux takes no single argument above 128 KiB."""

Text = Annotated[str, Field(max_length=MAX_TEXT)]


class Guarded(State):
    """A command of the user's with what makes it safe to repeat and possible to undo."""

    TIMEOUT: ClassVar[float] = 3600.0

    chdir: str = ""
    """Directory in which `run`, `undo`, `state` and `unless` run."""
    creates: str = ""
    """A path or glob: where it exists, nothing is run; afterwards it must exist."""
    removes: str = ""
    """A path or glob: where it does not exist, nothing is run; afterwards it must be gone."""
    unless: Text = ""
    """A read-only command: where it succeeds, nothing is run; afterwards it must succeed."""
    state: Text = ""
    """A read-only command that prints what `run` changes; it must succeed. With it the undo is
    verified, and a later change by somebody else is noticed."""
    expect: str | None = None
    """What `state` prints when there is nothing to do (last newlines left out). It makes the step
    idempotent, verified, and certain in a dry-run."""
    undo: Text = ""
    """Brings back what was before `run`. It must be safe where `run` was not begun, was cut off
    half-way, or was undone already. Without it the step needs `irreversible: REASON`."""
    action: bool = False
    """Says that it acts each time it is reached, so that a dry-run need not say *unknown*."""
    stdin: str | None = None
    """Text for the standard input of `run`; nothing by default."""
    stdin_add_newline: bool = True
    """Whether a newline is put after `stdin`."""

    @abstractmethod
    def _argv(self, text: str) -> Sequence[str]:
        """The program and its arguments that one of the user's commands means."""

    @abstractmethod
    def _title(self) -> str:
        """What is run, for people."""

    @abstractmethod
    def _run(self) -> Script:
        """Shell that runs it."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.expect is not None and not self.state:
            raise ValueError(
                "has `expect` without `state`: it is what `state` prints when all is done"
            )
        if self.action and self._goals():
            raise ValueError(
                "acts each time with `action`: take it out, "
                "or `expect`, `creates`, `removes` and `unless`"
            )
        return self

    def way_back(self) -> WayBack:
        """By `undo`; without one there is none."""
        return WayBack.RESTORE if self.undo else WayBack.NONE

    def certainty(self) -> Certainty:
        """Certain with a guard, acting with `action`, else nobody knows."""
        if self._goals():
            return Certainty.CERTAIN
        return Certainty.ACTS if self.action else Certainty.UNKNOWN

    def probe(self) -> Script:
        """Ask the state and the guards; each is the user's own read-only command."""
        return lines(
            self._ask_state() if self.state else "",
            *(ask_path(path) for path in dict.fromkeys((self.creates, self.removes)) if path),
            self._ask_unless() if self.unless else "",
        )

    def plan(self, seen: Facts) -> Change | None:
        """Run it, unless a guard says that there is nothing to do."""
        goals = self._goals()
        if any(_look(seen, key) == value for key, value in goals.items()):
            return None
        verified = dict(list(goals.items())[:1])
        compared = {*verified, self._key("state", self.state)} & seen.keys()
        return Change(
            summary=_one_line(self._title()),
            apply=self._work(),
            restore=self._undo() if self.undo else None,
            expect=verified,
            restored={key: seen[key] for key in sorted(compared)},
        )

    def _goals(self) -> dict[str, str]:
        """Facts of which each alone says that there is nothing to do; the first is verified."""
        goals = {}
        if self.expect is not None:
            goals[self._key("state", self.state)] = self.expect.rstrip("\n")
        if self.creates:
            goals[_path_key(self.creates)] = "yes"
        if self.unless:
            goals[self._key("unless", self.unless)] = "yes"
        if self.removes:
            goals[_path_key(self.removes)] = "no"
        return goals

    def _key(self, kind: str, text: str) -> str:
        whole = "cd " + self.chdir + "\n" + text if self.chdir else text
        return kind + ":" + hashlib.sha256(whole.encode()).hexdigest()

    def _call(self, text: str) -> Script:
        return subshell(self._argv(text), self.chdir)

    def _work(self) -> Script:
        if self.stdin is None:
            return self._run()
        text = self.stdin + ("\n" if self.stdin_add_newline else "")
        return lines("work() {", self._run(), "}", sh("printf %s {text} | work", text=text))

    def _undo(self) -> Script:
        return self._call(self.undo)

    def _ask_state(self) -> Script:
        return lines(
            "state() {",
            self._call(self.state),
            "}",
            "seen=$(state </dev/null) || {",
            '  echo "the command of state failed: exit code $?" >&2',
            "  exit 1",
            "}",
            sh('fact {key} "$seen"', key=self._key("state", self.state)),
        )

    def _ask_unless(self) -> Script:
        return lines(
            "unless() {",
            self._call(self.unless),
            "}",
            "holds=no; unless </dev/null >/dev/null && holds=yes",
            sh('fact {key} "$holds"', key=self._key("unless", self.unless)),
        )


def subshell(argv: Sequence[str], chdir: str = "") -> Script:
    """A program in a subshell of its own: our shell's options end where it begins."""
    if not chdir:
        return sh("( exec {argv} )", argv=argv)
    return sh("( cd -- {chdir} && exec {argv} )", chdir=chdir, argv=argv)


def _look(seen: Facts, key: str) -> str | None:
    """A fact; whether a path exists is also told by what an earlier step would make of it."""
    kind = seen.get("file:" + key.removeprefix("path:") + ":kind")
    if key.startswith("path:") and kind is not None:
        return "no" if kind == "absent" else "yes"
    return seen.get(key)


def _path_key(path: str) -> str:
    return "path:" + path


def path_fact(seen: Facts, path: str) -> str | None:
    """Whether anything matches a path or glob: ``yes`` or ``no``."""
    return _look(seen, _path_key(path))


def ask_path(path: str) -> Script:
    """Whether anything matches; with an empty IFS an unquoted name is a glob and one word."""
    return sh(
        "there=no; glob={path}; old=$IFS; IFS=;\n"
        "for one in $glob; do\n"
        '  if [ -e "$one" ] || [ -L "$one" ]; then there=yes; fi\n'
        "done\n"
        'IFS=$old; fact {key} "$there"',
        path=path,
        key=_path_key(path),
    )


def _one_line(text: str) -> str:
    """The first line that does something, at most 100 characters, for a summary."""
    told = [line for line in text.strip().splitlines() if not line.startswith(("#", "set -"))]
    first = told[0] if told else text.strip()
    return first if len(first) <= 100 and len(told) < 2 else first[:96].rstrip() + " ..."
