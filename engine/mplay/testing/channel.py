"""`FakeConnector` and `FakeChannel`: the protocol of channels, spoken with hosts in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mplay.channel.protocol import (
    About,
    Claim,
    Frame,
    Greeting,
    Holder,
    OnOutput,
    Piece,
    PieceKind,
    PieceResult,
    Reply,
    TaskState,
)
from mplay.model.errors import HostLocked, HostRefused, LinkLost, PersonNeeded, Unreachable
from mplay.model.host import Host
from mplay.model.task import Outcome
from mplay.testing.fake_host import FakeHost, Fault, Key

_WORK = frozenset({PieceKind.SAVE, PieceKind.APPLY, PieceKind.RESTORE})
_DEATHS = {
    Fault.DIES_BEFORE: Outcome.DIED,
    Fault.DIES_AFTER: Outcome.DIED,
    Fault.ORPHANS: Outcome.ORPHAN,
    Fault.REBOOTS_BEFORE: Outcome.REBOOTED,
    Fault.REBOOTS_AFTER: Outcome.REBOOTED,
}
_BEFORE = frozenset({Fault.DIES_BEFORE, Fault.REBOOTS_BEFORE})
_REBOOTS = frozenset({Fault.REBOOTS_BEFORE, Fault.REBOOTS_AFTER})


class FakeConnector:
    """Opens channels to hosts in memory; Unreachable for one that it has not, or that is down."""

    def __init__(self, hosts: Iterable[FakeHost]) -> None:
        self.hosts: Mapping[str, FakeHost] = {host.name: host for host in hosts}

    def open(self, host: Host) -> FakeChannel:
        """A new connection."""
        fake = self.hosts.get(host.name)
        if fake is None:
            raise Unreachable(host.name, "no route to host")
        with fake.mutex:
            if fake.unreachable:
                fake.unreachable -= 1 if fake.unreachable > 0 else 0
                raise Unreachable(host.name, "connection timed out", hint="is it up?")
            fake.connections += 1
        return FakeChannel(fake)


class FakeChannel:
    """One connection to a `FakeHost`; what the host keeps outlives it."""

    def __init__(self, host: FakeHost) -> None:
        self.host = host.name
        self._fake = host
        self._claim: Claim | None = None
        self._open = True

    @property
    def login(self) -> str:
        """The account that logged in."""
        return self._fake.user

    def hello(self, claim: Claim) -> Greeting:
        """Take the lock, unless a token holds it that this claim may not replace."""
        with self._fake.mutex:
            fake = self._connected()
            if claim.machine_id and claim.machine_id != fake.machine_id:
                raise PersonNeeded(
                    f"another machine answers as {self.host}: its machine-id is {fake.machine_id}",
                    hint="find out which machine it is before anything is sent to it",
                )
            if fake.holder and fake.token not in {claim.token, *claim.superseded}:
                raise self._locked(fake.holder)
            fake.holder = Holder(run=claim.run, owner=claim.owner, since="2024-01-01T02:00:00Z")
            fake.token = claim.token
            self._claim = claim
            return Greeting(
                machine_id=fake.machine_id,
                boot=fake.boot,
                user=fake.user,
                states=tuple(s for key, s in fake.states.items() if key[0] == claim.run),
                facts=dict(fake.facts),
                free={"/var/lib/mplay": 10 << 30},
                owed=fake.owed,
            )

    def look(self, pieces: Sequence[Piece], *, become: bool) -> Mapping[str, PieceResult]:
        """Run probes; nothing is kept."""
        del become
        with self._fake.mutex:
            fake = self._connected()
            return {piece.name: fake.run(piece, ("", 0, 0, 0)) for piece in pieces}

    def about(self) -> About:
        """What the host is, and who holds its lock."""
        with self._fake.mutex:
            return About(user=self.login, holder=self._connected().holder)

    def send(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """Do a frame, or let happen to it what is to go wrong."""
        with self._fake.mutex:
            fake = self._owned()
            fault = fake.fault_for(frame)
            if fault is Fault.LOST_BEFORE:
                self._lose()
            fake.frames.append(frame)
            for blob in frame.blobs:
                fake.put(blob, frame.read)
            if fault in _DEATHS:
                return self._die(frame, fault)
            reply = self._done(frame)
            if frame.number:
                self._keep(frame, reply)
            if fault is Fault.LOST_AFTER:
                self._lose()
            return self._told(reply, on_output)

    def send_all(self, frames: Sequence[Frame]) -> Sequence[Reply]:
        """Do frames one after another while they go well."""
        replies: list[Reply] = []
        for frame in frames:
            if replies and replies[-1].outcome is not Outcome.DONE:
                replies.append(Reply(outcome=Outcome.NEVER, rc=None, pieces={}))
            else:
                replies.append(self.send(frame))
        return replies

    def attach(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """The reply that waits, or what is known of the attempt."""
        with self._fake.mutex:
            fake = self._owned()
            key = self._key(frame)
            if key in fake.replies:
                return self._told(fake.replies[key], on_output)
            state = fake.states.get(key)
            return Reply(outcome=state.outcome if state else Outcome.NEVER, rc=None, pieces={})

    def kill(self, frame: Frame) -> None:
        """End the processes of an orphan."""
        with self._fake.mutex:
            states, key = self._owned().states, self._key(frame)
            if key in states and states[key].outcome is Outcome.ORPHAN:
                states[key] = replace(states[key], outcome=Outcome.DIED)

    def forget(self, blobs: Sequence[str]) -> None:
        """Remove blobs."""
        with self._fake.mutex:
            fake = self._owned()
            for sha256 in blobs:
                fake.forget(sha256)

    def release(self) -> None:
        """Give the lock back."""
        with self._fake.mutex:
            fake = self._owned()
            fake.holder, fake.token = None, ""

    def unlock(self, run: str) -> bool:
        """Remove the lock of a run."""
        with self._fake.mutex:
            fake = self._connected()
            if fake.holder is None or fake.holder.run != run:
                return False
            fake.holder, fake.token = None, ""
            return True

    def prune(self, run: str) -> None:
        """Delete the restore points of a run."""
        with self._fake.mutex:
            shutil.rmtree(self._connected().restore_points(run), ignore_errors=True)

    def close(self) -> None:
        """End the connection."""
        self._open = False

    def _connected(self) -> FakeHost:
        if not self._open:
            raise LinkLost(self.host, "the connection is closed")
        return self._fake

    def _owned(self) -> FakeHost:
        fake = self._connected()
        if self._claim is None:
            raise HostRefused(self.host, "no hello was said")
        if fake.token != self._claim.token:
            if fake.holder:
                raise self._locked(fake.holder)
            raise HostLocked("this run owns the host no longer", where=self.host)
        return fake

    def _locked(self, holder: Holder) -> HostLocked:
        return HostLocked(
            f"locked by run {holder.run} of {holder.owner} since {holder.since}",
            where=self.host,
            hint=f"if its owner is gone for good: mplay unlock {holder.run}",
        )

    def _lose(self) -> None:
        self.close()
        raise LinkLost(self.host, "the connection ended")

    def _key(self, frame: Frame) -> Key:
        run = self._claim.run if self._claim else ""
        return run, frame.number, frame.attempt, frame.undo_try

    def _die(self, frame: Frame, fault: Fault) -> Reply:
        """Do what was done before the end; the connection goes too where the host reboots."""
        fake, key = self._fake, self._key(frame)
        last = PieceKind.SAVE
        for piece in frame.pieces:
            if piece.kind is PieceKind.SAVE or (piece.kind in _WORK and fault not in _BEFORE):
                fake.run(piece, key, task=frame.task)
                last = piece.kind
        fake.states[key] = TaskState(
            number=frame.number,
            attempt=frame.attempt,
            undo_try=frame.undo_try,
            outcome=_DEATHS[fault],
            piece=last.value,
        )
        if fault in _REBOOTS:
            fake.boots += 1
            self._lose()
        return Reply(outcome=_DEATHS[fault], rc=None, pieces={})

    def _done(self, frame: Frame) -> Reply:
        """Every piece whose turn comes; work after a failure does not."""
        pieces: dict[str, PieceResult] = {}
        outcome, rc = Outcome.DONE, 0
        for piece in frame.pieces:
            if piece.kind in _WORK and outcome is not Outcome.DONE:
                pieces[piece.name] = PieceResult(rc=None)
                continue
            result = self._fake.run(piece, self._key(frame), task=frame.task, timeout=frame.timeout)
            pieces[piece.name] = result
            if piece.kind in _WORK and result.rc:
                outcome = Outcome.TIMEOUT if result.rc == 124 else Outcome.FAILED
                rc = result.rc
        return Reply(outcome=outcome, rc=rc, pieces=pieces)

    def _keep(self, frame: Frame, reply: Reply) -> None:
        key = self._key(frame)
        kinds = [piece.kind.value for piece in frame.pieces if piece.kind in _WORK]
        self._fake.replies[key] = reply
        self._fake.states[key] = TaskState(
            number=frame.number,
            attempt=frame.attempt,
            undo_try=frame.undo_try,
            outcome=reply.outcome,
            rc=reply.rc,
            piece=kinds[-1] if kinds else "",
        )

    @staticmethod
    def _told(reply: Reply, on_output: OnOutput | None) -> Reply:
        for name, piece in reply.pieces.items():
            if on_output and piece.stdout:
                on_output(name, piece.stdout)
        return reply
