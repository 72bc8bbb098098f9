"""Events, records and a clock for tests of the journal, of reports and of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mplay.journal import Journal
from mplay.model.events import Event, Intent, OutcomeSeen, RunBegin, Undoing, Undone
from mplay.model.record import Record

RUN = "20261123-0230-7k3f"


class HeldClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def open_journal(folder: Path, *, clock: HeldClock | None = None, by: str = "ann@here") -> Journal:
    return Journal.open(folder / "journal.db", clock=clock or HeldClock(), by=by)


def plan(steps: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "steps": [
            {"path": path, "number": number, "hosts": list(hosts)}
            for number, (path, hosts) in enumerate(steps.items())
        ]
    }


def begin(steps: Mapping[str, Sequence[str]] | None = None, **fields: Any) -> RunBegin:
    known = steps or {"web/conf": ["web1", "web2"]}
    every: dict[str, Any] = {
        "playbook": "playbooks/monthly.yml",
        "name": "Monthly maintenance",
        "environment": "staging",
        "sources": {},
        "plan": plan(known),
        "digests": {},
        "hosts": list(dict.fromkeys(h for hosts in known.values() for h in hosts)),
        "connections": {},
        "variables": {},
        "owner": {"user": "ann", "host": "here", "pid": 1, "began": ""},
        "options": {},
    }
    return RunBegin(**(every | fields))


def intent(task: str, attempt: int = 1, *, number: int = 1, host: str = "", **more: Any) -> Intent:
    every: dict[str, Any] = {
        "kind": "apply",
        "module": "file",
        "summary": "mode 0600 -> 0644",
        "probe": "fact a b",
        "seen": {"a": "0600"},
        "save": "",
        "apply": "chmod 0644 /a",
        "restore": "chmod 0600 /a",
        "expect": {"a": "0644"},
        "restored": {"a": "0600"},
        "way_back": "restore",
    }
    subject = task.partition("@")[2].partition("#")[0].partition("~")[0]
    named = {"task": task, "attempt": attempt, "number": number, "host": host or subject}
    return Intent(**(every | named | more))


def outcome(task: str, status: str = "changed", attempt: int = 1, **more: Any) -> OutcomeSeen:
    done = {"outcome": "FAILED" if status == "failed" else "DONE", "seconds": 1.5}
    return OutcomeSeen(task=task, attempt=attempt, status=status, **(done | more))


def undoing(task: str, attempt: int = 1, *, tries: int = 1, number: int = 9) -> Undoing:
    host = task.partition("@")[2].partition("#")[0]
    return Undoing(task=task, attempt=attempt, tries=tries, host=host, number=number)


def undone(task: str, result: str = "undone", attempt: int = 1, **more: Any) -> Undone:
    return Undone(task=task, attempt=attempt, result=result, **more)


def records(*events: Event) -> list[Record]:
    made: list[Record] = []
    for seq, event in enumerate(events, start=1):
        prev = made[-1].hash if made else ""
        at = f"2026-11-23T02:30:{seq % 60:02d}.000Z"
        made.append(Record.sealed(run=RUN, seq=seq, at=at, by="ann@here", prev=prev, event=event))
    return made
