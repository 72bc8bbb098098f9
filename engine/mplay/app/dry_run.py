"""A dry-run: the same playbook, the same probes, nothing written on a host or in the journal."""

from __future__ import annotations

from mplay.app.apply import new_run
from mplay.app.prepare import Prepared, Request, prepare
from mplay.app.project import Project
from mplay.channel.protocol import Connector
from mplay.executor.crew import Crew
from mplay.executor.dryrun import DryRun, Forecast
from mplay.executor.elsewhere import OtherHosts
from mplay.executor.link import Link
from mplay.executor.probing import LookAhead
from mplay.executor.recorder import Silent
from mplay.executor.results import Results
from mplay.executor.running import Numbers, Running
from mplay.model.state import RunState


def dry_run(project: Project, request: Request, connector: Connector) -> tuple[Prepared, Forecast]:
    """What `apply` would do. UsageError before a host is asked, HostRefused when one says no."""
    prepared = prepare(project, request, new_run(project))
    cast = prepared.cast()
    crew = Crew(request.options.forks)
    links = {
        host: Link(
            prepared.context.hosts[host],
            connector,
            project.clock,
            claim=None,
            become=host in cast.become,
            reconnect=0.0,
            on_lost=lambda _host, _why: None,
            on_found=lambda _host, _greeting: None,
        )
        for host in (*cast.claimed, *cast.looked_at)
    }
    running = Running(
        context=prepared.context,
        links=links,
        recorder=Silent(),
        clock=project.clock,
        past=RunState.of(()),
        results=Results(),
        numbers=Numbers({}),
        ahead={host: LookAhead(project.clock) for host in links},
        others=OtherHosts.of_run(prepared.context, connector, project.clock),
    )
    try:
        return prepared, DryRun(running, crew).run()
    finally:
        for link in links.values():
            link.close()
        running.close()
        crew.close()
