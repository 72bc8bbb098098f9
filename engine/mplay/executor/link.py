"""A host's channel that outlives lost connections: what was sent is asked for, never guessed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from mplay.channel.protocol import (
    About,
    Channel,
    Claim,
    Connector,
    Frame,
    Greeting,
    OnOutput,
    Piece,
    PieceResult,
    Reply,
)
from mplay.model.clock import Clock
from mplay.model.errors import LinkLost, Unreachable
from mplay.model.host import Host
from mplay.model.task import Outcome

RECONNECT = 30 * 60.0
"""Seconds for which a run waits for a host that it has lost."""
_ATTACHABLE = {Outcome.DONE, Outcome.FAILED, Outcome.TIMEOUT, Outcome.RUNNING}


class Link:
    """One host of a run. Any thread may use it; a mutex lets one message through at a time.

    `claim` None: the host is only looked at, as a dry-run does and checks on localhost do.
    `on_lost(host, why)` and `on_found(host, greeting)` tell of a connection that went and came.
    """

    def __init__(
        self,
        host: Host,
        connector: Connector,
        clock: Clock,
        *,
        claim: Claim | None,
        on_lost: Callable[[str, str], None],
        on_found: Callable[[str, Greeting], None],
        become: bool = False,
        reconnect: float = RECONNECT,
    ) -> None:
        self.host = host
        self.claim = claim
        self._connector = connector
        self._clock = clock
        self._become = become
        self._reconnect_for = reconnect
        self._on_lost = on_lost
        self._on_found = on_found
        self._mutex = threading.RLock()
        self._channel: Channel | None = None
        self._login = ""
        self._sent: set[tuple[int, int, int]] = set()
        self.greeting: Greeting | None = None
        self.about: About | None = None

    def open(self) -> Greeting | None:
        """Connect, and claim the host if this link claims. Unreachable, HostRefused, HostLocked."""
        with self._mutex:
            # One whose greeting was refused is still open.
            self._drop()
            channel = self._connector.open(self.host)
            self._channel = channel
            if self.claim is None:
                return None
            self.greeting = channel.hello(self.claim)
            self._sent.clear()
            self._on_found(self.host.name, self.greeting)
            return self.greeting

    @property
    def facts(self) -> Mapping[str, str]:
        """What the host told of itself, with ``login_user`` and ``supervisor_user``."""
        if self._channel is None and self.greeting is None:
            return {}
        if self._channel is not None:
            self._login = self._channel.login
        known = self.greeting or self.about
        told = known.facts if known else {}
        supervisor = "root" if self._become else self._login
        return {**told, "login_user": self._login, "supervisor_user": supervisor}

    @property
    def channel(self) -> Channel:
        """The open channel. LinkLost before `open` and after a lost connection."""
        if self._channel is None:
            raise LinkLost(self.host.name, "there is no connection")
        return self._channel

    def look(self, pieces: Sequence[Piece]) -> Mapping[str, PieceResult]:
        """Run probes; through the supervisor where the host is claimed, else inline."""
        with self._mutex:
            while True:
                try:
                    if self._channel is None:
                        self.open()
                    if self.claim is None:
                        return self.channel.look(pieces, become=self._become)
                    frame = Frame(number=0, task="probe", attempt=0, pieces=tuple(pieces))
                    return self.channel.send(frame).pieces
                except LinkLost as lost:
                    self._reconnect(lost)

    def learn(self) -> About:
        """Ask the host what it is and who holds its lock; for a link that claims nothing."""
        with self._mutex:
            self.about = self.channel.about()
            return self.about

    def deliver(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """Send a frame and learn what became of it, however often the connection is lost."""
        with self._mutex:
            try:
                return self._send(frame, on_output)
            except LinkLost as lost:
                self._reconnect(lost)
            return self.recover(frame, on_output)

    def deliver_all(self, frames: Sequence[Frame]) -> Sequence[Reply]:
        """The same for several in one message: they end one after another while they go well.

        Outcome NEVER: it was not begun, since one before it did not go well.
        """
        with self._mutex:
            try:
                self._sent.update((f.number, f.attempt, f.undo_try) for f in frames)
                return self.channel.send_all(frames)
            except LinkLost as lost:
                self._reconnect(lost)
            replies: list[Reply] = []
            for frame in frames:
                well = not replies or replies[-1].outcome is Outcome.DONE
                replies.append(self.recover(frame) if well else self._ask_once(frame))
            return replies

    def _ask_once(self, frame: Frame) -> Reply:
        """What became of a frame that is not to be sent any more."""
        while True:
            try:
                return self._ask(frame, None, send=False)
            except LinkLost as lost:
                self._reconnect(lost)

    def _send(self, frame: Frame, on_output: OnOutput | None) -> Reply:
        self._sent.add((frame.number, frame.attempt, frame.undo_try))
        return self.channel.send(frame, on_output)

    def recover(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """What became of a frame that was sent, or may have been; it is sent if it never was."""
        with self._mutex:
            while True:
                try:
                    return self._ask(frame, on_output)
                except LinkLost as lost:
                    self._reconnect(lost)

    def _ask(self, frame: Frame, on_output: OnOutput | None, *, send: bool = True) -> Reply:
        outcome = self.outcome(frame.number, frame.attempt, frame.undo_try)
        if outcome in _ATTACHABLE:
            return self.channel.attach(frame, on_output)
        if outcome is Outcome.NEVER and send:
            return self._send(frame, on_output)
        return Reply(outcome=outcome, rc=None, pieces={})

    def outcome(self, number: int, attempt: int, undo_try: int = 0) -> Outcome:
        """What the host says of an attempt; it is greeted again if that was sent since."""
        with self._mutex:
            if (number, attempt, undo_try) in self._sent:
                self._drop()
                self.open()
        for state in self.greeting.states if self.greeting else ():
            if (state.number, state.attempt, state.undo_try) == (number, attempt, undo_try):
                return state.outcome
        return Outcome.NEVER

    def kill(self, frame: Frame) -> None:
        """End what is left of an attempt on the host."""
        with self._mutex:
            self.channel.kill(frame)

    def prune(self, run: str) -> None:
        """Delete the restore points of an ended run."""
        with self._mutex:
            self.channel.prune(run)

    def _reconnect(self, lost: LinkLost) -> None:
        """Wait for the host; LinkLost again when it does not come back in time."""
        self._drop()
        self._on_lost(self.host.name, lost.problem.what)
        until, pause = self._clock.monotonic() + self._reconnect_for, 0.2
        while True:
            try:
                self.open()
            except (Unreachable, LinkLost) as error:
                self._drop()
                if self._clock.monotonic() >= until:
                    # Whoever asks it next waits no second time: one try, and it is lost again.
                    waited, self._reconnect_for = self._reconnect_for, 0.0
                    run = self.claim.run if self.claim else "last"
                    raise LinkLost(
                        self.host.name,
                        f"did not come back within {waited:.0f} s ({error})",
                        hint=f"when it answers again: mplay resume {run}",
                    ) from error
                self._clock.sleep(pause)
                pause = min(pause * 1.5, 5.0)
            else:
                return

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def release(self) -> None:
        """Give the host back, and hear that it is so. LinkLost: it keeps the lock, and owes it.

        A connection that was lost while nothing ran is only noticed now: one more is tried.
        """
        with self._mutex:
            if self.claim is None:
                return
            try:
                self.channel.release()
            except LinkLost:
                self._drop()
                self.open()
                self.channel.release()

    def close(self) -> None:
        """End the connection."""
        with self._mutex:
            self._drop()
