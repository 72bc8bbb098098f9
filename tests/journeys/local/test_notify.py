"""A step that tells people: sent once, never in a dry-run, and its URL is seen by nobody."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mplay.app.apply import apply
from mplay.app.dry_run import dry_run
from mplay.app.prepare import Request
from mplay.app.project import Project
from mplay.app.resume import resume
from mplay.app.rollback import Wish, rollback
from mplay.channel.connect import Connectors
from mplay.channel.protocol import Channel, Connector
from mplay.channel.relay import Manner
from mplay.config import Config
from mplay.executor.context import Options
from mplay.executor.dryrun import Forecast
from mplay.executor.execution import Ending
from mplay.journal import Journal
from mplay.model.errors import HostLocked, UsageError
from mplay.model.events import Event, Intent, OutcomeSeen
from mplay.model.host import Host
from mplay.model.record import Record
from mplay.model.secrets import Secrets
from mplay.report.lines import Lines
from mplay.report.writer import Writer
from mplay.source import Key, Vault
from mplay.testing import FakeConnector, FakeHost, Fault
from tests.faults.ground import Killed
from tests.journeys.local.stage import Watcher
from tests.journeys.project import CHECKOUT
from tests.unit.source.vaults import inline, password_file

CANARY = "c4nary-of-a-url-7f3a"
FORMS = (CANARY, base64.b64encode(f"user:{CANARY}".encode()).decode())
STEP = '  - {id: tell, notify: {to: "env:TELL_URL", title: "{{ what }}", body: batch done}}\n'


class Service(BaseHTTPRequestHandler):
    """Takes messages, and looks at every process while the one that sends still waits."""

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        scene: Scene = self.server.scene  # type: ignore[attr-defined]
        scene.taken.append(said)
        scene.signed.append(self.headers["Authorization"])
        for name in ("cmdline", "environ"):
            for process in Path("/proc").glob(f"[0-9]*/{name}"):
                with suppress(OSError):
                    seen = process.read_bytes()
                    scene.processes += 1
                    scene.exposed += [str(seen) for form in FORMS if form.encode() in seen]
        scene.begun.set()
        scene.go.wait(60)
        self.send_response(scene.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        pass


class Mortal(Journal):
    """A journal whose process is killed at the first record of a kind, before or after it."""

    kind: type[Event] | None = None
    after = False
    dead = False

    def append(self, run: str, event: Event) -> Record:
        return self.append_all(run, [event])[0]

    def append_all(self, run: str, new: Sequence[Event]) -> list[Record]:
        if Mortal.dead:
            raise Killed
        Mortal.dead = Mortal.kind is not None and any(isinstance(e, Mortal.kind) for e in new)
        if Mortal.dead and not Mortal.after:
            raise Killed
        records = super().append_all(run, new)
        if Mortal.dead:
            raise Killed
        return records


class MortalProject(Project):
    """A project with such a journal."""

    def journal(self, *, create: bool = False) -> Journal:
        secrets = self.vault.secrets
        return Mortal.open(self.journal_url, clock=self.clock, create=create, secrets=secrets)


@dataclass
class Folders:
    """Opens channels to hosts whose state lies in a folder each."""

    root: Path
    secrets: Secrets

    def open(self, host: Host) -> Channel:
        state = self.root / host.name
        state.mkdir(parents=True, exist_ok=True)
        local = replace(host, connection=replace(host.connection, kind="local"))
        return Connectors(Manner(state=str(state), idle=20), secrets=self.secrets).open(local)


class Scene:
    """A project whose playbook tells a service of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.chmod(0o755)
        self.taken: list[dict[str, str]] = []
        self.signed: list[str] = []
        self.exposed: list[str] = []
        self.processes = 0
        self.status = 200
        self.port = 0
        self.environment: dict[str, str] = {}
        self.begun, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.frail: Connector | None = None
        self.watcher = Watcher()
        self.out = io.StringIO()
        password_file(folder, "the key", "key")
        (folder / "hosts").write_text("w1 ansible_connection=local\nw2 ansible_connection=local\n")

    @property
    def url(self) -> str:
        return f"json://user:{CANARY}@127.0.0.1:{self.port}/"

    def project(self) -> Project:
        """What a new process would have."""
        surroundings = self.environment or {"TELL_URL": self.url}
        vault = Vault([Key("default", b"the key")], Secrets(), surroundings)
        return MortalProject(
            config=Config(root=self.folder),
            inventory=(self.folder / "hosts",),
            journal_url=str(self.folder / "state" / "journal.db"),
            vault=vault,
        )

    def request(self, steps: str) -> Request:
        book = self.folder / "book.yml"
        book.write_text(f"name: b\nhosts: all\nbecome: true\nvars: {{what: shop}}\nsteps:\n{steps}")
        return Request(playbook=book, on_failure="halt")

    def listeners(self, project: Project) -> list[Any]:
        """Whoever shows and keeps what the run says; the terminal at its most talkative."""
        writer = Writer(self.out, redactor=project.vault.secrets)
        return [self.watcher, Lines(writer, verbose=3, diff=True)]

    def hosts(self, project: Project) -> Connector:
        return self.frail or Folders(self.folder / "host", project.vault.secrets)

    def apply(self, steps: str) -> Ending:
        project = self.project()
        listeners = self.listeners(project)
        return apply(project, self.request(steps), self.hosts(project), listeners)[1]

    def dry_run(self, steps: str) -> Forecast:
        project = self.project()
        return dry_run(project, self.request(steps), self.hosts(project))[1]

    def resume(self) -> Ending:
        project = self.project()
        listeners = self.listeners(project)

        def know(records: Sequence[Record]) -> None:
            for listener in listeners:
                listener.know(records)

        return resume(project, "last", Options(), self.hosts(project), listeners, know)[1]

    def rollback(self) -> Ending:
        project = self.project()
        hosts, watcher = self.hosts(project), self.watcher
        options = Options(say_yes=True)
        return rollback(project, "last", Wish(), options, hosts, [watcher], watcher.know)[1]

    def shown(self) -> list[str]:
        """Where the URL is that nobody was to see."""
        found = [
            str(path)
            for path in self.folder.rglob("*")
            if path.is_file() and any(form.encode() in path.read_bytes() for form in FORMS)
        ]
        said = [str(record.event) for record in self.watcher.records]
        said += [*self.watcher.output, self.out.getvalue()]
        return found + self.exposed + [s for s in said if any(form in s for form in FORMS)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    Mortal.kind, Mortal.dead = None, False
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.scene = made  # type: ignore[attr-defined]
        made.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()
    Mortal.kind, Mortal.dead = None, False


def test_it_is_sent_once_whatever_hosts_the_step_has_and_each_time_anew(scene: Scene) -> None:
    assert scene.apply(STEP).exit == 0
    assert [said["title"] for said in scene.taken] == ["shop"]
    assert scene.apply(STEP).exit == 0
    assert len(scene.taken) == 2
    ended = [r.event for r in scene.watcher.records if isinstance(r.event, OutcomeSeen)]
    assert {e.task for e in ended} == {"tell@localhost"}
    assert {e.output for e in ended} == {"delivered by JSON\n"}


def test_a_dry_run_says_that_it_would_and_tells_nobody(scene: Scene) -> None:
    [row] = scene.dry_run(STEP).rows
    assert (str(row.status), row.summary) == ("would-change", "tell by json: shop")
    assert scene.taken == []


def test_the_url_is_seen_by_nobody(scene: Scene) -> None:
    assert scene.apply(STEP).exit == 0
    assert scene.signed == [f"Basic {FORMS[1]}"], "the canary was sent"
    assert scene.processes > 10
    scene.status = 403
    assert scene.apply(STEP).exit == 4
    assert "tell by json: shop" in scene.out.getvalue()
    assert scene.shown() == []


def test_a_url_from_a_vault_is_seen_by_nobody(scene: Scene) -> None:
    key = scene.folder / "key"
    value = inline(scene.url, "to", key).replace("\n", "\n        ")
    step = f"  - id: tell\n    notify:\n        {value}\n        body: done\n"
    assert scene.apply(step).exit == 0
    assert len(scene.taken) == 1
    assert scene.shown() == []


def test_what_was_not_taken_fails_the_step_by_the_kind_of_the_service(scene: Scene) -> None:
    scene.status = 500
    ending = scene.apply(STEP)
    assert (str(ending.status), ending.exit) == ("halted", 4)
    assert "not delivered by JSON: it answered 500" in ending.why
    scene.status = 200
    assert scene.resume().exit == 0
    assert len(scene.taken) == 2


def test_of_two_runs_that_tell_somebody_the_second_is_refused(scene: Scene) -> None:
    refused: list[str] = []

    def at(record: Record) -> None:
        if isinstance(record.event, OutcomeSeen):
            scene.watcher = Watcher()
            with pytest.raises(HostLocked) as error:
                scene.apply(STEP)
            refused.append(str(error.value))

    scene.watcher = Watcher(at)
    assert scene.apply(STEP).exit == 0
    assert [text.split(" by run")[0] for text in refused] == ["localhost locked"]
    assert len(scene.taken) == 1


def test_a_rollback_passes_over_it(scene: Scene) -> None:
    assert scene.apply(STEP).exit == 0
    assert scene.rollback().exit == 0
    assert len(scene.taken) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", [Intent, OutcomeSeen])
def test_what_was_sent_when_mplay_was_killed_is_not_sent_again(
    scene: Scene, kind: type[Event], after: bool
) -> None:
    Mortal.kind, Mortal.after = kind, after
    with pytest.raises(Killed):
        scene.apply(STEP)
    sent = len(scene.taken)
    assert sent == (1 if kind is OutcomeSeen else 0)
    Mortal.kind, Mortal.dead = None, False
    assert scene.resume().exit == 0
    assert len(scene.taken) == 1
    assert scene.shown() == []


APPLY = """
import sys
from pathlib import Path
from tests.journeys.local.test_notify import STEP, Scene

scene = Scene(Path(sys.argv[1]))
scene.port = int(sys.argv[2])
scene.apply(STEP)
"""


def test_what_is_being_sent_while_mplay_is_killed_arrives_and_is_not_sent_again(
    scene: Scene,
) -> None:
    scene.go.clear()
    argv = [sys.executable, "-c", APPLY, str(scene.folder), str(scene.port)]
    with subprocess.Popen(argv, cwd=CHECKOUT, start_new_session=True) as process:
        assert scene.begun.wait(60)
        os.killpg(process.pid, signal.SIGKILL)
    scene.go.set()
    assert scene.resume().exit == 0
    ended = [r.event for r in scene.watcher.records if isinstance(r.event, OutcomeSeen)]
    assert [(e.status, e.output) for e in ended] == [("changed", "delivered by JSON\n")]
    assert len(scene.taken) == 1
    assert scene.shown() == []


@pytest.mark.parametrize(
    ("fault", "sent"),
    [
        *((Fault.DIES_BEFORE, 1), (Fault.REBOOTS_BEFORE, 1)),
        *((Fault.DIES_AFTER, 2), (Fault.REBOOTS_AFTER, 2)),
    ],
)
def test_where_the_machine_went_down_it_is_told_and_a_resume_sends_it_for_certain(
    scene: Scene, fault: Fault, sent: int
) -> None:
    machine = FakeHost(name="localhost", folder=scene.folder / "machine")
    machine.fail(fault, "tell@localhost")
    scene.frail = FakeConnector([machine])
    ending = scene.apply(STEP)
    assert ending.exit == 4
    assert "in the middle of it" in ending.why
    assert scene.resume().exit == 0
    assert len(scene.taken) == sent


@pytest.mark.parametrize(
    ("to", "what"),
    [
        ("slakc://T0ken/B/C", "slakc://; did you mean slack://?"),
        ("slack://T0ken", "lacks something that slack:// needs"),
        ("[syslog://, T0ken]", "URL 2 of `to` is none"),
        ("json://user:T0ken@127.0.0.1/", "'to' has a secret part"),
        ("[env:TELL_URL, 'json://user:T0ken@127.0.0.1/']", "'to' has a secret part"),
        ("\"{{ 'json://user:T0ken@127.0.0.1/' | trim }}\"", "'to' has a secret part"),
    ],
)
def test_a_bad_url_is_told_before_anything_is_begun(scene: Scene, to: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        scene.apply(f'  - id: tell\n    notify:\n      to: {to}\n      body: "{{{{ what }}}}"\n')
    assert what in str(refused.value)
    assert "T0ken" not in str(refused.value)
    assert "book.yml:8:" in str(refused.value)
    assert refused.value.exit_code == 2
    assert not (scene.folder / "state").exists()


def test_a_part_of_a_url_may_be_the_secret(scene: Scene) -> None:
    scene.environment = {"WORD": CANARY}
    to = f"json://user:{{{{ word }}}}@127.0.0.1:{scene.port}/"
    step = f'  - {{id: tell, vars: {{word: env:WORD}}, notify: {{to: "{to}", body: x}}}}\n'
    assert scene.apply(step).exit == 0
    assert scene.signed == [f"Basic {FORMS[1]}"]
    assert scene.shown() == []
