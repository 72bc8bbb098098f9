"""Which changes of a host may go along with another in one message.

They are handed over before the ones before them have ended, so each must be one of which all is
known already: it waits for nothing (the scheduler says so), the answer to its probe is there, and
no change before it in the message touches what that answer says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mplay.executor.attempt import Bound
from mplay.executor.brackets import Brackets, is_decision
from mplay.executor.deciding import Deciding
from mplay.executor.planned import Planned
from mplay.executor.probing import Probe, ProbeFailed, facts_of
from mplay.executor.running import Running
from mplay.executor.showing import refuse_shown
from mplay.model.change import Change, Facts
from mplay.model.errors import UsageError
from mplay.model.plan import Node, PlannedStep, Role, Section
from mplay.model.task import TaskKey
from mplay.sdk import Action, State

_BLOBS = 1 << 20
"""Bytes of content that a change which goes along may need: a stop must not wait for more."""


@dataclass(frozen=True, slots=True)
class _Found:
    bound: Bound
    module: State | Action
    probe: Probe
    seen: Facts


class Along:
    """Plans the changes that go along; the workers of different hosts share it."""

    def __init__(self, running: Running, deciding: Deciding, brackets: Brackets) -> None:
        self._running = running
        self._deciding = deciding
        self._brackets = brackets

    def of(self, first: Planned, ready: Sequence[Node]) -> list[Planned]:
        """A change, and those of the next ready nodes up to one that has to wait for its turn.

        What was seen ahead and a change touches is forgotten; the caller makes them all.
        """
        together = [first]
        self._note(first)
        if not self._is_plain(first.bound.step) or not _is_small(first.change):
            return together
        for node in ready:
            found = self._seen(node)
            if found is None:
                break
            try:
                change = found.module.plan(found.seen)
                if change is None:
                    continue  # its own turn says so
                self._brackets.allow_change(found.bound.step, found.bound.key.subject)
                where = found.bound.step.step.where
                refuse_shown(change, self._running.context.secrets, where)
            except (UsageError, ValueError):
                break
            if not _is_small(change):
                break
            together.append(
                Planned(
                    node=node,
                    bound=found.bound,
                    change=change,
                    seen=found.seen,
                    probe=found.probe,
                )
            )
            self._note(together[-1])
        return together

    def _note(self, planned: Planned) -> None:
        ahead, change = self._running.look_ahead(planned.bound.place), planned.change
        if not change.confined:
            ahead.forget()
            return
        restored = planned.seen if change.restored is None else change.restored
        ahead.changed({**change.expect, **restored})

    def _seen(self, node: Node) -> _Found | None:
        """What was seen ahead of a task of which nothing else has to be known."""
        step = self._running.context.plan.steps.get(node.path)
        key = TaskKey(node.path, node.host)
        if is_decision(node) or step is None or key in self._running.past.tasks:
            return None
        bound = self._deciding.early(step, node.host) if self._is_plain(step) else None
        if bound is None or not isinstance(bound.module, State | Action):
            return None
        if bound.module.elsewhere() is not None:
            return None
        probe = self._deciding.probe(bound, bound.module)
        result = self._running.look_ahead(bound.place).see(str(key), probe)
        if result is None:
            return None
        try:
            return _Found(bound, bound.module, probe, facts_of(result))
        except ProbeFailed:
            return None

    def _is_plain(self, step: PlannedStep) -> bool:
        """Whether a step is nothing but its change, once on each host."""
        written = step.step
        plain_place = step.role is Role.MAIN and step.section is Section.STEPS
        return plain_place and written.loop is None and not written.verify and not written.retries


def _is_small(change: Change) -> bool:
    """Whether others may follow at once: it touches only what its facts name, and is soon over."""
    size = sum(blob.size for blob in change.blobs)
    return change.confined and not change.settle and size <= _BLOBS
