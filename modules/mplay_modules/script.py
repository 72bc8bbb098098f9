"""Run a program of the controller on the host."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Self

from pydantic import AliasChoices, Field, model_validator

from mplay.sdk import Change, Facts, LocalProgram, Script, lines, sh
from mplay_modules._command import Guarded, subshell
from mplay_modules._programs import ask_program, require_program

# Written under its own name: a program may look at what it is called.
_KEEP = """\
mkdir -p -- "$MPLAY_SAVE/script"
cat -- "$MPLAY_BLOBS"/{sum} >"$MPLAY_SAVE/script"/{name}
chmod 0700 "$MPLAY_SAVE/script"/{name}
: >"$MPLAY_SAVE/saved\""""

_FORGET = 'rm -rf -- "$MPLAY_SAVE/script"'

_UNDO = """\
if [ -e "$MPLAY_SAVE/saved" ]; then
export MPLAY_SCRIPT="$MPLAY_SAVE/script"/{name}"""


class LocalScript(Guarded):
    """A program or script of the controller, run on the host with the arguments that follow it.

    ::

        - id: enlarge
          script:
            run: swap.sh --size 2G
            state: swapon --noheadings --show=NAME
            expect: /swapfile
            undo: '"$MPLAY_SCRIPT" --remove'

    It is searched under ``files/`` beside the playbook and the project, is sent whole, and is run
    as its first line says, or by `executable`: needed where ``/var`` is mounted ``noexec``.
    `state`, `unless` and `undo` are commands for the host's shell as in `shell`; in `undo`
    ``"$MPLAY_SCRIPT"`` is the program, which is kept with the way back. Guards and the word on a
    dry-run are those of `shell`.
    """

    FREE_FORM: ClassVar[str] = "run"
    REFUSED: ClassVar = {
        "decrypt": "leave it out; give secrets to the program as variables, by `environment`",
    }

    run: LocalProgram = Field(validation_alias=AliasChoices("run", "cmd"))
    """The program's file and its arguments, split into words; `cmd` is another name for it. Exit
    code 0 is success."""
    executable: str = ""
    """What runs it: a command such as ``/usr/bin/perl -w``; by default its own first line says."""

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        try:
            shlex.split(self.executable)
        except ValueError as error:
            raise ValueError("cannot split `executable` into words: " + str(error)) from error
        return self

    def probe(self) -> Script:
        """The guards, and whether there is something that can run it."""
        asked = ask_program(self._interpreter) if self._interpreter else ""
        return lines(super().probe(), asked)

    def plan(self, seen: Facts) -> Change | None:
        """Keep it on the host and run it, unless a guard says that there is nothing to do."""
        change = super().plan(seen)
        if change is None:
            return None
        if self._interpreter:
            require_program(self._interpreter, seen)
        blob = self.run.blob
        return replace(
            change,
            # What nothing will bring back needs no program that is kept.
            apply=change.apply if self.undo else lines(change.apply, _FORGET),
            save=sh(_KEEP, sum=blob.sha256, name=self._name),
            blobs=(blob,),
            needs_space=blob.size,
        )

    @property
    def _name(self) -> str:
        return posixpath.basename(self.run.name)

    @property
    def _interpreter(self) -> str:
        """What runs it, as far as the controller can tell: ``/usr/bin/env python3`` is python3."""
        line = (self.run.blob.data[:256] + b"\n").splitlines()[0].decode(errors="replace")
        words = shlex.split(self.executable)
        if not words and line.startswith("#!"):
            words = line[2:].split()
        if len(words) > 1 and posixpath.basename(words[0]) == "env" and words[1].isalnum():
            return words[1]
        return words[0] if words else ""

    def _title(self) -> str:
        return shlex.join([self.run.name, *self.run.words])

    def _run(self) -> Script:
        return sh(
            '( cd -- {chdir} && exec {executable} "$MPLAY_SAVE/script"/{name} {arguments} )',
            chdir=self.chdir or ".",
            executable=shlex.split(self.executable),
            name=self._name,
            arguments=self.run.words,
        )

    def _undo(self) -> Script:
        return lines(sh(_UNDO, name=self._name), subshell(self._argv(self.undo), self.chdir), "fi")

    def _argv(self, text: str) -> Sequence[str]:
        return ("/bin/sh", "-c", text)
