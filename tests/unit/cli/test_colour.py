"""Colour is for terminals that have it and people who want it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import mplay

COLOUR = "\x1b["


def on_a_terminal(folder: Path, *words: str, **more: str) -> str:
    """What a command shows on a terminal, errors too."""
    ours, theirs = pty.openpty()
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "mplay.cli.main", *words],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the terminal is gone: nobody writes to it any more
            break
        if not part:
            break
        shown += part
    process.wait()
    os.close(ours)
    return shown.decode()


COMMANDS = {
    "a table": ("modules",),
    "a reference": ("modules", "file"),
    "settings": ("config",),
    "an error": ("modules", "fil"),
    "problems": ("lint", "bad.yml"),
    "a plan": ("plan", "good.yml"),
    "a dry-run": ("apply", "good.yml", "--dry-run"),
    "a run": ("apply", "good.yml"),
    "JSON": ("modules", "--format", "json"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mplay.toml").write_text("")
    (tmp_path / "bad.yml").write_text("steps: [{shell: a, whn: b}]\n")
    (tmp_path / "good.yml").write_text(
        "hosts: localhost\nsteps:\n  - {id: look, assert: {that: ['1 > 0']}}\n"
    )
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_color_means_none(words: tuple[str, ...], folder: Path) -> None:
    shown = on_a_terminal(folder, *words, NO_COLOR="1")
    assert shown
    assert COLOUR not in shown


def test_a_terminal_gets_colour(folder: Path) -> None:
    assert COLOUR in on_a_terminal(folder, "modules")
    assert COLOUR in on_a_terminal(folder, "modules", "fil")
    assert COLOUR in on_a_terminal(folder, "apply", "good.yml")
    assert COLOUR in on_a_terminal(folder, "modules", NO_COLOR="")
    assert COLOUR not in on_a_terminal(folder, "modules", TERM="dumb")


def test_json_is_never_coloured(folder: Path) -> None:
    assert COLOUR not in on_a_terminal(folder, "modules", "--format", "json")


def test_only_the_writer_knows_of_colours() -> None:
    for file in Path(mplay.__file__).parent.rglob("*.py"):
        text = file.read_text()
        if file.name != "writer.py":
            assert not any(word in text for word in ("secho(", "click.style(", "rich.style")), file
