"""The operator's word before each step: ``--step``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from mplay.model.plan import Plan, PlannedStep, Role, Section

REFUSED = "the operator said no (--step)"
"""Why a task was skipped that somebody did not want."""
ASKED = "the operator was asked whether to do it, and has not answered"

Ask = Callable[[str, Callable[[], bool]], str | None]
"""Puts a question; the answer as typed, or None where none will come.

It is given a function that says whether the run was stopped, so that nobody waits any more.
"""


class Consent:
    """Asks once for each step, and in a block with batches once for each batch of it.

    ``y`` does it, ``c`` does it and asks no more, anything else leaves it out. Only steps of the
    playbook's own list are asked about: a bracket goes with its block, so that a host which left
    its service comes back. Workers of different hosts share it: one asks, the others wait.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._stopped = threading.Event()
        self._mutex = threading.Lock()
        self._known: dict[tuple[str, int], bool | None] = {}
        self._all = False

    def given(self, plan: Plan, step: PlannedStep, host: str) -> bool | None:
        """Whether the step is wanted on this host; None where nobody answers any more."""
        if step.role is not Role.MAIN or step.section is not Section.STEPS:
            return True
        batch, hosts = _together(plan, step, host)
        with self._mutex:
            if self._all:
                return True
            key = (step.path, batch)
            if key not in self._known:
                self._known[key] = self._answer(step, hosts)
            return self._known[key]

    def stop(self) -> None:
        """Nothing more is begun, so that no answer is waited for. Safe in a signal handler."""
        self._stopped.set()

    def _answer(self, step: PlannedStep, hosts: Sequence[str]) -> bool | None:
        name = f" {step.step.name}" if step.step.name else ""
        where = ", ".join(hosts[:4]) + (f" and {len(hosts) - 4} more" if len(hosts) > 4 else "")
        question = f"{step.path}{name} ({step.step.module.name}) on {where}"
        said = None if self._stopped.is_set() else self._ask(question, self._stopped.is_set)
        if said is None:
            return None
        word = said.strip().lower()
        self._all = word in {"c", "continue"}
        return self._all or word in {"y", "yes"}


def _together(plan: Plan, step: PlannedStep, host: str) -> tuple[int, Sequence[str]]:
    """The batch that a host passes the step in, and the hosts of it."""
    block = plan.blocks.get(step.block)
    for number, batch in enumerate(block.batches if block else ()):
        if host in batch:
            return number, [one for one in step.hosts if one in batch]
    return 0, step.hosts
