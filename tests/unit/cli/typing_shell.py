"""A real shell on a pseudo-terminal, in which somebody types and presses the tabulator key."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TAB = "\t"
LOOK = "\x0f"
"""Ctrl-O, at which the shells of `SETUP` write the line as it stands to the file ``line``."""
PATIENCE = 20.0

SETUP: Mapping[str, tuple[tuple[str, ...], str]] = {
    "bash": (
        ("bash", "--norc", "--noprofile", "-i"),
        "bind 'set enable-bracketed-paste off'\n"
        "source <(mplay completion bash)\n"
        """bind -x '"\\C-o": printf %s "$READLINE_LINE" >line.new; mv line.new line'\n""",
    ),
    "zsh": (
        ("zsh", "-f", "-i"),
        "unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D\n"
        "source <(mplay completion zsh)\n"
        "look() { print -rn -- $BUFFER >line.new; mv line.new line }; zle -N look\n"
        "bindkey '^O' look\n",
    ),
    "fish": (
        ("fish", "--no-config", "--interactive"),
        "mplay completion fish | source\nbind \\co 'commandline >line.new; mv line.new line'\n",
    ),
}

INSTALLED: Mapping[str, tuple[str, str]] = {
    "bash": (
        "~/.local/share/bash-completion/completions/mplay",
        "source ~/.local/share/bash-completion/completions/mplay",
    ),
    "zsh": ("~/.zfunc/_mplay", "fpath+=~/.zfunc"),
    "fish": ("~/.config/fish/completions/mplay.fish", ""),
}
"""Where docs/reference/editor-and-shell.md puts the script, and what makes the shell find it."""


@dataclass(frozen=True, kw_only=True)
class TypingShell:
    """Somebody at a shell in a folder."""

    shell: str
    folder: Path
    environment: Mapping[str, str]
    installed: bool = False

    def _begun(self) -> tuple[tuple[str, ...], str]:
        """The words that start the shell, and what it reads first."""
        argv, setup = SETUP[self.shell]
        if not self.installed:
            return argv, setup
        lines = [line for line in setup.splitlines() if "mplay completion" not in line]
        kept = tuple(word for word in argv if word != "--no-config")
        return kept, "\n".join([INSTALLED[self.shell][1], *lines, ""])

    def line_after(self, typed: str) -> str:
        """The command line once `typed` (with `TAB`s) was typed at the prompt."""
        argv, setup = self._begun()
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ("setsid", "--ctty", *argv),
            cwd=self.folder,
            env={**self.environment, "TERM": "xterm", "PS1": "$ ", "fish_greeting": ""},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        try:
            os.write(ours, f"{setup}touch ready\n".encode())
            self._wait(ours, self.folder / "ready")
            os.write(ours, f"{typed}{LOOK}".encode())
            self._wait(ours, self.folder / "line")
            return (self.folder / "line").read_text().removesuffix("\n")
        finally:
            process.kill()
            process.wait()
            os.close(ours)

    def _wait(self, terminal: int, file: Path) -> None:
        """Read what the shell shows until it has made a file."""
        shown = b""
        until = time.monotonic() + PATIENCE
        while not file.exists():
            assert time.monotonic() < until, shown.decode(errors="replace")
            readable, _, _ = select.select([terminal], [], [], 0.05)
            if readable:
                shown += os.read(terminal, 65536)
