"""Secrets over the life of a run: resumed and undone by another process, with the vault or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mplay.app.apply import apply
from mplay.app.foresee import foresee
from mplay.app.prepare import Request
from mplay.app.project import Project
from mplay.app.resume import resume
from mplay.app.rollback import Wish, rollback
from mplay.channel.connect import Connectors
from mplay.channel.protocol import Channel
from mplay.channel.relay import Manner
from mplay.config import Config
from mplay.executor.context import Options
from mplay.executor.execution import Ending
from mplay.model.errors import UsageError
from mplay.model.host import Host
from mplay.model.secrets import Secrets
from mplay.source import Key, Vault
from tests.journeys.local.stage import Watcher
from tests.unit.source.vaults import inline, password_file

CANARY = 'c4nary\'7f3a "of" it'
OTHER = "c4nary-of-the-environment"


@dataclass
class Theatre:
    """A host that is a folder, a project, and a vault that a process has the key of or not."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)
        key = password_file(self.folder, "the key", "key")
        self.vaulted = inline(CANARY, "canary", key).replace("\n", "\n  ")
        (self.folder / "hosts").write_text("w1 ansible_connection=local\n")
        self.watcher = Watcher()

    def project(self, *, key: bool = True, environment: Mapping[str, str] | None = None) -> Project:
        """What a new process would have."""
        keys = [Key("default", b"the key")] if key else []
        return Project(
            config=Config(root=self.folder),
            inventory=(self.folder / "hosts",),
            journal_url=str(self.folder / "state" / "journal.db"),
            vault=Vault(keys, Secrets(), environment if environment is not None else {"T": OTHER}),
        )

    def hosts(self, project: Project) -> _Hosts:
        return _Hosts(self.folder / "host", project.vault.secrets)

    def apply(
        self, steps: str, *, on_failure: str = "", environment: Mapping[str, str] | None = None
    ) -> Ending:
        book = self.folder / "book.yml"
        book.write_text(
            f"name: b\nhosts: w1\nvars:\n  token: env:T\n  {self.vaulted}\nsteps:\n{steps}".replace(
                "HERE", str(self.folder)
            )
        )
        project = self.project(environment=environment)
        request = Request(playbook=book, on_failure=on_failure)
        return apply(project, request, self.hosts(project), [self.watcher])[1]

    def resume(self, *, key: bool = True) -> Ending:
        project = self.project(key=key)
        hosts, watcher = self.hosts(project), self.watcher
        return resume(project, "last", Options(), hosts, [watcher], watcher.know)[1]

    def rollback(self, *, key: bool = True, environment: Mapping[str, str] | None = None) -> Ending:
        project = self.project(key=key, environment=environment)
        hosts, watcher = self.hosts(project), self.watcher
        options = Options(say_yes=True)
        return rollback(project, "last", Wish(), options, hosts, [watcher], watcher.know)[1]

    def shown(self) -> list[str]:
        """The files of journal and host state that hold a secret, and what listeners were shown."""
        found = [
            str(path)
            for folder in ("state", "host")
            for path in (self.folder / folder).rglob("*")
            if path.is_file() and "save" not in path.parts and b"c4nary" in path.read_bytes()
        ]
        return found + [str(r.event) for r in self.watcher.records if "c4nary" in str(r.event)]


@dataclass
class _Hosts:
    root: Path
    secrets: Secrets

    def open(self, host: Host) -> Channel:
        state = self.root / host.name
        state.mkdir(parents=True, exist_ok=True)
        local = replace(host, connection=replace(host.connection, kind="local"))
        return Connectors(Manner(state=str(state), idle=20), secrets=self.secrets).open(local)


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return Theatre(tmp_path)


LOOP = """
  - id: each
    loop: ["one {{ canary }}", "two {{ canary }}"]
    shell:
      run: |
        printf '%s\\n' {{ item | quote }} >>HERE/out
        [ {{ item[:3] }} = one ] || [ -e HERE/go ]
      undo: rm -f HERE/out
"""


def test_items_that_hold_a_secret_are_decided_once_and_go_on_with_the_vault(
    theatre: Theatre,
) -> None:
    assert theatre.apply(LOOP, on_failure="halt").exit == 4
    (theatre.folder / "go").touch()
    with pytest.raises(UsageError, match="no password was given"):
        theatre.resume(key=False)
    (theatre.folder / "book.yml").unlink()
    assert theatre.resume().exit == 0
    assert (theatre.folder / "out").read_text().splitlines()[-1] == f"two {CANARY}"
    assert theatre.shown() == []


PLACED = """
  - {id: a, copy: {content: "{{ canary }} {{ token }}", dest: HERE/out, mode: "0600"}}
  - {id: b, copy: {content: "public {{ token }}", dest: HERE/out2, mode: "0644"}}
"""


