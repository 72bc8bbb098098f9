"""Opening channels: by SSH or to the machine itself, as the host's connection says."""

from __future__ import annotations

from importlib import import_module
from typing import Self

from mplay.channel.local import LocalLine
from mplay.channel.protocol import Channel
from mplay.channel.relay import Manner
from mplay.channel.session import HostChannel
from mplay.channel.stream import Line
from mplay.model.clock import Clock, SystemClock
from mplay.model.host import Host
from mplay.model.secrets import Secrets


class Connectors:
    """The `Connector` of a real run; one serves all hosts and threads.

    What is in `secrets` is in no text that goes to a host: it travels beside it.
    """

    def __init__(
        self,
        manner: Manner | None = None,
        clock: Clock | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self._manner = manner or Manner()
        self._secrets = secrets or Secrets()
        self._clock = clock or SystemClock()

    def prepared(self) -> Self:
        """The same with the SSH library read, which takes longer than to reach a host."""
        import_module("mplay.channel.ssh")
        return self

    def open(self, host: Host) -> Channel:
        """A connected channel. Unreachable; HostRefused for keys, login and sudo."""
        return HostChannel(self._line(host), self._manner, self._clock, self._secrets)

    def _line(self, host: Host) -> Line:
        if host.connection.kind == "local":
            return LocalLine(host.name)
        # Imported where it is needed: the SSH library costs a quarter of a second.
        from mplay.channel.ssh import SshLine

        return SshLine.connect(host, silence=self._manner.silence)
