"""Leaves a `run_once` step its first host."""

from __future__ import annotations

from mplay.planner.draft import Draft


def run_once(draft: Draft) -> None:
    """Keep the first host of the step's list; its result is everybody's."""
    for item in draft.steps():
        if item.step.run_once:
            item.among, item.hosts = item.hosts, item.hosts[:1]
