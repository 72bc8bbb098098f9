"""A clock that moves when it is told to, and when somebody sleeps."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2024, 1, 1, 2, 0, tzinfo=UTC)


class FakeClock:
    """A `Clock` for tests: sleeping takes no time, and moves it. Any thread may use it.

    `slept` holds every wait, in seconds, in the order in which they began.
    """

    def __init__(self, now: datetime = BEGINNING) -> None:
        self._begun = now
        self._passed = 0.0
        self._mutex = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return self._begun + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        with self._mutex:
            return self._passed

    def sleep(self, seconds: float) -> None:
        """Be that much later, at once."""
        with self._mutex:
            self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._mutex:
            self._passed += max(seconds, 0.0)
