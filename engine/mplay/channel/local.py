"""The machine itself as a host: the same protocol, over the pipes of a child shell."""

from __future__ import annotations

import getpass
import os
import select
import signal
import subprocess
from contextlib import suppress

from mplay.channel.stream import Source
from mplay.model.errors import HostRefused

_READ = 65536


class PipeStream:
    """A child shell and its three pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._stdin = process.stdin.fileno()
        self._sources = {process.stdout.fileno(): Source.OUT, process.stderr.fileno(): Source.ERR}
        self._poll = select.poll()
        for descriptor in self._sources:
            self._poll.register(descriptor, select.POLLIN)
        # `close` may come from another thread while this one waits in `receive`.
        self._wake_read, self._wake = os.pipe()
        self._poll.register(self._wake_read, select.POLLIN)
        self._closed = False

    def send(self, data: bytes) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._stdin, view) :]

    def receive(self, timeout: float) -> tuple[Source, bytes]:
        """The next bytes of either pipe, b'' when the shell has ended."""
        while True:
            if self._closed:
                return Source.OUT, b""
            events = self._poll.poll(timeout * 1000)
            if not events:
                raise TimeoutError
            for descriptor, _ in events:
                source = self._sources.get(descriptor)
                if source is None:
                    return Source.OUT, b""
                data = os.read(descriptor, _READ)
                if data or source is Source.OUT:
                    return source, data
                self._poll.unregister(descriptor)

    def close(self) -> None:
        """End the relay alone: its supervisor is in a session of its own."""
        if self._closed:
            return
        self._closed = True
        os.close(self._wake)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()
        os.close(self._wake_read)


class LocalLine:
    """Starts commands as children of this process."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.user = "root" if os.geteuid() == 0 else getpass.getuser()
        self._streams: list[PipeStream] = []

    def start(self, command: str) -> PipeStream:
        """Run a command line with /bin/sh, in a session of its own."""
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise HostRefused(self.host, f"no shell could be started: {error}") from error
        stream = PipeStream(process)
        self._streams.append(stream)
        return stream

    def close(self) -> None:
        """End what was started."""
        while self._streams:
            self._streams.pop().close()
