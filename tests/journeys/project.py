"""A project of its own for a journey: playbooks, settings and a journal that no other test sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
EVIDENCE = "--evidence=docs=https://wiki.example/change/17"


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def statuses(self) -> dict[str, str]:
        """Status by ``STEP@HOST``."""
        return {f"{t['step']}@{t['host']}": t["status"] for t in self.json["tasks"]}

    @property
    def run(self) -> str:
        return str(self.json["run"])


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder with mplay.toml and playbooks; commands run in it, as a user's shell would."""

    folder: Path
    inventory: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def journal(self) -> Path:
        return self.folder / "state" / "journal.db"

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mplay.cli.main", *words]

    def surroundings(self) -> dict[str, str]:
        state = {"XDG_STATE_HOME": str(self.folder / "xdg"), "NO_COLOR": "1"}
        return {**os.environ, **state, **self.environment}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command and let it run."""
        return subprocess.Popen(
            self.argv(*words),
            cwd=self.folder,
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def mplay(self, *words: str, code: int | None = 0) -> Done:
        """Run a command; it has to end with `code` (None: any)."""
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        done = Done(code=process.returncode, out=out, err=err)
        told = f"mplay {' '.join(words)}: exit {done.code}\n{err}\n{out}"
        assert code is None or done.code == code, told
        assert "Traceback" not in err, told
        return done

    def apply(self, playbook: str, *words: str, limit: str = "staging", code: int = 0) -> Done:
        """Apply a playbook as JSON."""
        return self.mplay(
            *("apply", playbook, "-i", str(self.inventory), "--limit", limit),
            *("--format", "json", *words),
            code=code,
        )

    def rollback(self, run: str, *words: str, code: int = 0) -> Done:
        return self.mplay("rollback", run, "--format", "json", *words, code=code)

    def write(self, name: str, text: str) -> str:
        """Write a playbook; its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name


def new_project(folder: Path, inventory: Path) -> Project:
    """A copy of the shipped project in an empty folder."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    shutil.copy(CHECKOUT / "mplay.toml", folder)
    for name in ("playbooks", "examples"):
        shutil.copytree(CHECKOUT / name, folder / name)
    return Project(folder=folder, inventory=inventory)
