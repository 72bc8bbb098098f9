"""What tasks print, put together into whole lines."""

from __future__ import annotations

LONGEST = 10_000
"""Of a line that does not end, this much is kept; what came before is shown by `show --log`."""


class Printed:
    """Gathers pieces of output by task and host, and gives back the lines that are whole."""

    def __init__(self) -> None:
        self._partial: dict[tuple[str, str], str] = {}

    def lines(self, task: str, host: str, text: str) -> list[str]:
        """The lines that this piece completes."""
        *whole, rest = (self._partial.get((task, host), "") + text).split("\n")
        self._partial[task, host] = rest[-LONGEST:]
        return whole
