"""Who is measured: mplay, the physical limit, and OpenSSH with a command a step."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mplay.journal import Journal
from mplay.model.events import HostSeen, OutcomeSeen
from tests.bench import workload
from tests.bench.far_side import FarSide


class Failed(Exception):
    """A peer did not do its work; the words say what went wrong."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measured run, in seconds.

    `run`: first connect to last outcome. `command`: all of the command. `processor`: what it used.
    `answers`: what each task said, ``changed`` or ``ok``.
    """

    run: float
    command: float
    processor: float
    answers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    seconds: float
    processor: float


class Peer(Protocol):
    """Somebody who does the workload."""

    name: str

    def run(self) -> Run:
        """Do it once on all hosts."""
        ...


def _measure(argv: Sequence[str], folder: Path) -> Ended:
    with (folder / "said").open("w+") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(
            argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return Ended(
            code=process.returncode,
            out=said.read(),
            seconds=seconds,
            processor=used.ru_utime + used.ru_stime,
        )


class Mplay:
    """This project; its run time is what its own journal says."""

    name = "mplay"

    def __init__(self, folder: Path, inventory: Path, hosts: Sequence[str], far: FarSide) -> None:
        self._folder = folder
        self._far = far
        self._journal = folder / "journal.db"
        self._argv = [sys.executable, "-m", "mplay.cli.main", "apply", "bench.yml"]
        self._argv += ["-i", str(inventory), "-l", ",".join(hosts), "-f", str(len(hosts))]
        self._argv += ["--journal", str(self._journal), "--format", "json"]
        folder.mkdir()
        workload.write_project(folder)

    def run(self) -> Run:
        """Apply the playbook."""
        ended = _measure(self._far.argv(self._argv), self._folder)
        if ended.code:
            raise Failed(f"mplay ended with exit {ended.code}:\n{ended.out}")
        with Journal.open(self._journal, create=False) as journal:
            records = journal.records(journal.find("last"))
        begun = [r.at for r in records if isinstance(r.event, HostSeen)]
        outcomes = [(r.at, r.event.status) for r in records if isinstance(r.event, OutcomeSeen)]
        first, last = min(begun), max(at for at, _ in outcomes)
        return Run(
            run=(datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds(),
            command=ended.seconds,
            processor=ended.processor,
            answers=[status for _, status in outcomes],
        )


class Script:
    """A shell script that handles each host in a process of its own, all at once.

    It runs in a process namespace, with which all that it started ends.
    """

    def __init__(self, name: str, folder: Path, lines: Mapping[str, str], far: FarSide) -> None:
        self.name = name
        self._folder = folder
        self._answers = [folder / f"{host}.out" for host in lines]
        folder.mkdir()
        jobs = [
            f"(\n{line}\n) </dev/null >{shlex.quote(f'{folder}/{host}.out')} 2>&1 &"
            for host, line in lines.items()
        ]
        script = folder / "script"
        script.write_text("\n".join(["date +%s.%N", *jobs, "wait", "date +%s.%N", ""]))
        inside = ["unshare", "--pid", "--fork", "--kill-child=KILL", "sh", str(script)]
        self._argv = far.argv(inside)

    def run(self) -> Run:
        """Run the script."""
        ended = _measure(self._argv, self._folder)
        said = [file.read_text() for file in self._answers]
        answers = [line for text in said for line in text.split("\n") if line]
        if ended.code or not set(answers) <= {"ok", "changed"}:
            raise Failed(f"{self.name} ended with exit {ended.code}:\n{ended.out}{''.join(said)}")
        first, last = map(float, ended.out.split())
        return Run(
            run=last - first, command=ended.seconds, processor=ended.processor, answers=answers
        )


def limit(folder: Path, ssh: Mapping[str, Sequence[str]], far: FarSide) -> Script:
    """The physical limit: one ``ssh HOST sh -s`` a host with all steps in it.

    `ssh` is, by host, the command line that reaches it.
    """
    lines = {}
    for host, argv in ssh.items():
        steps = folder.with_name(f"{folder.name}-{host}.sh")
        steps.write_text("".join(f"{workload.shell_step(host, n)}\n" for n in _steps()))
        lines[host] = f"{shlex.join([*argv, 'sh -s'])} <{shlex.quote(str(steps))}"
    return Script("limit", folder, lines, far)


def control_master(folder: Path, ssh: Mapping[str, Sequence[str]], far: FarSide) -> Script:
    """OpenSSH with one connection a host, kept by a master, and a command a step."""
    lines = {}
    for host, argv in ssh.items():
        socket = f"{folder}/{host}.socket"
        shared = [argv[0], "-o", f"ControlPath={socket}", *argv[1:]]
        master = [shared[0], "-fNM", "-o", "ControlPersist=60", *shared[1:]]
        # The last run's master was killed with its namespace, so that its socket is still there.
        # A master keeps what it was given as output open, so that must be nothing that is read.
        commands = [f"rm -f {shlex.quote(socket)}", f"{shlex.join(master)} >/dev/null 2>&1"]
        commands += [shlex.join([*shared, workload.shell_step(host, n)]) for n in _steps()]
        lines[host] = " &&\n".join(commands)
    return Script("controlmaster", folder, lines, far)


def _steps() -> range:
    return range(workload.STEPS)
