"""Adds what runs once after success, failure or rollback."""

from __future__ import annotations

from mplay.model.plan import Section
from mplay.planner.draft import Draft
from mplay.planner.transforms.blocks import lay_out_steps


def finally_(draft: Draft) -> None:
    """Lay out `finally`; its graph is its own and never changes the outcome of the run."""
    section = Section.FINALLY
    lay_out_steps(draft, draft.playbook.finally_, prefix=section.value, section=section)
