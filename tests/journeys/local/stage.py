"""A stage for runs: three hosts that are folders, a log of what happened on them, and helpers.

``DO(a)`` in a playbook is a shell step that appends ``+a@HOST`` to one log, and ``-a@HOST`` when
it is undone; it fails where the file ``fail-a@HOST`` exists. ``TELL(a)`` appends too, and has
nothing to undo; ``SELF`` is the name of the host. So the log is the story of a run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from mplay.app.apply import apply
from mplay.app.dry_run import dry_run
from mplay.app.foresee import UndoStep, foresee
from mplay.app.prepare import Request
from mplay.app.project import Project
from mplay.app.resume import resume
from mplay.app.rollback import Wish, rollback
from mplay.channel.protocol import Channel, Frame, OnOutput, Reply
from mplay.config import Config
from mplay.executor.context import Options
from mplay.executor.dryrun import Forecast
from mplay.executor.execution import Ending
from mplay.journal import Journal
from mplay.model.errors import HostRefused, LinkLost, Unreachable
from mplay.model.events import Event
from mplay.model.host import Host
from mplay.model.record import Record
from mplay.model.state import RunState
from mplay.model.task import TaskKey
from tests.faults.ground import DyingProject, Folders

INVENTORY = """
[all]
w1 ansible_connection=local letter=a
w2 ansible_connection=local letter=b
w3 ansible_connection=local letter=c
"""
_DO = re.compile(r"DO\((?P<name>[\w-]+)\)")
_SAY = re.compile(r"TELL\((?P<name>[\w-]+)\)")
_SHELL = (
    'shell: {run: "echo +NAME@{{ inventory_hostname }} >>FILES/log;'
    ' ! [ -e FILES/fail-NAME@{{ inventory_hostname }} ]",'
    ' undo: "echo -NAME@{{ inventory_hostname }} >>FILES/log"}'
)
_CALL = 'tell: {path: FILES/log, text: "+NAME@{{ inventory_hostname }}"}'
_TELL = '''
"""Say something in a file; nothing to undo."""

from mplay.sdk import Action, Change, Script, WayBack, sh


class Tell(Action):
    """Appends a line."""

    path: str
    text: str

    def way_back(self) -> WayBack:
        return WayBack.HARMLESS

    def probe(self) -> Script:
        return sh("fact tell:{path} 1", path="x")

    def plan(self, seen):
        apply = sh("echo {text} >>{path}", text=self.text, path=self.path)
        keeps = {"save": "", "restore": None, "expect": {}, "restored": {}}
        return Change(summary="tell " + self.text, apply=apply, **keeps)
'''
Found = TypeVar("Found", bound=Event)


class Watcher:
    """A listener that keeps records and output, and may do something at a record."""

    def __init__(self, at: Callable[[Record], None] | None = None) -> None:
        self.records: list[Record] = []
        self.output: list[str] = []
        self._at = at

    def on_record(self, record: Record) -> None:
        self.records.append(record)
        if self._at:
            self._at(record)

    def on_output(self, task: str, host: str, text: str) -> None:
        self.output.append(text)

    def know(self, records: Sequence[Record]) -> None:
        pass


class Frail:
    """A channel whose connection is lost in the middle of the frame that makes a file appear."""

    def __init__(self, inner: Channel, host: str, is_cut: Callable[[str], bool]) -> None:
        self._inner = inner
        self._host = host
        self._is_cut = is_cut

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        reply = self._inner.send(frame, on_output)
        if self._is_cut(self._host):
            raise LinkLost(self._host, "cut")
        return reply

    def send_all(self, frames: Sequence[Frame]) -> Sequence[Reply]:
        replies = self._inner.send_all(frames)
        if self._is_cut(self._host):
            raise LinkLost(self._host, "cut")
        return replies


class Hosts(Folders):
    """Opens the hosts' channels.

    Those in `down` give no connection, those in `refusing` say no; those in `cut_when` lose it
    once that file is there.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.down: set[str] = set()
        self.refusing: set[str] = set()
        self.cut_when: dict[str, Path] = {}

    def open(self, host: Host) -> Channel:
        if host.name in self.down or self._is_cut(host.name):
            raise Unreachable(host.name, "no route to host")
        if host.name in self.refusing:
            raise HostRefused(host.name, "it refused the login", hint=f"try: ssh {host.name}")
        channel = super().open(host)
        if host.name in self.cut_when:
            return cast("Channel", Frail(channel, host.name, self._is_cut))
        return channel

    def _is_cut(self, host: str) -> bool:
        return host in self.cut_when and self.cut_when[host].exists()


@dataclass(frozen=True)
class Told:
    """What a command said, and how the run stands after it."""

    ending: Ending
    watcher: Watcher
    state: RunState

    @property
    def said(self) -> tuple[str, int]:
        return str(self.ending.status), self.ending.exit

    def status(self, task: str) -> str:
        return str(self.state.task(TaskKey.parse(task)).status)

    def events(self, kind: type[Found]) -> list[Found]:
        return [r.event for r in self.watcher.records if isinstance(r.event, kind)]


