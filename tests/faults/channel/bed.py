"""A host for kill trials: the machine itself with a directory of its own, or a host of the lab."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mplay.channel.connect import Connectors
from mplay.channel.protocol import Channel, Claim, Frame, Piece, PieceKind
from mplay.channel.relay import Manner
from mplay.model.host import Connection, Host

RUN = "20260101-0200-trial"


@dataclass(frozen=True, kw_only=True)
class Bed:
    """Where trials run: how channels are opened, and how the host is looked into as root."""

    host: Host
    state: str
    shell: Callable[[str], str]

    def open(self, *, silence: float = 20.0) -> Channel:
        """A channel, with beats short enough for trials."""
        state = self.state if self.host.connection.kind == "local" else ""
        manner = Manner(beat=1, silence=silence, grace=1.0, state=state)
        return Connectors(manner).open(self.host)

    @property
    def home(self) -> str:
        """Where the run keeps its things on the host."""
        return f"{self.state}/runs/{RUN}"

    def clear(self) -> None:
        """End what a trial left: the supervisor, its lock, its traces."""
        self.shell(
            f"[ ! -s {self.home}/pid ] || kill -9 $(cat {self.home}/pid); "
            f"rm -rf {self.state}/lock {self.home} /run/mplay/{RUN}"
        )


def local_bed(folder: Path) -> Bed:
    """The machine itself."""

    def shell(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout

    host = Host(name="localhost", connection=Connection(kind="local"))
    return Bed(host=host, state=str(folder / "state"), shell=shell)


def claim(token: str, *superseded: str) -> Claim:
    """What an owner asks for."""
    return Claim(
        run=RUN, token=token * 32, owner="trial", superseded=tuple(t * 32 for t in superseded)
    )


def effect(file: str, *, number: int = 1) -> Frame:
    """A task that writes x, works a while, and writes y; its verification says what is there."""
    scripts = (
        (PieceKind.SAVE, 'echo kept >"$MPLAY_SAVE/kept"'),
        (PieceKind.APPLY, f"printf x >>{file}; sleep 0.3; printf y >>{file}"),
        (PieceKind.VERIFY, f'fact content "$(cat {file})"'),
    )
    pieces = tuple(Piece(name=kind.value, kind=kind, script=script) for kind, script in scripts)
    return Frame(number=number, task=f"trial{number}@host", attempt=1, pieces=pieces)
