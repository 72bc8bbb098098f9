"""One process that executes a run: it owns the run, its hosts, and its end."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from mplay.app.signals import handled
from mplay.app.underway import Underway
from mplay.channel.protocol import Claim, Connector, Greeting
from mplay.executor.backward import Rules
from mplay.executor.claiming import claim, release
from mplay.executor.context import RunContext
from mplay.executor.crew import Crew
from mplay.executor.elsewhere import OtherHosts
from mplay.executor.execution import INTERRUPTED, Ending, Execution
from mplay.executor.link import Link
from mplay.executor.owed import owing
from mplay.executor.probing import LookAhead
from mplay.executor.recorder import Recorder
from mplay.executor.results import Results
from mplay.executor.running import Numbers, Running
from mplay.executor.undo_calls import MakeModule
from mplay.journal import Journal
from mplay.model.clock import Clock, token
from mplay.model.errors import (
    HostLocked,
    HostsRefused,
    JournalError,
    MplayError,
    Unreachable,
    Where,
)
from mplay.model.events import Event, HostLost, HostSeen, PhaseBegan, RunEnd
from mplay.model.playbook import ModuleCall, Text
from mplay.model.record import Listener
from mplay.model.task import RunStatus
from mplay.sdk import Module

_CLOSED = {RunStatus.SUCCEEDED, RunStatus.ROLLED_BACK}
HEARTBEAT = 20.0
"""Seconds between two signs of life."""

Absent = Sequence[tuple[str, str]]
Action = Callable[[Execution, Absent], Ending]


def owner(clock: Clock) -> dict[str, Any]:
    """Who executes: for the lock of a host, and for people."""
    return {
        "user": getpass.getuser(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "began": clock.now().isoformat(timespec="seconds"),
    }


def make_module(context: RunContext) -> MakeModule:
    """Makes modules of calls whose arguments are rendered: those of a journalled `rollback`."""
    nowhere = Where("the journal")

    def make(name: str, args: Any) -> Module:
        return context.bind(ModuleCall(name=Text(name, nowhere), args=args, where=nowhere), {})

    return make


def said(error: MplayError) -> str:
    """An error on one line: where and what; what to do is said where it is raised."""
    if isinstance(error, HostsRefused):
        return "; ".join(said(refusal) for refusal in error.refusals)
    where = f"{error.problem.where} " if error.problem.where else ""
    return f"{where}{error.problem.what}"


@contextmanager
def resumable(run: str, place: Sequence[str]) -> Iterator[None]:
    """Say of a journal that refuses a record how the run goes on once it takes them again."""
    try:
        yield
    except JournalError as error:
        problem = error.problem
        hint = f"{problem.hint} Then: {shlex.join(['mplay', 'resume', run, *place])}"
        raise JournalError(problem.what, where=problem.where, hint=hint) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part: the hosts that are claimed, those only looked at, those with root tasks."""

    claimed: tuple[str, ...]
    looked_at: tuple[str, ...] = ()
    become: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Executes one run. `make` makes modules of calls that are rendered already.

    `expired`: ended runs whose restore points go, and the hosts that hold them. `place` are the
    words with which another command finds the journal.
    """

    journal: Journal
    context: RunContext
    connector: Connector
    clock: Clock
    make: MakeModule
    listeners: Sequence[Listener] = ()
    place: Sequence[str] = ()
    rules: Rules = field(default_factory=Rules)
    expired: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def execute(self, cast: Cast, action: Action, first: Sequence[Event] = ()) -> Ending:
        """Take the run and its hosts, do it, give them back, and journal how it ended.

        `first` is journalled once the run is this process's. HostLocked where another process
        executes the run, or another run owns a host.
        """
        run = self.context.run
        crew = Crew(self.context.options.forks)
        held = self.journal.executor_lock(run)
        with resumable(run, self.place), held, self._alive(run):
            underway = Underway(self.context.plan, self.journal.state(run))
            watched = replace(self, listeners=(*self.listeners, underway))
            with self._stoppable(crew, underway):
                return watched._in_charge(cast, crew, action, first)

    def _in_charge(self, cast: Cast, crew: Crew, action: Action, first: Sequence[Event]) -> Ending:
        self._claim(cast)
        recorder = Recorder(self.journal, self.context.run, self.listeners)
        for event in first:
            recorder.write(event)
        running = replace(self._running(cast), stopping=crew.stopping)
        try:
            return self._execute(running, crew, action)
        finally:
            for link in running.links.values():
                link.close()
            running.close()
            crew.close()

    def _claim(self, cast: Cast) -> None:
        """Claim the hosts in the journal; a run that has begun nothing ends if it cannot."""
        try:
            self.journal.claim(self.context.run, cast.claimed)
        except HostLocked as error:
            if not self.journal.state(self.context.run).hosts_seen:
                recorder = Recorder(self.journal, self.context.run, self.listeners)
                recorder.write(
                    RunEnd(status=RunStatus.REFUSED, exit=error.exit_code, why=said(error))
                )
            raise

    def _execute(self, running: Running, crew: Crew, action: Action) -> Ending:
        known = set(running.past.hosts_seen)
        try:
            absent = claim(running, crew)
        except MplayError as error:
            # Raised again: what to do about it (trust a key, give -K) is for the operator to read.
            self._refused(running, error)
            raise
        execution = Execution(
            running,
            crew,
            state=lambda: self.journal.state(self.context.run),
            make=self.make,
            rules=self.rules,
        )
        # Who does not answer now is not waited for at every task: it has no link at all.
        running.links = {h: link for h, link in running.links.items() if h not in absent}
        ending = action(execution, [(host, e.problem.what) for host, e in absent.items()])
        untouched = [h for h, e in absent.items() if h not in known and type(e) is Unreachable]
        self.journal.unclaim(self.context.run, untouched)
        self._give_back(running, crew, ending, absent)
        if ending.status in _CLOSED:
            running.recorder.write(PhaseBegan(phase="closed"))
        running.recorder.write(RunEnd(status=ending.status, exit=ending.exit, why=ending.why))
        return ending

    def _refused(self, running: Running, error: MplayError) -> None:
        """Nothing has begun: the run ends, and owns nothing."""
        owed = owing(running.past, self.context.plan, RunStatus.RUNNING)
        free = [host for host in running.links if host not in owed]
        self.journal.unclaim(self.context.run, free)
        begun = bool(running.past.attempts)
        status = RunStatus.HALTED if begun else RunStatus.REFUSED
        running.recorder.write(RunEnd(status=status, exit=error.exit_code, why=said(error)))

    def _give_back(
        self, running: Running, crew: Crew, ending: Ending, absent: Mapping[str, MplayError]
    ) -> None:
        """Release all hosts that owe nothing; a host that does keeps its lock."""
        state = self.journal.state(self.context.run)
        owed = owing(state, self.context.plan, ending.status)
        hosts = [host for host in running.links if host not in owed and host not in absent]
        crew.each(hosts, lambda host: self._prune(running.links[host]))
        unreleased = release(running, crew, hosts)
        free = [host for host in running.links if host not in {*owed, *unreleased}]
        self.journal.unclaim(self.context.run, free)

    def _prune(self, link: Link) -> None:
        """Delete what has expired; a host that cannot now is asked again by a later run."""
        for run, hosts in self.expired.items():
            if link.claim is not None and link.host.name in hosts:
                link.prune(run)

    def _running(self, cast: Cast) -> Running:
        past = self.journal.state(self.context.run)
        recorder = Recorder(self.journal, self.context.run, self.listeners)
        mine = token()
        links = {
            host: self._link(host, cast, past.tokens.get(host, ()), past.hosts_seen, mine, recorder)
            for host in (*cast.claimed, *cast.looked_at)
        }
        return Running(
            context=self.context,
            links=links,
            recorder=recorder,
            clock=self.clock,
            past=past,
            results=Results(),
            numbers=Numbers({host: past.next_number(host) for host in links}),
            ahead={host: LookAhead(self.clock) for host in links},
            others=OtherHosts.of_run(
                self.context, self.connector, self.clock, self.context.options.reconnect
            ),
        )

    def _link(
        self,
        host: str,
        cast: Cast,
        superseded: Sequence[str],
        seen: Mapping[str, HostSeen],
        mine: str,
        recorder: Recorder,
    ) -> Link:
        become = host in cast.become
        who = owner(self.clock)
        wanted = Claim(
            run=self.context.run,
            token=mine,
            owner=f"{who['user']}@{who['host']} pid {who['pid']}",
            superseded=tuple(superseded),
            become=become,
            machine_id=seen[host].machine_id if host in seen else "",
        )

        def found(name: str, greeting: Greeting) -> None:
            recorder.write(
                HostSeen(
                    host=name,
                    machine_id=greeting.machine_id,
                    boot=greeting.boot,
                    token=mine,
                    state="greeted",
                )
            )

        return Link(
            self.context.hosts[host],
            self.connector,
            self.clock,
            claim=wanted if host in cast.claimed else None,
            become=become,
            reconnect=self.context.options.reconnect,
            on_lost=lambda name, why: recorder.write(HostLost(host=name, why=why)),
            on_found=found,
        )

    @contextmanager
    def _stoppable(self, crew: Crew, underway: Underway) -> Iterator[None]:
        run = shlex.join([self.context.run, *self.place])

        def farewell() -> str:
            busy = "".join(f"  {line}\n" for line in underway.told())
            return (
                f"\nleaving at once; what runs on the hosts goes on there\n{busy}"
                f"  mplay show {run}      what is under way\n"
                f"  mplay resume {run}    go on\n"
                f"  mplay rollback {run}  undo\n"
            )

        def stop() -> None:
            crew.stop(INTERRUPTED)
            if consent := self.context.options.consent:
                consent.stop()

        with handled(stop, farewell):
            yield

    @contextmanager
    def _alive(self, run: str) -> Iterator[None]:
        """Beat while the run is executed."""
        over = threading.Event()

        def beat() -> None:
            # A journal that refuses a beat refuses the next record too, and that one is told.
            with suppress(JournalError):
                while not over.wait(HEARTBEAT):
                    self.journal.beat(run)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        self.journal.beat(run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
