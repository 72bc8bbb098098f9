"""README and tutorial are true: every command is run as it stands, every output compared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.pages import Block, Command, blocks, missing
from tests.journeys.project import CHECKOUT, Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

OWN_HOSTS = "Your own hosts"
MAKE = {"make demo": "sh .ci/demo", "make test": "true"}
"""`make demo` is its script once all is installed; `make test` is what runs this test."""


@dataclass
class Reader:
    """Somebody who pastes the commands of a page into a shell, one after the other."""

    folder: Path
    environment: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    printed: str = ""

    def read(self, page: Iterable[Block]) -> None:
        for block in page:
            if block.file:
                self._write(block)
            elif block.language == "sh":
                self.printed = "".join(self._run(command) for command in block.commands)
            elif block.language == "text":
                assert missing(block.text, self.printed) == [], self.printed

    def _write(self, block: Block) -> None:
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._filled(block.text))

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


def shell_of(project: Project) -> dict[str, str]:
    """The environment of a shell in which `mplay` is installed."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    mplay = str(Path(sys.executable).with_name("mplay"))
    return project.surroundings() | {"PATH": path, "MPLAY": mplay}


@pytest.fixture
def checkout(project: Project) -> Project:
    """The project with what else a checkout has; its inventory is that of the session's lab."""
    (project.folder / "inventory").mkdir()
    shutil.copy(project.inventory, project.folder / "inventory")
    shutil.copytree(CHECKOUT / ".ci", project.folder / ".ci")
    (project.folder / ".venv").symlink_to(sys.prefix)
    return project


def test_the_readme_is_true(checkout: Project, web: LabHost, lb: LabHost) -> None:
    before = {host.name: host.state() for host in (web, lb)}
    page = [b for b in blocks(CHECKOUT / "README.md") if b.section != OWN_HOSTS]
    Reader(checkout.folder, shell_of(checkout)).read(page)
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []


def test_the_tutorial_is_true(checkout: Project, web: LabHost, lb: LabHost) -> None:
    Reader(checkout.folder, shell_of(checkout)).read(blocks(CHECKOUT / "docs/tutorial.md"))


def test_own_hosts_are_reached_as_the_readme_says(
    checkout: Project, web: LabHost, tmp_path: Path
) -> None:
    before = web.state()
    home = tmp_path / "home"
    keys = web.lab.place.state / "keys"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    shutil.copy(keys / "ops", home / ".ssh" / "id_ed25519")
    public = subprocess.run(
        ["ssh-keygen", "-lf", str(keys / "host-stg-web1.pub")],
        capture_output=True,
        text=True,
        check=True,
    )
    words = {
        "web1.example.org": web.address,
        "SHA256:THE_ONE_OF_ITS_CONSOLE": public.stdout.split()[1],
    }
    folder = tmp_path / "own"
    folder.mkdir()
    page = [b for b in blocks(CHECKOUT / "README.md") if b.section == OWN_HOSTS]
    Reader(folder, shell_of(checkout) | {"HOME": str(home)}, words).read(page)
    assert web.state().differences(before) == []
