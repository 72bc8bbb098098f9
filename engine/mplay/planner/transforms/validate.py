"""Adds the checks that run after the steps."""

from __future__ import annotations

from mplay.model.plan import Section
from mplay.planner.draft import Draft
from mplay.planner.transforms.blocks import lay_out_steps


def validate(draft: Draft) -> None:
    """Lay out `validate`; its graph is its own, begun when the steps have ended well."""
    section = Section.VALIDATE
    lay_out_steps(draft, draft.playbook.validate, prefix=section.value, section=section)
