"""A project whose hosts may not be contacted: they are one port, and it counts who calls."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.project import CHECKOUT, Project

HEAD = "name: Bad\nhosts: web\nsteps:\n"
STEP = '  - {id: one, shell: {run: "true", undo: "true"}}\n'
BAD = "playbooks/bad.yml"
LATER = "is not in this version"


@dataclass(frozen=True)
class Untouched:
    """A project whose hosts are a listening port, and the means to see that nobody called."""

    project: Project
    port: socket.socket

    def refused(self, *words: str, code: int = 2) -> str:
        """Run a command that has to be refused; what it said."""
        before = _files(self.project.folder)
        done = self.project.mplay(*words, code=code)
        assert done.out == ""
        assert "a bug in mplay" not in done.err
        assert _files(self.project.folder) == before
        with pytest.raises(BlockingIOError):
            self.port.accept()
        return done.err

    def apply(self, playbook: str | bytes, *words: str, limit: str = "staging") -> str:
        """Apply a playbook that has to be refused; what it said."""
        raw = playbook if isinstance(playbook, bytes) else playbook.encode()
        (self.project.folder / BAD).write_bytes(raw)
        return self.refused("apply", BAD, "--limit", limit, *words)


def _files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def new_project(folder: Path, port: socket.socket) -> Untouched:
    (folder / "playbooks" / "templates").mkdir(parents=True)
    (folder / "inventory").mkdir()
    shutil.copy(CHECKOUT / "mplay.toml", folder)
    address = f"ansible_host=127.0.0.1 ansible_port={port.getsockname()[1]}"
    (folder / "inventory" / "hosts.ini").write_text(
        f"[web]\na1 {address}\na2 {address}\n[staging]\na1\n[production]\na2\n"
        f"[other]\nstray {address}\n"
    )
    return Untouched(Project(folder=folder, inventory=folder / "inventory"), port)


def listening() -> socket.socket:
    """A port that nobody answers on; `accept` tells whether somebody called."""
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    return server
