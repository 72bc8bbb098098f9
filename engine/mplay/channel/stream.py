"""The byte streams to a relay, and how its answers are told from what tasks print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from mplay.model.errors import LinkLost


class Source(IntEnum):
    """Which of the relay's two outputs."""

    OUT = 1
    ERR = 2


class Stream(Protocol):
    """A running remote command: its stdin, and its two outputs. Made by a `Line`."""

    def send(self, data: bytes) -> None:
        """Write all of it; OSError or EOFError where the other side is gone."""
        ...

    def receive(self, timeout: float) -> tuple[Source, bytes]:
        """The next bytes of either output; b'' at its end. TimeoutError after `timeout` seconds."""
        ...

    def close(self) -> None:
        """End it; a `receive` in another thread returns."""
        ...


class Line(Protocol):
    """A way to start commands on a host: SSH, or the machine itself."""

    host: str
    user: str
    """The login's name, '' where it is not known."""

    def start(self, command: str) -> Stream:
        """Run a command line of POSIX shell. LinkLost, Unreachable."""
        ...

    def close(self) -> None:
        """End the connection and what was started."""
        ...


@dataclass(frozen=True, slots=True)
class Section:
    """Raw bytes up to a mark, and the words that follow the mark on its line.

    `size` counts all bytes, `data` holds at most the limit.
    """

    data: bytes
    size: int
    words: tuple[str, ...]

    @property
    def verb(self) -> str:
        """The first word after the mark, or ''."""
        return self.words[0] if self.words else ""


class Sections:
    """Cuts one stream at its mark, in memory bounded by `limit`, however much is printed.

    The mark is a random word of one message, so that nothing a host prints can pass for it.
    """

    def __init__(self, mark: str, limit: int) -> None:
        self._mark = mark.encode()
        self._limit = limit
        self._buffer = bytearray()
        self._kept = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Section]:
        """The sections that these bytes complete. Beats are swallowed."""
        self._buffer += data
        while (at := self._buffer.find(self._mark)) >= 0:
            end = self._buffer.find(b"\n", at)
            if end < 0:
                self._keep(at)
                return
            words = self._buffer[at + len(self._mark) : end].decode("utf-8", "replace").split()
            self._keep(at)
            del self._buffer[: end - at + 1]
            if words != ["beat"]:
                yield Section(bytes(self._kept), self._size, tuple(words))
                self._kept.clear()
                self._size = 0
        self._keep(max(0, len(self._buffer) - len(self._mark) + 1))

    def _keep(self, count: int) -> None:
        room = max(0, self._limit - len(self._kept))
        self._kept += self._buffer[: min(count, room)]
        self._size += count
        del self._buffer[:count]

    @property
    def rest(self) -> bytes:
        """What came after the last mark: noise, or the last words of a relay that ended."""
        return bytes(self._kept + self._buffer)


class Conversation:
    """An exchange: answers from both outputs of a relay. LinkLost where it ends or is silent."""

    def __init__(self, stream: Stream, host: str, mark: str, *, limit: int, silence: float) -> None:
        self.mark = mark
        self._stream = stream
        self._host = host
        self._silence = silence
        self._sections = {source: Sections(mark, limit) for source in Source}
        self._ready: dict[Source, list[Section]] = {source: [] for source in Source}

    def next(self, source: Source = Source.OUT) -> Section:
        """The next section of one output; what comes on the other meanwhile is kept for later."""
        ready = self._ready[source]
        while not ready:
            self._receive()
        return ready.pop(0)

    def either(self) -> Section:
        """The next section of whichever output has one first."""
        while True:
            for ready in self._ready.values():
                if ready:
                    return ready.pop(0)
            self._receive()

    def _receive(self) -> None:
        try:
            source, data = self._stream.receive(self._silence)
        except TimeoutError as error:
            raise LinkLost(
                self._host, f"no sign of life for {self._silence:g} s: the link is dead"
            ) from error
        except (OSError, EOFError) as error:
            raise LinkLost(self._host, f"the link was lost: {error}") from error
        if not data:
            raise LinkLost(self._host, f"the link was lost{self._last_words()}")
        self._ready[source].extend(self._sections[source].feed(data))

    def _last_words(self) -> str:
        text = self._sections[Source.ERR].rest.decode("utf-8", "replace").strip()
        return f": {text.splitlines()[-1]!r}" if text else ""
