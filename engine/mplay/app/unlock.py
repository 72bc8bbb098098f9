"""Unlock: remove the lock of a run that nobody will resume or undo any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mplay.app.project import Project
from mplay.app.reopen import reopen
from mplay.channel.protocol import Connector
from mplay.executor.context import Options
from mplay.model.errors import HostError, UsageError
from mplay.model.events import Note, Released
from mplay.source import did_you_mean


def unlock(
    project: Project, wanted: str, hosts: Sequence[str], connector: Connector
) -> dict[str, str]:
    """Take a run's hold off its hosts (`hosts`: only these); what came of it, by host.

    UsageError for a host that the run does not have; HostLocked while a process executes the run.
    """
    with project.journal() as journal:
        run = journal.find(wanted)
        with journal.executor_lock(run):
            context = reopen(project, journal.state(run), Options())
            _check(run, hosts, context.hosts)
            held = [host for host in journal.claims(run) if not hosts or host in hosts]
            said: dict[str, str] = {}
            for host in held:
                try:
                    channel = connector.open(context.hosts[host])
                    had = channel.unlock(run)
                    channel.close()
                except HostError as error:
                    said[host] = f"still locked: {error.problem.what}; {error.problem.hint}"
                    continue
                journal.append(run, Note(text="unlocked by hand", host=host))
                journal.append(run, Released(host=host))
                journal.unclaim(run, [host])
                said[host] = "unlocked" if had else "had no lock of this run"
            return said


def _check(run: str, hosts: Sequence[str], known: Collection[str]) -> None:
    for name in hosts:
        if name not in known:
            near = did_you_mean(name, known)
            raise UsageError(f"run {run} has no host {name!r}.{near}")
