"""The pytest plugin: ``--accept`` rewrites what golden cases hold, ``--record PREFIX`` asks a host.

``--record "ssh -F lab.conf stg-web1"``: a command that runs ``sh`` on the host; see
`mplay.testing.golden`.
"""

from __future__ import annotations

import shlex

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("mplay", "golden cases of mplay")
    group.addoption("--accept", action="store_true", help="rewrite what mplay says to the cases")
    group.addoption("--record", metavar="PREFIX", help="command that reaches sh on a real host")


@pytest.fixture
def accepting(request: pytest.FixtureRequest) -> bool:
    """Whether cases are to be rewritten."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The words of the command that reaches a host's ``sh``; empty without ``--record``."""
    return tuple(shlex.split(request.config.getoption("--record") or ""))
