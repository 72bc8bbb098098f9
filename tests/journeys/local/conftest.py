"""The stage of local runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.local.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A project with three hosts that are folders of this machine."""
    return Stage(tmp_path)
