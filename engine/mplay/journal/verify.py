"""Whether the journal is as it was written."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, text, union
from sqlalchemy.exc import DatabaseError

from mplay.journal.chain import Finding, Link, check_chain
from mplay.journal.database import meaning
from mplay.journal.schema import events, runs


def verify(connection: Connection, run: str | None = None, *, head: str = "") -> list[Finding]:
    """Findings over one run or all. `head` is the hash that an ended run is known to have."""
    found: list[Finding] = []
    try:
        found += _file(connection)
        names = [run] if run else _names(connection)
        for name in names:
            found += _run(connection, name, head)
    except DatabaseError as error:
        found.append(Finding(run=run or "", seq=0, what=f"it cannot be read: {meaning(error)}"))
    return found


def _file(connection: Connection) -> Iterator[Finding]:
    for (line,) in connection.execute(text("PRAGMA quick_check(10)")):
        if line != "ok":
            yield Finding(run="", seq=0, what=f"the file is damaged: {line}")


def _names(connection: Connection) -> list[str]:
    return sorted(connection.execute(union(select(events.c.run), select(runs.c.run))).scalars())


def _run(connection: Connection, run: str, head: str) -> Iterator[Finding]:
    query = select(events).where(events.c.run == run).order_by(events.c.seq)
    links = [Link(**row) for row in connection.execute(query).mappings()]
    yield from check_chain(links)
    if not links:
        yield Finding(run=run, seq=0, what="all of its events are missing")
        return
    last = links[-1]
    if links[0].kind != "RUN_BEGIN":
        yield Finding(run=run, seq=links[0].seq, what="it does not begin with RUN_BEGIN")
    yield from _ends(connection, last, head)


def _ends(connection: Connection, last: Link, head: str) -> Iterator[Finding]:
    row = connection.execute(select(runs).where(runs.c.run == last.run)).mappings().first()
    if row is None:
        yield Finding(run=last.run, seq=0, what="it is in no list; `mplay journal rebuild`")
    elif (row["seq"], row["head"]) != (last.seq, last.hash):
        what = f"its last event is number {last.seq}, but number {row['seq']} was written"
        yield Finding(run=last.run, seq=last.seq, what=what)
    if head and last.hash != head:
        what = f"its last event's hash is {last.hash}, not {head}"
        yield Finding(run=last.run, seq=last.seq, what=what)
