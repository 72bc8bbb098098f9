"""The hash chain of a run: sealing an event into its place, and checking the whole of it.

The hash of a record is `digest` of its place and data. `data` is stored in the canonical form in
which it was hashed, so sealing and checking put the hashed text together from its parts instead
of encoding a large event again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mplay.model.digest import VERSION, canonical
from mplay.model.record import chained


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A row of `events`: a record whose event is still text."""

    run: str
    seq: int
    at: str
    by: str
    kind: str
    data: str
    prev: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in the journal that is not as it was written."""

    run: str
    seq: int
    what: str

    def __str__(self) -> str:
        place = f"run {self.run}, event {self.seq}: " if self.seq else f"run {self.run}: "
        return (place if self.run else "") + self.what


def link(*, run: str, seq: int, at: str, by: str, kind: str, data: str, prev: str) -> Link:
    """The link with its hash computed; `data` is canonical JSON."""
    sealed = _hash(run=run, seq=seq, at=at, by=by, kind=kind, data=data, prev=prev)
    return Link(run=run, seq=seq, at=at, by=by, kind=kind, data=data, prev=prev, hash=sealed)


def check_chain(links: Iterable[Link]) -> Iterator[Finding]:
    """What is wrong with the links of one run, given in order."""
    prev, seq = "", 0
    for this in links:
        seq += 1
        if this.seq != seq:
            yield _finding(this, f"events {seq} to {this.seq - 1} are missing")
            seq = this.seq
        elif this.prev != prev:
            yield _finding(this, "it does not follow the event before it")
        if this.hash != _hash_of(this):
            yield _finding(this, f"its content was changed ({this.kind})")
        prev = this.hash


def _finding(this: Link, what: str) -> Finding:
    return Finding(run=this.run, seq=this.seq, what=what)


def _hash_of(this: Link) -> str:
    return _hash(
        run=this.run,
        seq=this.seq,
        at=this.at,
        by=this.by,
        kind=this.kind,
        data=this.data,
        prev=this.prev,
    )


def _hash(*, run: str, seq: int, at: str, by: str, kind: str, data: str, prev: str) -> str:
    """`digest` of the record's body: keys in order are at, by, data, kind, prev, run, seq."""
    body = chained(run=run, seq=seq, at=at, by=by, prev=prev, kind=kind)
    head = canonical({"at": body.pop("at"), "by": body.pop("by")})
    tail = canonical(body)
    hashed = hashlib.sha256(head[:-1] + b',"data":')
    hashed.update(data.encode("utf-8", "surrogatepass"))
    hashed.update(b"," + tail[1:])
    return VERSION + hashed.hexdigest()
