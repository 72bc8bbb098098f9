"""The text of messages: pieces as shell, a frame as a file, probes as one program."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from mplay.channel.hostlog import attempt_id
from mplay.channel.programs import reading_secrets
from mplay.channel.protocol import Frame, Piece, PieceKind
from mplay.model.errors import UsageError
from mplay.sdk.facts import PROLOGUE

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?\Z")
_PRINTING = frozenset({PieceKind.VERIFY, PieceKind.PROBE})
_CHUNK = 100_000  # below what one word of a process's environment may be


def frame_name(frame: Frame) -> str:
    """The attempt as the host's files are named: ``N.ATTEMPT.UNDO``."""
    return attempt_id((frame.number, frame.attempt, frame.undo_try))


def frames_text(frames: Sequence[Frame], *, user: str, grace: float, acks: Sequence[str]) -> bytes:
    """Frames as functions of assignments, by place; `user` is the supervisor's own account."""
    text = _assignments([("acks", " ".join(acks))])
    for place, frame in enumerate(frames, 1):
        body = _assignments(_words(frame, user, grace))
        text += b"mplay_frame_%d() {\n%s}\n" % (place, body)
    return text


def _words(frame: Frame, user: str, grace: float) -> list[tuple[str, object]]:
    words: list[tuple[str, object]] = [
        ("number", frame.number),
        ("attempt", frame.attempt),
        ("undo", frame.undo_try),
        ("count", len(frame.pieces)),
        ("grace", _centiseconds(grace)),
        ("blobs", " ".join(blob.sha256 for blob in frame.blobs)),
        ("confined", int(frame.confined)),
    ]
    for index, piece in enumerate(frame.pieces, 1):
        words += [
            (f"mplay_kind_{index}", piece.kind.value),
            (f"mplay_limit_{index}", _limit(frame, piece)),
            (f"mplay_user_{index}", _account(piece, user)),
            (f"mplay_text_{index}", piece_text(piece)),
        ]
    return words


def assignments(**words: object) -> bytes:
    """Shell assignments, one a line, every value quoted."""
    return _assignments(words.items())


def look_program(
    pieces: Sequence[Piece], *, user: str, mark: str, values: Mapping[str, str]
) -> bytes:
    """Probes as one program: after each, its mark and rc on stdout, its mark on stderr.

    `values`: of the variables that stand for secrets; an account reads its own from descriptor 3.
    """
    lines = [f"mark={mark}", 'printf "%s begin\\n" "$mark"', 'printf "%s begin\\n" "$mark" >&2']
    lines += [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    for piece in pieces:
        lent = values if _account(piece, user) else {}
        lines += [
            f"( umask 022; cd /; unset mark; set --; {_call(piece, user, lent)} ) </dev/null"
            + _on_descriptor_3(lent),
            'printf "%s piece %s\\n" "$mark" "$?"; printf "%s piece\\n" "$mark" >&2',
        ]
    return _encoded("\n".join(lines) + "\n")


def piece_text(piece: Piece) -> str:
    """A piece's script with its environment, its directory, and `fact` where it prints facts."""
    for name in piece.environment:
        if not _NAME.match(name):
            raise UsageError(
                f"{name!r} cannot be the name of an environment variable",
                hint="letters, digits and _, not beginning with a digit",
            )
    lines = [f"export {k}={shlex.quote(v)}" for k, v in piece.environment.items()]
    if piece.cwd:
        lines.append(f"cd -- {shlex.quote(piece.cwd)} || exit 1")
    if piece.kind in _PRINTING:
        lines.append(PROLOGUE)
    return "\n".join([*lines, piece.script])


def _on_descriptor_3(values: Mapping[str, str]) -> str:
    if not values:
        return ""
    raw = {name: value.encode("utf-8", "surrogateescape") for name, value in values.items()}
    lines = "".join(f"{name} 1/1 {value.hex()}\n" for name, value in raw.items())
    return f" 3<<MPLAY_SECRETS\n{lines}MPLAY_SECRETS"


def _call(piece: Piece, user: str, lent: Mapping[str, str]) -> str:
    account = _account(piece, user)
    if not account:
        return f"set -u; eval {shlex.quote(piece_text(piece))}"
    text = (reading_secrets() if lent else "") + piece_text(piece)
    # An account cannot open its parent's pipes, so the script travels in its environment.
    parts = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)]
    names = [f"mplay_{index}" for index in range(len(parts))]
    given = " ".join(f"{n}={shlex.quote(p)}" for n, p in zip(names, parts, strict=True))
    joined = "".join(f"${{{name}}}" for name in names)
    inner = f'script="{joined}"; unset {" ".join(names)}; eval "$script"'
    return (
        f"group=$(id -g -- {account}) && export {given} HOME=~{account} && exec setpriv "
        f'--reuid {account} --regid "$group" --init-groups sh -u -c {shlex.quote(inner)}'
    )


def _account(piece: Piece, user: str) -> str:
    if piece.user in {"", user}:
        return ""
    if not _ACCOUNT.match(piece.user):
        raise UsageError(f"become_user {piece.user!r} cannot be the name of an account")
    return piece.user


def _limit(frame: Frame, piece: Piece) -> int:
    if frame.uncut and piece.kind not in _PRINTING:
        return 0
    return max(1, _centiseconds(piece.timeout or frame.timeout))


def _centiseconds(seconds: float) -> int:
    return math.ceil(seconds * 100)


def _assignments(words: Iterable[tuple[str, object]]) -> bytes:
    return _encoded("".join(f"{key}={shlex.quote(str(value))}\n" for key, value in words))


def _encoded(text: str) -> bytes:
    if "\0" in text:
        raise UsageError("a script or an argument holds a NUL, which no shell can")
    return text.encode("utf-8", "surrogateescape")
