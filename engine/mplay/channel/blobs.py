"""Large content for tasks: sent once, resumable, in bounded memory, verified on the host."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from mplay.channel.answers import listen
from mplay.channel.protocol import ReadElsewhere
from mplay.channel.relay import Relay
from mplay.channel.stream import Conversation
from mplay.model.change import Blob
from mplay.model.errors import UsageError

_CHUNK = 256 * 1024


class BlobStore:
    """What a host already has of the blobs of a run."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._whole: set[str] = set()
        self._parts: dict[str, int] = {}

    def known(self, whole: Iterable[str], parts: Iterable[str]) -> None:
        """What `hello` told: digests, and lines ``SHA.part SIZE``."""
        self._whole = set(whole)
        self._parts = {}
        for line in parts:
            name, _, size = line.partition(" ")
            self._parts[name.removesuffix(".part")] = int(size)

    def forgotten(self, digests: Iterable[str]) -> None:
        """The host has them no longer."""
        self._whole -= set(digests)

    def missing(self, blobs: Sequence[Blob]) -> list[Blob]:
        """Those that have to be sent, each once."""
        return [blob for blob in dict.fromkeys(blobs) if blob.sha256 not in self._whole]

    def send(
        self, relay: Relay, talk: Conversation, blob: Blob, read: ReadElsewhere | None = None
    ) -> None:
        """Send what the host lacks of a blob, without waiting: a frame follows in the same trip.

        `read` gives the content of a file of another host.
        """
        offset = self._parts.get(blob.sha256, 0)
        if offset > blob.size:
            offset = 0
        with closing(_content(blob, offset, read)) as chunks:
            size = blob.size - offset
            relay.post_parts(talk, "blob", blob.sha256, offset, size=size, chunks=chunks)

    def confirm(self, talk: Conversation, blob: Blob) -> None:
        """The host's word on one blob: UsageError where it is not what its digest says."""
        told = listen(self._host, talk)
        if told.lines["differs"]:
            raise UsageError(
                f"its content is no longer that of {blob.sha256[:12]}… with {blob.size} bytes",
                where=blob.place or self._host,
                hint="put the file back as it was when the run began",
            )
        self._whole.add(blob.sha256)
        self._parts.pop(blob.sha256, None)


def _content(blob: Blob, offset: int, read: ReadElsewhere | None) -> Generator[bytes]:
    """Exactly the bytes that were announced: a file that shrank is filled up, and then refused."""
    left = blob.size - offset
    if blob.data or not blob.path:
        yield blob.data[offset:]
        return
    with closing(
        read(blob, offset) if blob.host and read else _of_file(blob.path, offset)
    ) as parts:
        for part in parts:
            chunk = part[:left]
            left -= len(chunk)
            yield chunk
            if not left:
                return
    while left:
        chunk = bytes(min(_CHUNK, left))
        left -= len(chunk)
        yield chunk


def _of_file(path: str, offset: int) -> Generator[bytes]:
    try:
        with Path(path).open("rb") as file:
            file.seek(offset)
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}",
            where=path,
            hint="put the file back as it was when the run began",
        ) from error