@dataclass
class Stage:
    """A project in a folder; every command returns what it told."""

    folder: Path
    hosts: Any = field(init=False)
    project: Project = field(init=False)
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        self.hosts = Hosts(self.folder / "hosts")
        self.files.mkdir(exist_ok=True)
        (self.folder / "hosts.ini").write_text(INVENTORY)
        (self.folder / "modules").mkdir(exist_ok=True)
        (self.folder / "modules" / "tell.py").write_text(_TELL)
        self.forget_modules()

    def forget_modules(self) -> None:
        """What a new process would know."""
        self.project = DyingProject(
            config=Config(root=self.folder),
            inventory=(self.folder / "hosts.ini",),
            journal_url=str(self.folder / "state" / "journal.db"),
        )

    @property
    def files(self) -> Path:
        return self.folder / "files-of-hosts"

    def write(self, text: str, name: str = "playbook.yml") -> Path:
        told = _DO.sub(lambda found: _SHELL.replace("NAME", found["name"]), text)
        told = told.replace("SELF", "{{ inventory_hostname }}")
        told = _SAY.sub(lambda found: _CALL.replace("NAME", found["name"]), told)
        path = self.folder / name
        path.write_text(told.replace("FILES", str(self.files)))
        return path

    def file(self, name: str, text: str = "") -> Path:
        path = self.files / name
        path.write_text(text)
        return path

    def read(self, name: str) -> str:
        return (self.files / name).read_text()

    def breaks(self, task: str) -> None:
        """From now on ``DO(task)`` fails there."""
        self.file(f"fail-{task}")

    def mends(self, task: str) -> None:
        (self.files / f"fail-{task}").unlink()

    def story(self) -> list[str]:
        log = self.files / "log"
        return log.read_text().split() if log.exists() else []

    def story_of(self, host: str) -> list[str]:
        return [line.partition("@")[0] for line in self.story() if line.endswith(f"@{host}")]

    def apply(
        self,
        text: str,
        *,
        on_failure: str = "",
        limit: str = "",
        extra_vars: dict[str, object] | None = None,
        at: Callable[[Record], None] | None = None,
    ) -> Told:
        request = Request(
            playbook=self.write(text),
            on_failure=on_failure,
            limit=limit,
            extra_vars=extra_vars or {},
            options=self.options,
        )
        watcher = Watcher(at)
        run, ending = apply(self.project, request, self.hosts, [watcher])
        return self._told(run, ending, watcher)

    def dry_run(self, text: str) -> Forecast:
        request = Request(playbook=self.write(text), options=self.options)
        return dry_run(self.project, request, self.hosts)[1]

    def resume(
        self,
        wanted: str = "last",
        *,
        yes: bool = False,
        evidence: dict[str, str] | None = None,
        at: Callable[[Record], None] | None = None,
    ) -> Told:
        watcher = Watcher(at)
        options = Options(say_yes=yes, evidence=evidence or {}, reconnect=self.options.reconnect)
        run, ending = resume(self.project, wanted, options, self.hosts, [watcher], watcher.know)
        return self._told(run, ending, watcher)

    def rollback(
        self,
        wanted: str = "last",
        *,
        step: str = "",
        hosts: tuple[str, ...] = (),
        keep_dependents: bool = False,
        yes: bool = True,
        at: Callable[[Record], None] | None = None,
    ) -> Told:
        watcher = Watcher(at)
        wish = Wish(step=step, hosts=hosts, keep_dependents=keep_dependents)
        options = Options(say_yes=yes, reconnect=self.options.reconnect)
        run, ending = rollback(
            self.project, wanted, wish, options, self.hosts, [watcher], watcher.know
        )
        return self._told(run, ending, watcher)

    def foresee(self, wish: Wish | None = None) -> list[UndoStep]:
        return foresee(self.project, "last", wish or Wish(), self.hosts)[1]

    def _told(self, run: str, ending: Ending, watcher: Watcher) -> Told:
        with self.project.journal() as journal:
            return Told(ending, watcher, journal.state(run))

    def claims(self) -> dict[str, str]:
        with self.project.journal() as journal:
            return journal.claims()

    def locked(self) -> list[str]:
        """The hosts that hold a lock."""
        return [
            name
            for name in ("w1", "w2", "w3")
            if (channel := self._channel(name)) is not None and _holds(channel)
        ]

    def _channel(self, name: str) -> Channel | None:
        if not (self.folder / "hosts" / name).exists():
            return None
        from mplay.model.host import Connection

        return Folders(self.folder / "hosts").open(
            Host(name=name, groups=(), vars={}, connection=Connection(kind="local"))
        )

    def journal_text(self) -> str:
        """All that the journal has written to disk."""
        parts = sorted((self.folder / "state").glob("journal.db*"))
        return "".join(p.read_bytes().decode("utf-8", "replace") for p in parts if p.is_file())


def _holds(channel: Channel) -> bool:
    try:
        return channel.about().holder is not None
    except LinkLost:
        return False
    finally:
        channel.close()


__all__ = ["Journal", "Stage", "Told", "Watcher"]
