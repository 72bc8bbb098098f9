"""The machine itself as a host with a state directory of its own, for tests without root or SSH."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mplay.channel.connect import Connectors
from mplay.channel.hostlog import parse_log
from mplay.channel.protocol import Channel, Claim, Frame, Greeting, Piece, PieceKind
from mplay.channel.relay import Manner
from mplay.model.change import Blob
from mplay.model.host import localhost

RUN = "20260101-0200-test"
TOKEN = "a" * 32
SUCCESSOR = "b" * 32


class Ground:
    """Opens channels to one state directory, and ends what a test left there."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.folder = folder
        self._channels: list[Channel] = []

    def open(self, manner: Manner | None = None) -> Channel:
        """A channel with short times, so that no test waits for a real one."""
        manner = manner or Manner(beat=1, silence=20.0, grace=0.3, state=str(self.state))
        channel = Connectors(manner).open(localhost())
        self._channels.append(channel)
        return channel

    def greeted(self, *, token: str = TOKEN, run: str = RUN) -> Channel:
        """A channel that owns the host."""
        channel = self.open()
        channel.hello(claim(token=token, run=run))
        return channel

    @property
    def home(self) -> Path:
        """Where the run keeps its things."""
        return self.state / "runs" / RUN

    def log(self) -> list[str]:
        """The verbs of the host's log with their numbers, without sums and boots."""
        raw = (self.home / "log").read_bytes()
        parse_log(raw)
        lines = [line.split() for line in raw.decode().splitlines() if line]
        return [" ".join(words[:-1]) for words in lines if words[0] != "boot"]

    def supervisor(self) -> int:
        """The process of the supervisor."""
        return int((self.home / "pid").read_text())

    def close(self) -> None:
        """End supervisors, tasks and channels of this test alone."""
        for file in self.state.glob("runs/*/pid"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(file.read_text()), signal.SIGKILL)
        for file in (*self.state.glob("runs/*/current"), *self.state.glob("runs/*/orphans")):
            for line in file.read_text().splitlines():
                with suppress(ProcessLookupError):
                    os.killpg(int(line.split()[5]), signal.SIGKILL)
        for channel in self._channels:
            channel.close()


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has waited for counts."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def claim(*, token: str = TOKEN, run: str = RUN, superseded: tuple[str, ...] = ()) -> Claim:
    """What `hello` asks for in these tests."""
    return Claim(run=run, token=token, owner="ops@laptop", superseded=superseded)


def again(ground: Ground, channel: Channel) -> tuple[Channel, Greeting]:
    """A fresh owner of the same run: what a new process does after the first one was killed."""
    fresh = ground.open()
    greeting = fresh.hello(claim(token=SUCCESSOR, superseded=(TOKEN,)))
    assert fresh is not channel
    return fresh, greeting


def work(
    apply: str = "true",
    *,
    number: int = 1,
    attempt: int = 1,
    save: str | None = None,
    verify: str | None = None,
    probe: str | None = None,
    restore: str | None = None,
    undo_try: int = 0,
    user: str = "",
    environment: Mapping[str, str] | None = None,
    cwd: str = "",
    timeout: float = 20.0,
    uncut: bool = False,
    blobs: tuple[Blob, ...] = (),
) -> Frame:
    """A frame from the scripts of its pieces."""
    scripts = [
        (PieceKind.SAVE, save),
        (PieceKind.RESTORE, restore) if restore is not None else (PieceKind.APPLY, apply),
        (PieceKind.VERIFY, verify),
        (PieceKind.PROBE, probe),
    ]
    pieces = tuple(
        Piece(
            name=kind.value,
            kind=kind,
            script=script,
            user=user,
            environment=environment or {},
            cwd=cwd,
        )
        for kind, script in scripts
        if script is not None
    )
    return Frame(
        number=number,
        task=f"step{number}@localhost",
        attempt=attempt,
        pieces=pieces,
        undo_try=undo_try,
        timeout=timeout,
        uncut=uncut,
        blobs=blobs,
    )


def probe(script: str, name: str = "probe", **rest: Any) -> Piece:
    """A probe."""
    return Piece(name=name, kind=PieceKind.PROBE, script=script, **rest)