def test_what_a_restore_point_keeps_is_brought_back_without_the_vault(theatre: Theatre) -> None:
    (theatre.folder / "out").write_text("before")
    assert theatre.apply(PLACED).exit == 0
    assert (theatre.folder / "out").read_text() == f"{CANARY} {OTHER}"
    assert (theatre.folder / "out2").read_text() == f"public {OTHER}"
    assert theatre.shown() == []
    assert theatre.rollback(key=False, environment={}).exit == 0
    assert (theatre.folder / "out").read_text() == "before"
    assert not (theatre.folder / "out2").exists()
    assert theatre.shown() == []


UNDONE_BY = """
  - id: a
    copy: {content: new, dest: HERE/out, mode: "0644"}
    rollback: [{copy: {content: "old {{ canary }}", dest: HERE/out, mode: "0600"}}]
  - id: b
    shell:
      run: touch HERE/out2
      creates: HERE/out2
      undo: "[ {{ token }} ] && rm -f HERE/out2"
"""


def test_an_undo_that_needs_secrets_asks_for_the_vault_before_a_host_is_touched(
    theatre: Theatre,
) -> None:
    assert theatre.apply(UNDONE_BY).exit == 0
    with pytest.raises(UsageError, match="no password was given"):
        theatre.rollback(key=False)
    with pytest.raises(UsageError, match="has no variable T"):
        theatre.rollback(environment={})
    project = theatre.project(key=False)
    with pytest.raises(UsageError, match="no password was given"):
        foresee(project, "last", Wish(), theatre.hosts(project))
    assert (theatre.folder / "out").read_text() == "new"
    assert theatre.rollback().exit == 0
    assert (theatre.folder / "out").read_text() == f"old {CANARY}"
    assert not (theatre.folder / "out2").exists()
    assert theatre.shown() == []


STATE = """
  - id: a
    shell:
      run: printf %s {{ canary | quote }} >HERE/out
      state: cat HERE/out 2>/dev/null || true
      expect: "{{ canary }}"
      undo: rm -f HERE/out
"""


def test_a_fact_that_is_a_secret_is_compared_all_the_same(theatre: Theatre) -> None:
    assert theatre.apply(STATE).exit == 0
    assert theatre.apply(STATE).exit == 0
    assert theatre.shown() == []
    (theatre.folder / "out").write_text("somebody's")
    project = theatre.project()
    runs = project.journal().runs()
    hosts, watcher = theatre.hosts(project), theatre.watcher
    first = runs[-1].run
    said = rollback(project, first, Wish(), Options(), hosts, [watcher], watcher.know)[1]
    assert said.exit == 7
    (theatre.folder / "out").write_text(CANARY)
    said = rollback(project, first, Wish(), Options(), hosts, [watcher], watcher.know)[1]
    assert said.exit == 0
    assert not (theatre.folder / "out").exists()
    assert theatre.shown() == []


def test_a_variable_of_the_environment_that_is_not_there_is_told_before_anything_is_begun(
    theatre: Theatre,
) -> None:
    steps = '  - {id: a, copy: {content: "{{ token }}", dest: HERE/out}}\n'
    with pytest.raises(UsageError, match=r"book\.yml:4:10 the environment of mplay"):
        theatre.apply(steps, environment={})
    assert not (theatre.folder / "state").exists()


def test_a_secret_in_how_a_host_is_reached_is_in_no_journal_and_its_undo_asks_for_the_vault(
    theatre: Theatre,
) -> None:
    (theatre.folder / "host_vars").mkdir()
    own = theatre.vaulted.replace("canary:", "ansible_user:", 1).replace("\n  ", "\n")
    (theatre.folder / "host_vars" / "w1.yml").write_text(own)
    assert theatre.apply(PLACED).exit == 0
    assert theatre.shown() == []
    with pytest.raises(UsageError, match="no password was given"):
        theatre.rollback(key=False)
    assert theatre.rollback().exit == 0
    assert theatre.shown() == []


WAITING = """
  - {id: first, shell: {run: "[ -e HERE/go ]", undo: "true"}}
  - {id: second, copy: {content: "{{ canary }}", dest: HERE/out, mode: "0600"}}
"""


def test_a_resume_asks_for_the_vault_before_a_step_would_fail_for_want_of_it(
    theatre: Theatre,
) -> None:
    assert theatre.apply(WAITING, on_failure="halt").exit == 4
    (theatre.folder / "go").touch()
    seen = len(theatre.watcher.records)
    with pytest.raises(UsageError, match=r"book\.yml:\d+:\d+ .* no password was given"):
        theatre.resume(key=False)
    assert len(theatre.watcher.records) == seen
    assert theatre.resume().exit == 0
    assert theatre.resume(key=False).exit == 0
    assert (theatre.folder / "out").read_text() == CANARY
