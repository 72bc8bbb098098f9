"""A relay that runs: how it is started, become root where asked, and spoken to."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mplay.channel import programs
from mplay.channel.stream import Conversation, Line, Source, Stream
from mplay.model.clock import token
from mplay.model.errors import HostRefused, LinkLost

AskPassword = Callable[[str], str]
"""Given a host's name, the password of its login for sudo, '' where nobody knows it. HostRefused.

Asked at most once a host.
"""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = f"PATH={PATH} LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1"
_PACKET = 32 * 1024
_ANSWER_LIMIT = 1024 * 1024 + 1  # one byte more than a probe may print, to know when it did


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How this controller speaks with hosts; seconds, and where a host keeps its state.

    `beat`: between two signs of life of a follower. `silence`: after it the link is dead. `idle`:
    how long a supervisor waits for work with no follower. `grace`: between TERM and KILL.
    `state`: the directory of state on the host, '' its own.
    """

    beat: int = 10
    silence: float = 45.0
    idle: int = 600
    grace: float = 10.0
    state: str = ""
    ask_password: AskPassword | None = None


class Relay:
    """The remote shell that takes messages: one request, then its answer."""

    def __init__(self, line: Line, stream: Stream, manner: Manner) -> None:
        self._host = line.host
        self._stream = stream
        self._manner = manner

    @classmethod
    def start(cls, line: Line, manner: Manner, *, become: bool) -> Relay:
        """Start it as the login, or with `become` as root. HostRefused where sudo says no."""
        text = programs.relay().encode()
        nonce = token()
        command = _command(len(text), nonce, manner)
        if not become or line.user == "root":
            stream = line.start(f"exec sh -c {shlex.quote(command)}")
        else:
            stream = line.start(f"exec sh -c {shlex.quote(_rise(command, nonce))}")
            _wait_for_root(line, stream, nonce, manner)
        relay = cls(line, stream, manner)
        relay._send(text)
        return relay

    def request(self, verb: str, *words: object, payload: bytes = b"") -> Conversation:
        """Send one message; its answer is read from what is returned. LinkLost."""
        talk = self.converse()
        self.post(talk, verb, *words, payload=payload)
        return talk

    def converse(self) -> Conversation:
        """An exchange of one or more messages that are sent ahead; answers come in their order."""
        return Conversation(
            self._stream, self._host, token(), limit=_ANSWER_LIMIT, silence=self._manner.silence
        )

    def post(self, talk: Conversation, verb: str, *words: object, payload: bytes = b"") -> None:
        """Send one message of an exchange."""
        self.post_parts(talk, verb, *words, size=len(payload), chunks=[payload])

    def post_parts(
        self, talk: Conversation, verb: str, *words: object, size: int, chunks: Iterable[bytes]
    ) -> None:
        """The same with bytes that are not all in memory; `chunks` must have `size` together."""
        mark = talk.mark
        held = " ".join([verb, mark, str(size), *map(str, words)]).encode() + b"\n"
        for chunk in chunks:
            if len(held) > _PACKET:
                self._send(held)
                held = b""
            held += chunk
        # The end of a message travels with its last bytes: one packet for what is small.
        self._send(held + mark.encode() + b"\n")

    def close(self) -> None:
        """End the relay; what runs on the host goes on."""
        self._stream.close()

    def _send(self, data: bytes) -> None:
        try:
            self._stream.send(data)
        except (OSError, EOFError) as error:
            raise LinkLost(self._host, f"the link was lost: {error}") from error


def _command(size: int, nonce: str, manner: Manner) -> str:
    """What the relay's shell runs: it reads its own program, `size` bytes, from its stdin."""
    boot = 'printf "%s up\\n" "$1"; size=$2; shift 2; eval "$(head -c "$size")"'
    state = shlex.quote(manner.state)
    return (
        f'exec env -i HOME="${{HOME:-/}}" {_ENVIRONMENT} '
        f"sh -c {shlex.quote(boot)} relay {nonce} {size} {state} {manner.beat}"
    )


def _rise(command: str, nonce: str) -> str:
    """The same as root. A password is asked for by the nonce, so that it is never sent ahead."""
    inner = f"sh -c {shlex.quote(command)}"
    return (
        f'if [ "$(id -u)" = 0 ]; then {command}; '
        f'elif ! command -v sudo >/dev/null; then echo "{nonce} nosudo"; '
        f"elif sudo -kn true 2>/dev/null; then exec sudo -kn -H {inner}; "
        f'else echo "{nonce} password"; exec sudo -kS -H -p "{nonce} again\n" {inner}; fi'
    )


def _wait_for_root(line: Line, stream: Stream, nonce: str, manner: Manner) -> None:
    """Until the relay is up as root; answers sudo once. Its second question means *wrong*."""
    talk = Conversation(stream, line.host, nonce, limit=4096, silence=manner.silence)
    try:
        verb = talk.next().verb
        if verb == "password":
            _give_password(line, stream, manner)
            verb = _after_password(talk)
    except LinkLost:
        stream.close()
        raise
    if verb == "up":
        return
    stream.close()
    if verb == "nosudo":
        raise HostRefused(
            line.host,
            "become: there is no sudo on it",
            hint="log in as root, or install sudo there",
        )
    raise HostRefused(
        line.host,
        f"sudo refused the password of {line.user or 'the login'}",
        hint="give the right one with -K, or allow this account sudo without a password",
    )


def _give_password(line: Line, stream: Stream, manner: Manner) -> None:
    try:
        password = manner.ask_password(line.host) if manner.ask_password else ""
    except HostRefused:
        stream.close()
        raise
    if not password:
        stream.close()
        raise HostRefused(
            line.host,
            f"sudo on {line.host} needs a password",
            hint="give -K or ansible_become_password, or allow the account sudo without a password",
        )
    stream.send(password.encode() + b"\n")


def _after_password(talk: Conversation) -> str:
    talk.next(Source.ERR)  # the first question, which was answered
    return talk.either().verb
