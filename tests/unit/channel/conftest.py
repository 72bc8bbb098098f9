from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.channel.ground import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    yield ground
    ground.close()
