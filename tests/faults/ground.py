"""Two hosts that are folders of this machine, spoken to by the real protocol over local shells."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mplay.app.apply import apply
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
from mplay.journal import Journal
from mplay.model.events import Event
from mplay.model.host import Host
from mplay.model.record import Record

INVENTORY = """
[all]
w1 ansible_connection=local
w2 ansible_connection=local
"""


class Killed(BaseException):
    """The process ends here, as far as the code under test can tell."""


@dataclass
class Death:
    """When the journal kills its process: at record `at`, before or after it is durable."""

    at: int = 0
    after: bool = False
    seen: int = 0

    def step(self) -> bool:
        """Count a record; whether this is the one."""
        self.seen += 1
        return self.seen == self.at


class DyingJournal(Journal):
    """A journal whose process is killed at one of its records."""

    death = Death()

    def append(self, run: str, event: Event) -> Record:
        return self.append_all(run, [event])[0]

    def append_all(self, run: str, new: Sequence[Event]) -> list[Record]:
        """What becomes durable at once counts as one record."""
        now = self.death.step()
        if now and not self.death.after:
            raise Killed
        records = super().append_all(run, new)
        if now:
            raise Killed
        if self.death.at and self.death.seen > self.death.at:
            raise Killed
        return records


class DyingProject(Project):
    """A project with such a journal."""

    def journal(self, *, create: bool = False) -> Journal:
        return DyingJournal.open(self.journal_url, clock=self.clock, create=create)


class Folders:
    """Opens channels to hosts whose state lies in a folder each."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, host: Host) -> Channel:
        state = self._root / host.name
        state.mkdir(parents=True, exist_ok=True)
        local = replace(host, connection=replace(host.connection, kind="local"))
        return Connectors(Manner(state=str(state), idle=20)).open(local)


class Quiet:
    """A listener that remembers the records."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def on_record(self, record: Record) -> None:
        self.records.append(record)

    def on_output(self, task: str, host: str, text: str) -> None:
        pass

    def know(self, records: Sequence[Record]) -> None:
        self.records.extend(records)


@dataclass(frozen=True)
class Ground:
    """A project in a folder, its two hosts, and the files that its playbooks change."""

    folder: Path

    @property
    def files(self) -> Path:
        return self.folder / "files-of-hosts"

    def project(self) -> DyingProject:
        (self.folder / "hosts.ini").write_text(INVENTORY)
        return DyingProject(
            config=Config(root=self.folder),
            inventory=(self.folder / "hosts.ini",),
            journal_url=str(self.folder / "state" / "journal.db"),
        )

    def connector(self) -> Folders:
        return Folders(self.folder / "hosts")

    def write(self, text: str) -> Path:
        self.files.mkdir(exist_ok=True)
        path = self.folder / "playbook.yml"
        path.write_text(text.replace("FILES", str(self.files)))
        return path

    def apply(self, playbook: Path, options: Options | None = None, **more: Any) -> Ending:
        request = Request(playbook=playbook, options=options or Options(), **more)
        return apply(self.project(), request, self.connector(), [Quiet()])[1]

    def resume(self, options: Options | None = None) -> Ending:
        quiet = Quiet()
        found = options or Options()
        return resume(self.project(), "last", found, self.connector(), [quiet], quiet.know)[1]

    def rollback(self, wish: Wish | None = None) -> Ending:
        quiet = Quiet()
        return rollback(
            *(self.project(), "last", wish or Wish(), Options(say_yes=True), self.connector()),
            *([quiet], quiet.know),
        )[1]

    def tree(self) -> Mapping[str, tuple[str, int]]:
        """Every file that playbooks may have touched: content and mode."""
        return {
            str(path.relative_to(self.files)): (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
                path.stat().st_mode,
            )
            for path in sorted(self.files.rglob("*"))
        }

    def journal(self) -> Journal:
        return Journal.open(self.folder / "state" / "journal.db", create=False)

    def dies(self, at: int, *, after: bool) -> Death:
        """Let the next command die at its `at`-th record."""
        DyingJournal.death = Death(at=at, after=after)
        return DyingJournal.death

    def lives(self) -> None:
        """Let it not die any more."""
        DyingJournal.death = Death()
