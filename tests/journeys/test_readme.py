"""README and tutorial are true: every command is run as it stands, every output compared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.pages import blocks
from tests.journeys.project import CHECKOUT, Project
from tests.journeys.reader import Reader
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

OWN_HOSTS = "Your own hosts"


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


def test_the_page_for_people_who_know_ansible_is_true(
    checkout: Project, web: LabHost, lb: LabHost
) -> None:
    Reader(checkout.folder, shell_of(checkout)).read(blocks(CHECKOUT / "docs/ansible.md"))


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
