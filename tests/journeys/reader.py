"""Somebody who reads a page and does what it says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.journeys.pages import Block, Command, missing

MAKE = {"make demo": "sh .ci/demo", "make test": "true"}
"""`make demo` is its script once all is installed; `make test` is what runs this test."""


@dataclass
class Reader:
    """Somebody who pastes the commands of a page into a shell, one after the other.

    A block whose first line names a file is written there; `cd` is a command of its own.
    """

    folder: Path
    environment: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    printed: str = ""

    def read(self, page: Iterable[Block]) -> None:
        for block in page:
            if block.file:
                self._write(block)
            elif block.language == "sh":
                self.printed = "".join(self._do(command) for command in block.commands)
            elif block.language == "text":
                assert missing(block.text, self.printed) == [], self.printed

    def _write(self, block: Block) -> None:
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._filled(block.text))

    def _do(self, command: Command) -> str:
        if command.text.startswith("cd "):
            self.folder = self.folder / command.text.removeprefix("cd ")
            return ""
        return self._run(command)

    def _run(self, command: Command) -> str:
        done = subprocess.run(
            ["sh", "-c", self._filled(MAKE.get(command.text, command.text))],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        told = f"$ {command.text}\n{done.stdout}exit {done.returncode}"
        assert done.returncode == command.code, told
        assert "Traceback" not in done.stdout, told
        return done.stdout

    def _filled(self, text: str) -> str:
        for word, meaning in self.words.items():
            text = text.replace(word, meaning)
        return text
