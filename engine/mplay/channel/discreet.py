"""Messages without their secrets: what is sent as text, and the values that travel beside it.

A value goes to the host as lines of hex, through the supervisor's fifo into the variable of a
shell: never into a file, an argument or the environment of a process. What `environment` of a step
exports is the exception that somebody asked for: it is exported in the shell of its task alone.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mplay.channel.holes import holed
from mplay.channel.protocol import Frame, Piece
from mplay.model.change import Blob, Script
from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets, has_marks, names_in

MOST = 24 * 1024
"""Bytes of secrets for one task: as hex they must fit into a pipe that nobody may be reading."""
_PART = 1800
"""Bytes of a line: as hex, with the words before them, below what a pipe takes as a whole."""


@dataclass(frozen=True, slots=True)
class Discreet:
    """Frames without secrets. `values`: of the variables that stand in their place."""

    frames: tuple[Frame, ...]
    values: Mapping[str, str] = field(default_factory=dict)


def discreet(frames: Sequence[Frame], secrets: Secrets) -> Discreet:
    """The frames without secrets. UsageError where one cannot be taken out, or is not known."""
    if not secrets.forms():
        for frame in frames:
            _refuse_marks(frame.pieces)
        return Discreet(tuple(frames))
    clean = tuple(_without(frame, secrets) for frame in frames)
    return Discreet(clean, _values((p for frame in clean for p in frame.pieces), secrets))


def discreet_pieces(
    pieces: Sequence[Piece], secrets: Secrets
) -> tuple[tuple[Piece, ...], Mapping[str, str]]:
    """The same for pieces alone."""
    if not secrets.forms():
        _refuse_marks(pieces)
        return tuple(pieces), {}
    clean = tuple(_piece(piece, {}, secrets) for piece in pieces)
    return clean, _values(clean, secrets)


def is_too_much(values: Mapping[str, str]) -> bool:
    """Whether secrets are more than one message can bring."""
    return sum(len(value.encode("utf-8", "surrogateescape")) for value in values.values()) > MOST


def secret_lines(values: Mapping[str, str]) -> bytes:
    """Lines ``NAME PART/PARTS HEX``. UsageError where they are more than a pipe takes."""
    raw = {name: value.encode("utf-8", "surrogateescape") for name, value in values.items()}
    if (size := sum(map(len, raw.values()))) > MOST:
        raise UsageError(
            f"a task would need {size} bytes of secrets, and {MOST} are the most",
            hint="encrypt what is secret by itself, not the text around it",
        )
    return b"".join(line for name, value in raw.items() for line in _lines(name, value))


def _lines(name: str, value: bytes) -> Iterator[bytes]:
    parts = [value[at : at + _PART] for at in range(0, len(value), _PART)]
    for number, part in enumerate(parts, 1):
        yield f"{name} {number}/{len(parts)} {part.hex()}\n".encode()


def _without(frame: Frame, secrets: Secrets) -> Frame:
    printed = {
        f'cat -- "$MPLAY_BLOBS"/{blob.sha256}': _printed(blob, secrets)
        for blob in frame.blobs
        if _is_secret(blob, secrets)
    }
    for reading in printed:
        if not any(reading in piece.script for piece in frame.pieces):
            raise UsageError(
                "content that holds a secret cannot be sent in this way",
                hint="write it with copy or template",
            )
    return replace(
        frame,
        pieces=tuple(_piece(piece, printed, secrets) for piece in frame.pieces),
        blobs=tuple(blob for blob in frame.blobs if not _is_secret(blob, secrets)),
    )


def _piece(piece: Piece, printed: Mapping[str, Script], secrets: Secrets) -> Piece:
    script = piece.script
    for reading, printing in printed.items():
        script = script.replace(reading, printing)
    exported = {k: v for k, v in piece.environment.items() if secrets.found_in(v)}
    exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in exported.items())
    _refuse_marks([piece])
    clean = holed(exports + script, secrets)
    plain = {k: v for k, v in piece.environment.items() if k not in exported}
    return replace(piece, script=clean.script, environment=plain)


def _values(pieces: Iterator[Piece] | Sequence[Piece], secrets: Secrets) -> dict[str, str]:
    return secrets.values(sorted(names_in([piece.script for piece in pieces])))


def _refuse_marks(pieces: Sequence[Piece]) -> None:
    """UsageError for what only a process that knows the secret may send again."""
    for piece in pieces:
        if any(map(has_marks, (piece.script, *piece.environment.values()))):
            raise UsageError(
                "this needs a secret that is not known here",
                hint="give the password of its vault: --vault-id, --vault-password-file or -J",
            )


def _is_secret(blob: Blob, secrets: Secrets) -> bool:
    return bool(blob.data) and secrets.found_in(blob.data.decode("utf-8", "surrogateescape"))


def _printed(blob: Blob, secrets: Secrets) -> Script:
    """Shell that prints the content. A text is printed as it is, other bytes are decoded there."""
    try:
        text = blob.data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        return f'printf %s "${secrets.whole(text)[0]}"'
    return f'printf %s "${secrets.whole(base64.b64encode(blob.data).decode())[0]}" | base64 -d'
