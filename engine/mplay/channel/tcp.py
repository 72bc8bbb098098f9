"""A TCP socket for many small messages."""

from __future__ import annotations

import socket

_READ = 65536


class QuickSocket(socket.socket):
    """A TCP socket that never delays: neither what it sends, nor its acknowledgements.

    Linux clears QUICKACK by itself, so it is set again after each receive. The library asks for
    the head of a packet and then for the rest, so what is there is taken at once and kept for it.
    """

    _held = b""

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive, and acknowledge at once; one thread reads."""
        if not self._held:
            self._held = super().recv(_READ, flags)
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        data, self._held = self._held[:size], self._held[size:]
        return data

    @classmethod
    def to(cls, address: str, port: int, timeout: float) -> QuickSocket:
        """A connected one. OSError."""
        plain = socket.create_connection((address, port), timeout=timeout)
        quick = cls(plain.family, plain.type, plain.proto, fileno=plain.detach())
        for level, option in (
            (socket.IPPROTO_TCP, socket.TCP_NODELAY),
            (socket.IPPROTO_TCP, socket.TCP_QUICKACK),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        ):
            quick.setsockopt(level, option, 1)
        return quick
