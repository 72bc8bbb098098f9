"""What the tests of mplay, of other modules and of other projects stand on. Public and stable.

`FakeClock` moves when it is told to. `FakeConnector` opens `FakeChannel`s to `FakeHost`s, which run
scripts in a scratch folder or answer by rote, and fail when they are told to. A *golden case* fixes
what a module plans from what a host said. The *laws* are what every module must keep on a real
host. `mplay.testing.own` finds both for the modules of one's own project. `mplay.testing.plugin`
gives pytest the options ``--accept``, ``--record`` and ``--throwaway``.
"""

from __future__ import annotations

from mplay.testing.channel import FakeChannel, FakeConnector
from mplay.testing.clock import FakeClock
from mplay.testing.fake_host import FakeHost, Fault, printed

__all__ = ["FakeChannel", "FakeClock", "FakeConnector", "FakeHost", "Fault", "printed"]
