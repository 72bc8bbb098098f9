"""Run shell text of your own, with what makes it repeatable, verified and undoable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import AliasChoices, Field

from mplay.sdk import Script
from mplay_modules._command import Guarded, Text


class Shell(Guarded):
    """A shell command; with `state` and `expect` it is a wanted state like any other.

    ::

        - id: cron_off
          shell:
            run: systemctl disable --now cron
            state: systemctl is-enabled cron || true
            expect: disabled
            undo: systemctl enable --now cron

    The text runs under `executable` as it is, without ``set -e``: its last exit code decides.
    With one of `expect`, `creates`, `removes`, `unless` it runs only where it is needed. With none
    of them it runs each time; a dry-run then says *unknown*, or *would change* with `action: true`.
    Without `undo` the step needs `irreversible: REASON`.
    """

    FREE_FORM: ClassVar[str] = "run"

    run: Text = Field(min_length=1, validation_alias=AliasChoices("run", "cmd"))
    """The command; `cmd` is another name for it. Exit code 0 is success."""
    executable: str = "/bin/sh"
    """The shell for `run`, `undo`, `state` and `unless`: an absolute path."""

    def _title(self) -> str:
        return self.run

    def _run(self) -> Script:
        return self._call(self.run)

    def _argv(self, text: str) -> Sequence[str]:
        return (self.executable, "-c", text)
