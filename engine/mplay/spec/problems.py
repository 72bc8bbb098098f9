"""The problems that were found so far."""

from __future__ import annotations

from collections.abc import Iterable

from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.source import did_you_mean

_MOST = 200


class Problems:
    """Gathers located problems, so that they can be told together."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, what: str, where: Where, hint: str = "") -> None:
        """Note a problem; the same one is noted once."""
        self._found[Problem(what, where, hint)] = None

    def take(self, error: UsageError, where: Where) -> None:
        """Note the problems of an error; those without a place happened at `where`."""
        problems = error.problems if isinstance(error, InvalidInput) else (error.problem,)
        for one in problems:
            self.add(one.what, one.where or where, one.hint)

    @property
    def many(self) -> bool:
        """Whether there are so many already that suggestions would take too long."""
        return len(self._found) >= _MOST

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """`did_you_mean`, while there are not too many problems."""
        return "" if self.many else did_you_mean(word, known)

    def check(self) -> None:
        """Raise all problems, sorted by place, if there are any."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda p: (p.where or Where(""), p.what))
        more = len(found) - _MOST
        if more > 0:
            found = [*found[:_MOST], Problem(f"… and {more} more problems")]
        raise InvalidInput(found)
