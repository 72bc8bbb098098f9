"""The pytest plugin of golden cases and laws: three options.

``--accept`` rewrites what golden cases hold. ``--record "ssh -F lab.conf stg-web1"`` takes what a
host says from that host: a command that runs ``sh`` there; see `mplay.testing.golden`.
``--throwaway "mplay lab ssh -l root bare-001"`` names, in the same way, the host on which the laws
are tried; it is changed, cut off half-way and changed back, so it must be one that nobody needs.
"""

from __future__ import annotations

import shlex

import pytest

from mplay.testing.hostshell import HostShell

STATE = "/var/lib/mplay/laws"
"""Where restore points and scripts of the laws lie on the throwaway host."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("mplay", "golden cases of mplay")
    group.addoption("--accept", action="store_true", help="rewrite what mplay says to the cases")
    group.addoption("--record", metavar="PREFIX", help="command that reaches sh on a real host")
    group.addoption(
        "--throwaway", metavar="PREFIX", help="command that reaches root's sh on a throwaway host"
    )


@pytest.fixture
def accepting(request: pytest.FixtureRequest) -> bool:
    """Whether cases are to be rewritten."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The words of the command that reaches a host's ``sh``; empty without ``--record``."""
    return tuple(shlex.split(request.config.getoption("--record") or ""))


@pytest.fixture
def throwaway(request: pytest.FixtureRequest) -> HostShell:
    """The host on which the laws are tried; a test that asks for it is skipped without one."""
    prefix = shlex.split(request.config.getoption("--throwaway") or "")
    if not prefix:
        pytest.skip('the laws need a throwaway host: --throwaway "mplay lab ssh -l root bare-001"')
    return HostShell(prefix=prefix, state=STATE)
