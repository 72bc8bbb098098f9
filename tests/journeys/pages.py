"""Reads the command blocks of a page, and compares what the commands printed with the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s+#.*?\bexit (\d+)\b.*$|\s+# .*$")
_FILE = re.compile(r"# ([\w./-]+\.(?:toml|yml|yaml|py|ini|cfg))\n")
_VOLATILE = (
    (re.compile(r"\b\d{8}-\d{4}-\w{4}\b"), "RUN"),
    (re.compile(r"\b1:[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b\d+(\.\d+)? s\b"), "SECONDS"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language, its text, and the heading (``##``) that it stands under."""

    language: str
    text: str
    section: str

    @property
    def file(self) -> str:
        """The name of the file that the block shows, where its first line says so."""
        named = _FILE.match(self.text)
        return named[1] if named else ""

    @property
    def commands(self) -> list[Command]:
        return [Command.read(line) for line in self.text.splitlines() if line.strip()]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A line for the shell; a comment behind it may say with which code it ends (``# exit 4``)."""

    text: str
    code: int

    @classmethod
    def read(cls, line: str) -> Command:
        comment = _EXIT.search(line)
        code = int(comment[1]) if comment and comment[1] else 0
        return cls(text=line[: comment.start()] if comment else line, code=code)


def blocks(page: Path) -> Iterator[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text("utf-8")
    for fence in _FENCE.finditer(text):
        headings = re.findall(r"^## (.+)$", text[: fence.start()], re.MULTILINE)
        yield Block(language=fence[1], text=fence[2], section=headings[-1] if headings else "")


def missing(expected: str, printed: str) -> list[str]:
    """The lines of `expected` that `printed` has not, in that order; ``…`` stands for anything."""
    lines = [_steady(line) for line in printed.splitlines()]
    lost, at = [], 0
    for wanted in (_steady(line) for line in expected.splitlines()):
        if wanted in {"", "…"}:
            continue
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        found = next((n for n in range(at, len(lines)) if pattern.fullmatch(lines[n])), None)
        if found is None:
            lost.append(wanted)
        else:
            at = found + 1
    return lost


def _steady(line: str) -> str:
    """A line without what differs from run to run, and without the width of its columns."""
    for pattern, name in _VOLATILE:
        line = pattern.sub(name, line)
    return " ".join(line.split())
