"""What can go wrong, as a tree; each leaf knows the exit code of design section 10.

::

    MplayError
    ├── UsageError            2   bad command line, playbook, inventory or configuration
    │   └── InvalidInput      2   several located problems at once
    ├── GateClosed            5   a gate refused; nothing was touched
    ├── HostLocked            6   another run owns a host, or this run was taken over
    ├── PersonNeeded          7   conflict, unknown outcome, incomplete rollback
    ├── JournalError          4   the journal refused a record: nothing more may happen
    └── HostError             4   something about one host
        ├── Unreachable           no connection
        ├── LinkLost              the connection ended in the middle of something
        └── HostRefused           the host answered, and said no (key, sudo, protocol)
            └── HostsRefused          several did

Every error says where, what, and what to do now; `str(error)` is what a user reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file. Lines and columns count from 1; 0 means *the whole file*."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it."""

    what: str
    where: Where | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where} " if self.where else ""
        advice = f"\n    {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"


class MplayError(Exception):
    """Anything that mplay tells a user instead of a traceback."""

    exit_code = 1

    def __init__(self, what: str, *, where: Where | str | None = None, hint: str = "") -> None:
        place = Where(where) if isinstance(where, str) else where
        self.problem = Problem(what, place, hint)
        super().__init__(str(self.problem))


class UsageError(MplayError):
    """The command line, a playbook, the inventory or the configuration is wrong."""

    exit_code = 2


class InvalidInput(UsageError):
    """Several problems found together, so that they can be mended together."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("InvalidInput needs at least one problem")
        self.problems = tuple(problems)
        Exception.__init__(self, "\n".join(str(p) for p in self.problems))
        self.problem = self.problems[0]


class GateClosed(MplayError):
    """A gate refused; nothing was touched."""

    exit_code = 5


class HostLocked(MplayError):
    """A host belongs to another run, or this run was taken over."""

    exit_code = 6


class PersonNeeded(MplayError):
    """A conflict, an unknown outcome or an incomplete rollback: somebody must look."""

    exit_code = 7


class JournalError(MplayError):
    """The journal refused a record, so nothing more may happen."""

    exit_code = 4


class HostError(MplayError):
    """Something went wrong with one host; `host` names it."""

    exit_code = 4

    def __init__(self, host: str, what: str, *, hint: str = "") -> None:
        super().__init__(what, where=f"{host}:", hint=hint)
        self.host = host


class Unreachable(HostError):
    """The host gave no connection."""


class LinkLost(HostError):
    """The connection ended in the middle of something; the outcome is to be asked for."""


class HostRefused(HostError):
    """The host answered and said no: its key, its sudo, its protocol."""


class HostsRefused(HostRefused):
    """Several hosts said no; all are told, so that they can be mended together."""

    def __init__(self, refusals: Sequence[HostRefused]) -> None:
        first = refusals[0]
        super().__init__(first.host, first.problem.what, hint=first.problem.hint)
        self.refusals = tuple(refusals)
        Exception.__init__(self, "\n".join(str(refusal) for refusal in refusals))
