"""A record is an event with its place in the hash chain of its run; listeners are shown records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mplay.model.digest import digest
from mplay.model.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An event in its place.

    `at` is ISO 8601 in UTC, `by` is ``user@host``, `prev` the former record's hash ('' for the
    first), `hash` is `digest` of all the rest.
    """

    run: str
    seq: int
    at: str
    by: str
    prev: str
    hash: str
    event: Event

    @staticmethod
    def sealed(*, run: str, seq: int, at: str, by: str, prev: str, event: Event) -> Record:
        """The record with its hash computed."""
        body = chained(run=run, seq=seq, at=at, by=by, prev=prev, kind=event.KIND)
        body["data"] = event.data()
        return Record(run=run, seq=seq, at=at, by=by, prev=prev, hash=digest(body), event=event)


def chained(*, run: str, seq: int, at: str, by: str, prev: str, kind: str) -> dict[str, Any]:
    """The part of a record, without its data, that its hash covers."""
    return {"run": run, "seq": seq, "at": at, "by": by, "prev": prev, "kind": kind}


class Listener(Protocol):
    """Somebody who is shown what happens: terminal, JSON, report. Called after the journal."""

    def on_record(self, record: Record) -> None:
        """A record was made durable."""
        ...

    def on_output(self, task: str, host: str, text: str) -> None:
        """A task printed something; `text` is from the host: data, already decoded."""
        ...
