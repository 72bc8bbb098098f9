"""A host, connected: the `Channel` that SSH and the local machine share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mplay.channel import programs
from mplay.channel.answers import Told, about_of, greeting_of, listen
from mplay.channel.blobs import BlobStore
from mplay.channel.discreet import Discreet, discreet, discreet_pieces, is_too_much, secret_lines
from mplay.channel.looking import Looking
from mplay.channel.protocol import (
    About,
    Claim,
    Frame,
    Greeting,
    OnOutput,
    Piece,
    PieceResult,
    Reply,
)
from mplay.channel.relay import Manner, Relay
from mplay.channel.replies import KEPT, ReplyReader
from mplay.channel.stream import Conversation, Line
from mplay.channel.wire import assignments, frame_name, frames_text
from mplay.model.clock import Clock
from mplay.model.errors import HostError, HostRefused, LinkLost, UsageError
from mplay.model.secrets import Secrets
from mplay.model.task import Outcome

_SWEEP = 8  # answers that are acknowledged together: one removal on the host for all of them


class HostChannel:
    """One host, connected (see `mplay.channel.protocol.Channel`).

    A relay is started when it is first needed, as root or as the login. Frames of probes only are
    asked inline, so that a run which changes nothing starts no supervisor.
    """

    def __init__(
        self, line: Line, manner: Manner, clock: Clock, secrets: Secrets | None = None
    ) -> None:
        self.host = line.host
        self._secrets = secrets or Secrets()
        self._line = line
        self._manner = manner
        self._clock = clock
        self._relays: dict[bool, Relay] = {}
        self._become = False
        self._user = line.user
        self._blobs = BlobStore(line.host)
        self._coded = False
        self._acks: list[str] = []
        self._closed = False

    @property
    def login(self) -> str:
        """The account that logged in."""
        return self._line.user

    def hello(self, claim: Claim) -> Greeting:
        """Take the lock (HostLocked names its holder), find the supervisor, learn all states."""
        self._become = claim.become
        self._coded = False
        text = assignments(
            run=claim.run,
            token=claim.token,
            owner=_plain(claim.owner),
            since=self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            superseded=" ".join(claim.superseded),
            machine=claim.machine_id,
            idle=self._manner.idle,
        )
        told = self._ask("hello", payload=text)
        greeting = greeting_of(told)
        self._user = greeting.user
        self._blobs.known(told.lines["blob"], told.lines["part"])
        return greeting

    def look(self, pieces: Sequence[Piece], *, become: bool) -> Mapping[str, PieceResult]:
        """Run probes inline: no lock, no supervisor, nothing written."""
        relay = self._relay(become)
        user = "root" if become else self._line.user
        clean, values = discreet_pieces(pieces, self._secrets)
        looking = Looking(self.host, relay, user, owned=False, values=values)
        return looking.look(clean, default=60.0)

    def about(self) -> About:
        """What the host is, and who holds its lock; nothing is written."""
        return about_of(self._tell("about"))

    def send(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """Send blobs that the host lacks, then the frame; follow it to its end."""
        if not frame.number:
            clean, values = discreet_pieces(frame.pieces, self._secrets)
            relay = self._relay(self._become)
            looking = Looking(self.host, relay, self._user, owned=True, values=values)
            results = looking.look(clean, default=frame.timeout)
            return Reply(outcome=Outcome.DONE, rc=None, pieces=results)
        found = discreet([frame], self._secrets)
        talk = self._hand_over(found, streamed=len(frame.pieces))
        return self._follow(talk, [frame], on_output)[0]

    def send_all(self, frames: Sequence[Frame]) -> Sequence[Reply]:
        """Send frames in one message; the host ends them one after another while they go well."""
        found = discreet(frames, self._secrets)
        if len(frames) > 1 and is_too_much(found.values):
            return self._one_by_one(frames)
        return self._follow(self._hand_over(found, streamed=0), frames, None)

    def _one_by_one(self, frames: Sequence[Frame]) -> list[Reply]:
        replies: list[Reply] = []
        for frame in frames:
            well = not replies or replies[-1].outcome is Outcome.DONE
            never = Reply(outcome=Outcome.NEVER, rc=None, pieces={})
            replies.append(self.send(frame) if well else never)
        return replies

    def _hand_over(self, found: Discreet, *, streamed: int) -> Conversation:
        """Send what the host lacks and the frames; of `streamed` pieces the output is shown."""
        frames, secret = found.frames, secret_lines(found.values)
        relay = self._relay(self._become)
        acks, self._acks = self._due_acks()
        text = frames_text(frames, user=self._user, grace=self._manner.grace, acks=acks)
        self._send_code(relay)
        # Blobs and frames travel together; a blob that fails makes the host refuse the frames.
        talk = relay.converse()
        blobs = self._blobs.missing([blob for frame in frames for blob in frame.blobs])
        read = next((frame.read for frame in frames if frame.read), None)
        try:
            for blob in blobs:
                self._blobs.send(relay, talk, blob, read)
        except (HostError, UsageError):
            # The relay is in the middle of a message, so that no other can be sent to it.
            self.close()
            raise
        if secret:
            relay.post(talk, "secret", payload=secret)
        names = [frame_name(frame) for frame in frames]
        file = f"{names[0]}.{talk.mark[:8]}"
        relay.post(talk, "frames", file, streamed, *names, payload=text)
        for blob in blobs:
            self._blobs.confirm(talk, blob)
        return talk

    def attach(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """Follow a frame that was sent before, or read the reply that waits for it."""
        relay = self._relay(self._become)
        talk = relay.request("attach", frame_name(frame), len(frame.pieces))
        return self._follow(talk, [frame], on_output)[0]

    def kill(self, frame: Frame) -> None:
        """End what is left of an attempt, and wait until it is gone."""
        self._ask("kill", frame_name(frame))

    def forget(self, blobs: Sequence[str]) -> None:
        """Remove blobs (by SHA-256) that no later outcome needs."""
        if blobs:
            self._ask("forget", payload="\n".join(blobs).encode())
            self._blobs.forgotten(blobs)

    def release(self) -> None:
        """Give the lock back, end the supervisor, and read back that it is so."""
        self._ask("release")

    def unlock(self, run: str) -> bool:
        """Remove the lock of a run whose owner is gone for good; False if it held none."""
        had = not self._tell("unlock", run).lines["none"]
        if had or not self._become:
            return had
        # A run that nowhere becomes root keeps its lock with the account that logs in.
        self._become = False
        return not self._ask("unlock", run).lines["none"]

    def prune(self, run: str) -> None:
        """Delete the restore points of an ended run."""
        self._tell("prune", run)

    def close(self) -> None:
        """End the connection; what runs on the host goes on."""
        self._closed = True
        for relay in list(self._relays.values()):
            relay.close()
        self._line.close()

    def _relay(self, become: bool) -> Relay:
        if self._closed:
            raise LinkLost(self.host, "the connection was closed")
        if become not in self._relays:
            self._relays[become] = Relay.start(self._line, self._manner, become=become)
        return self._relays[become]

    def _ask(self, verb: str, *words: object, payload: bytes = b"") -> Told:
        talk = self._relay(self._become).request(verb, *words, payload=payload)
        return listen(self.host, talk)

    def _tell(self, verb: str, *words: object) -> Told:
        """Ask before any hello: as root where possible, because root's lock is the host's."""
        if not self._relays:
            try:
                self._relay(become=True)
                self._become = True
            except HostRefused:
                self._become = False
        elif self._become not in self._relays:
            self._become = not self._become
        return self._ask(verb, *words)

    def _send_code(self, relay: Relay) -> None:
        """The supervisor's and the task's programs, before the first frame; nothing is answered."""
        if self._coded:
            return
        first, second = programs.supervisor().encode(), programs.task().encode()
        relay.request("code", len(first), payload=first + second)
        self._coded = True

    def _due_acks(self) -> tuple[list[str], list[str]]:
        return (self._acks, []) if len(self._acks) >= _SWEEP else ([], self._acks)

    def _follow(
        self, talk: Conversation, frames: Sequence[Frame], on_output: OnOutput | None
    ) -> list[Reply]:
        def more(attempt: str, file: str) -> tuple[int, bytes]:
            rest = self._relay(self._become).request("more", attempt, file, KEPT)
            size = int(rest.next().words[1])
            return size, rest.next().data

        readers = [ReplyReader(self.host, frame, on_output, more) for frame in frames]
        # All answers are heard before more is asked for: that comes in the same stream.
        for reader in readers:
            reader.hear(talk)
        replies = [reader.reply() for reader in readers]
        self._acks += [frame_name(frame) for frame in frames]
        return replies


def _plain(text: str) -> str:
    """An owner's text on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text)
