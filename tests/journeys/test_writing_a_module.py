"""docs/writing-a-module.md leads to a module that keeps its golden cases and the laws."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.pages import blocks
from tests.journeys.project import CHECKOUT
from tests.journeys.reader import Reader
from tests.lab.fixtures import LabHosts

pytestmark = pytest.mark.lab

PAGE = CHECKOUT / "docs/writing-a-module.md"


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The surroundings of somebody who has mplay and pytest installed."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NO_COLOR": "1", "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def throwaway(bare: Callable[[int], LabHosts]) -> str:
    """The command that reaches root's shell on a host that nobody needs."""
    [name] = bare(1).names
    return f"mplay lab ssh -l root {name}"


def test_the_page_leads_to_a_module_that_keeps_the_laws(
    tmp_path: Path, shell: dict[str, str], throwaway: str
) -> None:
    words = {"mplay lab ssh -l root bare-001": throwaway}
    reader = Reader(tmp_path, shell, words)
    reader.read(blocks(PAGE))
    written = [file for file in reader.folder.rglob("*.py") if "modules" in file.parts]
    assert [file.name for file in written] == ["default_target.py"]


def test_the_skeleton_itself_keeps_the_laws(
    tmp_path: Path, shell: dict[str, str], throwaway: str
) -> None:
    for words in (["mplay", "init"], ["mplay", "init", "module", "greeting"]):
        subprocess.run(words, cwd=tmp_path, env=shell, check=True, capture_output=True)
    done = subprocess.run(
        ["pytest", "-q", "-rs", "--throwaway", throwaway],
        cwd=tmp_path,
        env=shell,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout
    assert "failed" not in done.stdout


def test_a_restore_that_brings_back_something_else_is_found(
    tmp_path: Path, shell: dict[str, str], throwaway: str
) -> None:
    reader = Reader(tmp_path, shell)
    setting_up = [b for b in blocks(PAGE) if b.file or "mplay init module" in b.text]
    reader.read(setting_up)
    file = reader.folder / "modules" / "default_target.py"
    careless = file.read_text().replace('sh("rm -f {link}", link=LINK)', 'sh("true")')
    assert careless != file.read_text()
    file.write_text(careless)
    done = subprocess.run(
        ["pytest", "-q", "--throwaway", throwaway, "-k", "nobody and restore"],
        cwd=reader.folder,
        env=shell,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "facts are not as before" in done.stdout
