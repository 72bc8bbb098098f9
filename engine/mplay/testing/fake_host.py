"""A host in memory: its lock, what it knows of attempts, and what is to go wrong with it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mplay.channel.protocol import (
    Frame,
    Holder,
    Piece,
    PieceKind,
    PieceResult,
    ReadElsewhere,
    Reply,
    TaskState,
)
from mplay.model.change import Blob
from mplay.sdk.facts import PROLOGUE

ReplyBy = Callable[[Piece], PieceResult | None]
"""Answers a piece by rote; None lets it run in a real ``sh``."""

Key = tuple[str, int, int, int]
"""Run, number, attempt and try of the undo."""


class Fault(StrEnum):
    """What goes wrong with one frame."""

    LOST_BEFORE = "the connection ends before the host got the frame"
    LOST_AFTER = "the frame is done, and the connection ends before the reply"
    DIES_BEFORE = "the supervisor dies after save, before the first effect"
    DIES_AFTER = "the supervisor dies after the effect, before its record"
    ORPHANS = "the supervisor dies, and processes of the task live on"
    REBOOTS_BEFORE = "the host reboots after save, before the first effect"
    REBOOTS_AFTER = "the host reboots after the effect, before its record"


@dataclass(slots=True, kw_only=True)
class Pending:
    """A fault that waits for its frame: the next whose task matches and that does such work."""

    fault: Fault
    task: str = ""
    kind: PieceKind | None = None

    def meets(self, frame: Frame) -> bool:
        """Whether this is the frame."""
        kinds = {piece.kind for piece in frame.pieces}
        return (not self.task or frame.task == self.task) and self.kind in {None, *kinds}


@dataclass(slots=True, kw_only=True)
class FakeHost:
    """One host. `folder` holds its restore points and blobs, and is where its scripts run.

    `answers` are asked in order before a piece runs in a real ``sh``. `log` names every frame and
    piece in the order in which they ran: ``('web/conf@a', 'apply')``.
    """

    name: str
    folder: Path
    answers: Sequence[ReplyBy] = ()
    machine_id: str = "0f" * 16
    user: str = "root"
    facts: Mapping[str, str] = field(default_factory=lambda: {"os_id": "debian", "init": "systemd"})
    owed: tuple[str, ...] = ()
    boots: int = 1
    unreachable: int = 0
    """So many attempts to connect fail; -1: all of them."""
    holder: Holder | None = None
    token: str = ""
    states: dict[Key, TaskState] = field(default_factory=dict)
    replies: dict[Key, Reply] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    connections: int = 0
    mutex: threading.RLock = field(default_factory=threading.RLock)

    @property
    def boot(self) -> str:
        """The boot identity."""
        return f"boot-{self.boots}"

    def fail(self, fault: Fault, task: str = "", kind: PieceKind | None = None) -> None:
        """Let something go wrong with the next frame of that task, or that does such work."""
        self.pending.append(Pending(fault=fault, task=task, kind=kind))

    def fault_for(self, frame: Frame) -> Fault | None:
        """What goes wrong with this frame; it goes wrong once."""
        for waiting in self.pending:
            if waiting.meets(frame):
                self.pending.remove(waiting)
                return waiting.fault
        return None

    def hold(self, run: str, owner: str, *, since: str, token: str) -> None:
        """Let another run own the host."""
        self.holder = Holder(run=run, owner=owner, since=since)
        self.token = token

    def run(self, piece: Piece, key: Key, *, task: str = "", timeout: float = 0.0) -> PieceResult:
        """Do a piece: by rote, or in a real ``sh``. rc 124 where it took longer than `timeout`."""
        self.log.append((task, piece.name))
        for answer in self.answers:
            if (result := answer(piece)) is not None:
                return result
        return self._in_shell(piece, key, piece.timeout or timeout)

    def _in_shell(self, piece: Piece, key: Key, timeout: float) -> PieceResult:
        looks = piece.kind in {PieceKind.PROBE, PieceKind.VERIFY}
        script = f"{PROLOGUE}{piece.script}" if looks else piece.script
        try:
            done = subprocess.run(
                ["sh", "-u" if looks else "-eu", "-c", script],
                cwd=piece.cwd or self.folder,
                env=self._environment(piece, key),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout or None,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return PieceResult(rc=124, stdout=late.stdout or b"", stderr=late.stderr or b"")
        return PieceResult(rc=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def _environment(self, piece: Piece, key: Key) -> dict[str, str]:
        path = {"PATH": os.environ["PATH"]} if "PATH" in os.environ else {}
        return {
            **path,
            "LC_ALL": "C.UTF-8",
            "MPLAY_SAVE": str(self.save_point(key)),
            "MPLAY_BLOBS": str(self._blobs()),
            **piece.environment,
        }

    def save_point(self, key: Key) -> Path:
        """The directory of an attempt, the same for its undo."""
        run, number, attempt, _ = key
        place = self.folder / ".mplay" / "saves" / run / f"{number}.{attempt}"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place

    def restore_points(self, run: str) -> Path:
        """Where those of a run are kept."""
        return self.folder / ".mplay" / "saves" / run

    def put(self, blob: Blob, read: ReadElsewhere | None = None) -> None:
        """Keep a blob; `read` gives a file of another host. ValueError where it is another one."""
        if blob.host and read:
            data = b"".join(read(blob, 0))
        else:
            data = Path(blob.path).read_bytes() if blob.path else blob.data
        if hashlib.sha256(data).hexdigest() != blob.sha256:
            raise ValueError(f"the content of blob {blob.sha256} is another")
        (self._blobs() / blob.sha256).write_bytes(data)

    def blobs(self) -> set[str]:
        """The blobs that are kept, by SHA-256."""
        return {file.name for file in self._blobs().iterdir()}

    def forget(self, sha256: str) -> None:
        """Remove a blob."""
        (self._blobs() / sha256).unlink(missing_ok=True)

    def _blobs(self) -> Path:
        place = self.folder / ".mplay" / "blobs"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place


def printed(facts: Mapping[str, str]) -> PieceResult:
    """What a probe answers that sees these facts; keys and values without odd characters."""
    return PieceResult(rc=0, stdout="".join(f"{k}\t{v}\n" for k, v in facts.items()).encode())
