"""Run a program without a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar, Self

from pydantic import AliasChoices, Field, model_validator

from mplay.sdk import Script
from mplay_modules._command import Guarded, Text, subshell

_UNSPLIT = "cannot split `{}` into words: {}"


class Command(Guarded):
    """A program with its arguments; no shell looks at them.

    ::

        - id: snapshot
          command:
            argv: [tar, -czf, /var/backups/site.tar.gz, /srv/site]
            creates: /var/backups/site.tar.gz
            undo: rm -f /var/backups/site.tar.gz

    A text is split into words as a shell would, and that is all: ``| > $HOME *`` mean nothing.
    `undo`, `state` and `unless` are split likewise. All else is as in `shell`.
    """

    FREE_FORM: ClassVar[str] = "run"
    REFUSED: ClassVar = {
        "expand_argument_vars": "variables of the host are not expanded here; use `shell` for that",
        "strip_empty_ends": "output is kept as the program wrote it",
    }

    run: Text = Field(default="", validation_alias=AliasChoices("run", "cmd"))
    """The command as one text, split into words; `cmd` is another name for it."""
    argv: tuple[str, ...] = ()
    """The program and its arguments as a list, in place of `run`."""

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if bool(self.run.strip()) == bool(self.argv):
            raise ValueError("needs the program either as `run` (a text) or as `argv` (a list)")
        for name in ("run", "undo", "state", "unless"):
            try:
                shlex.split(getattr(self, name))
            except ValueError as error:
                raise ValueError(_UNSPLIT.format(name, error)) from error
        return self

    def _run(self) -> Script:
        return subshell(self.argv or shlex.split(self.run), self.chdir)

    def _argv(self, text: str) -> Sequence[str]:
        return shlex.split(text)

    def _title(self) -> str:
        return self.run or shlex.join(self.argv)
