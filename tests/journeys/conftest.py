"""Fixtures of the journeys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.project import Project, new_project
from tests.lab.fixtures import LabHost, LabHosts


@pytest.fixture
def project(tmp_path: Path, staging: LabHosts) -> Project:
    """A copy of the shipped project that reaches the lab's hosts."""
    return new_project(tmp_path / "project", staging.inventory)


@pytest.fixture
def web(fresh: Callable[[str], LabHost], lb: LabHost) -> LabHost:
    """The staging web host on a new disk."""
    return fresh("stg-web1")


@pytest.fixture
def lb(fresh: Callable[[str], LabHost]) -> LabHost:
    """The staging load balancer on a new disk."""
    return fresh("stg-lb1")
