"""The shell programs: clean by shellcheck, and sent without what only people read."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from mplay.channel import programs

PARTS = {
    "relay": ("common", "owner", "follow", "relay"),
    "supervisor": ("common", "supervisor"),
    "task": ("common", "task"),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_program_is_clean_by_shellcheck(name: str, tmp_path: Path) -> None:
    folder = files("mplay.channel") / "host"
    shellcheck = Path(sys.executable).with_name("shellcheck")
    text = "".join((folder / f"{part}.sh").read_text("utf-8") for part in PARTS[name])
    program = tmp_path / f"{name}.sh"
    program.write_text("#!/bin/sh\n" + text)
    done = subprocess.run([shellcheck, program], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", PARTS)
def test_what_is_sent_is_a_program_without_comments(name: str) -> None:
    text = getattr(programs, name)()
    done = subprocess.run(["sh", "-n"], input=text, text=True, check=False)
    assert done.returncode == 0
    assert not [line for line in text.splitlines() if line.startswith("#")]
