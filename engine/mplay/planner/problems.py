"""Problems that others found, given a place in the playbook."""

from __future__ import annotations

from mplay.model.errors import InvalidInput, Problem, UsageError, Where


def located(error: UsageError, where: Where) -> list[Problem]:
    """The problems of an error; those without a place happened at `where`."""
    problems = error.problems if isinstance(error, InvalidInput) else (error.problem,)
    return [Problem(p.what, p.where or where, p.hint) for p in problems]
