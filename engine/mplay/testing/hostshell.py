"""Runs scripts on a host the way the supervisor does, with nothing but ``sh``.

The host needs no part of mplay: what is sent is text, so that a run here is also the proof that a
restore needs no module, no playbook and no Python.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mplay.sdk import Blob, Script, lines, parse_facts, sh
from mplay.sdk.facts import PROLOGUE

_ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C.UTF-8",
    "HOME=/root",
    "DEBIAN_FRONTEND=noninteractive",
    "NEEDRESTART_SUSPEND=1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a script ended: exit status, what it printed, what it complained."""

    rc: int
    out: bytes
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostShell:
    """A way to ``sh`` on a host: the words of a command (``ssh HOST``), none for this machine.

    `state` is the folder on the host that holds restore points and blobs.
    """

    prefix: Sequence[str] = ()
    state: str
    timeout: float = 120.0
    environment: Sequence[str] = field(default=_ENVIRONMENT)

    def run(self, script: Script, *, save: str = "0", options: str = "-eu") -> Ended:
        """Run a script with its own ``$MPLAY_SAVE``; everything goes through standard input."""
        inner = sh(
            "umask 022; mkdir -p -m 0700 {state} {saves} {save} {blobs}; cd /\n"
            "exec env -i {environment} MPLAY_SAVE={save} MPLAY_BLOBS={blobs}"
            " sh {options} -c {script} </dev/null\n",
            state=self.state,
            saves=f"{self.state}/saves",
            save=f"{self.state}/saves/{save}",
            blobs=f"{self.state}/blobs",
            environment=self.environment,
            options=options,
            script=script,
        )
        return self.raw(inner)

    def raw(self, script: Script) -> Ended:
        """Run shell as it is, in whatever surroundings the prefix gives."""
        done = subprocess.run(
            [*self.prefix, "sh"],
            input=script.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=self.timeout,
            check=False,
        )
        return Ended(rc=done.returncode, out=done.stdout, err=done.stderr.decode(errors="replace"))

    def facts(self, probe: Script, *, save: str = "0") -> dict[str, str]:
        """What a probe sees. AssertionError with its complaint when it fails."""
        done = self.run(f"{PROLOGUE}{probe}", save=save, options="-u")
        assert done.rc == 0, f"the probe failed with {done.rc}: {done.err}"
        return parse_facts(done.out)

    def put(self, blob: Blob) -> None:
        """Lay a blob where scripts look for it."""
        data = blob.data if not blob.path else Path(blob.path).read_bytes()
        folder = f"{self.state}/blobs"
        place = sh(
            "mkdir -p -m 0700 {folder}\nbase64 -d >{file} <<END",
            folder=folder,
            file=f"{folder}/{blob.sha256}",
        )
        done = self.raw(lines(place, base64.encodebytes(data).decode().rstrip(), "END\n"))
        assert done.rc == 0, done.err
