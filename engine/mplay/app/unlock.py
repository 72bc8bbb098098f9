"""Unlock: remove the lock of a run that nobody will resume or undo any more."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.app.project import Project
from mplay.app.reopen import reopen
from mplay.channel.protocol import Connector
from mplay.executor.context import Options
from mplay.model.errors import HostError
from mplay.model.events import Note, Released


def unlock(
    project: Project, wanted: str, hosts: Sequence[str], connector: Connector
) -> dict[str, str]:
    """Take a run's hold off its hosts (`hosts`: only these); what came of it, by host.

    HostLocked while a process executes the run.
    """
    with project.journal() as journal:
        run = journal.find(wanted)
        with journal.executor_lock(run):
            context = reopen(project, journal.state(run), Options())
            held = [host for host in journal.claims(run) if not hosts or host in hosts]
            said: dict[str, str] = {}
            for host in held:
                try:
                    channel = connector.open(context.hosts[host])
                    had = channel.unlock(run)
                    channel.close()
                except HostError as error:
                    said[host] = f"still locked: {error.problem.what}"
                    continue
                journal.append(run, Note(text="unlocked by hand", host=host))
                journal.append(run, Released(host=host))
                journal.unclaim(run, [host])
                said[host] = "unlocked" if had else "had no lock of this run"
            return said
