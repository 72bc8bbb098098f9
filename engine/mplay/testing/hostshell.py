"""Runs scripts on a host the way the supervisor does, with nothing but ``sh``.

The host needs no part of mplay: what is sent is text, so that a run here is also the proof that a
restore needs no module, no playbook and no Python.
"""

from __future__ import annotations

import base64
import hashlib
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

    def run(
        self, script: Script, *, save: str = "0", options: str = "-eu", kill_after: float = 0.0
    ) -> Ended:
        """Run a script with its own ``$MPLAY_SAVE``, from a file, so that no argv shows it.

        With `kill_after` (seconds) its process group is killed then, if it still runs.
        """
        saves, blobs, file = (f"{self.state}/{name}" for name in ("saves", "blobs", "script"))
        run = sh(
            "env -i {environment} MPLAY_SAVE={save} MPLAY_BLOBS={blobs} sh {options} {file}",
            environment=self.environment,
            save=f"{saves}/{save}",
            blobs=blobs,
            options=options,
            file=file,
        )
        return self.raw(
            lines(
                sh(
                    "umask 022; mkdir -p -m 0700 {folders}; cd /",
                    folders=[self.state, saves, f"{saves}/{save}", blobs],
                ),
                _as_file(file, script),
                _killed(run, kill_after) if kill_after else lines("exec \\", run + " </dev/null"),
            )
        )

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

    def find(self, text: str, folders: Sequence[str]) -> list[str]:
        """The files below the folders that hold a text; those of `state` do not count."""
        done = self.raw(
            sh("grep -rlsF --devices=skip -e {text} {folders}", text=text, folders=folders)
        )
        found = done.out.decode(errors="replace").splitlines()
        return [file for file in found if not file.startswith(f"{self.state}/")]

    def forget(self) -> None:
        """Remove restore points, blobs and scripts."""
        self.raw(sh("rm -rf {state}", state=self.state))

    def put(self, blob: Blob) -> None:
        """Lay a blob where scripts look for it; this host is also every other host."""
        if blob.host:
            to = f"{self.state}/blobs"
            copy = sh(
                "mkdir -p -m 0700 {to}\ncp -- {path} {to}/{sum}",
                to=to,
                path=blob.path,
                sum=blob.sha256,
            )
            done = self.raw(copy)
            assert done.rc == 0, done.err
            return
        data = blob.data if not blob.path else Path(blob.path).read_bytes()
        folder = f"{self.state}/blobs"
        place = sh(
            "mkdir -p -m 0700 {folder}\nbase64 -d >{file} <<END",
            folder=folder,
            file=f"{folder}/{blob.sha256}",
        )
        done = self.raw(lines(place, base64.encodebytes(data).decode().rstrip(), "END\n"))
        assert done.rc == 0, done.err


def _as_file(file: str, text: str) -> Script:
    """Shell that writes text to a file; the mark of its end depends on the text."""
    end = f"END_{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"
    return lines(sh("cat >{file} <<", file=file) + f"'{end}'", text, end)


def _killed(run: Script, after: float) -> Script:
    return lines(
        "setsid \\",
        run + " </dev/null >/dev/null 2>&1 &",
        sh('pid=$!; sleep {after}; kill -9 "-$pid" 2>/dev/null; wait', after=after),
    )
