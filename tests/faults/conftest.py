"""Fixtures of the fault trials: those of the journeys."""

from __future__ import annotations

from tests.journeys.conftest import lb, project, web

__all__ = ["lb", "project", "web"]
