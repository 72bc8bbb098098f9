"""Checks: a step of its own, or `verify` behind a change. They look, and never change."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.executor.attempt import HIDDEN, Bound
from mplay.executor.deciding import Deciding
from mplay.executor.probing import ProbeFailed, ask
from mplay.executor.running import Running
from mplay.executor.waiting import pause
from mplay.model.change import Facts, Judgement, Patience, Verdict
from mplay.model.errors import UsageError
from mplay.model.events import Note
from mplay.model.host import LOCALHOST
from mplay.model.plan import PlannedStep
from mplay.model.playbook import Step
from mplay.model.task import TaskStatus
from mplay.sdk import Check

_STATUS = {
    Judgement.OK: TaskStatus.OK,
    Judgement.WARNING: TaskStatus.WARNING,
    Judgement.FAILED: TaskStatus.FAILED,
    Judgement.UNKNOWN: TaskStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found, and the facts by which."""

    verdict: Verdict
    seen: Facts

    def status(self, *, strict: bool) -> TaskStatus:
        """The status of the task; `strict` makes warnings and unknowns failures."""
        status = _STATUS[self.verdict.judgement]
        if strict and status in {TaskStatus.WARNING, TaskStatus.UNKNOWN}:
            return TaskStatus.FAILED
        return status

    @property
    def why(self) -> str:
        """The reasons, for people."""
        return "; ".join(self.verdict.reasons)


def look_once(running: Running, bound: Bound, check: Check) -> Checked:
    """Ask and judge, once. A probe that fails is a failed check."""
    place = LOCALHOST if check.on_controller() else bound.place
    probe = bound.probing(check.probe())
    if place != bound.place:
        probe = type(probe)(script=probe.script)
    try:
        seen = ask(running.link(place), probe)
        return Checked(verdict=check.judge(seen), seen=seen)
    except (ProbeFailed, ValueError) as error:
        return Checked(verdict=Verdict(judgement=Judgement.FAILED, reasons=(str(error),)), seen={})


_ONCE = Patience(until=0.0)


def patience(step: Step | None, module: Check) -> Patience:
    """How long a check is looked at again: as its step says, else as the module does."""
    if step is not None and step.until is not None:
        return Patience(until=step.until, every=step.delay)
    if step is not None and step.retries:
        return Patience(until=step.retries * step.delay, every=step.delay)
    return module.patience() or _ONCE


def check(
    running: Running, bound: Bound, module: Check, *, planned: PlannedStep | None = None
) -> Checked:
    """Ask and judge; a patient one again and again until it is well or the time has passed.

    `planned` is the check's own step, where it is not one of `verify`: with `retries` its looks
    are counted, whatever time they take. Interrupted.
    """
    step = planned.step if planned else None
    sleep = pause(running, planned) if planned else running.clock.sleep
    clock, patient = running.clock, patience(step, module)
    retries = step.retries if step else 0
    until = clock.monotonic() + patient.until
    sleep(min(patient.delay, patient.until))
    looks = 0
    while True:
        looks += 1
        found = look_once(running, bound, module)
        good = found.status(strict=running.context.options.strict) is not TaskStatus.FAILED
        left = until - clock.monotonic()
        if good or (looks > retries if retries else left <= 0):
            return found
        if retries:
            why = HIDDEN if bound.hidden else found.why
            text = f"look {looks} of {retries + 1} failed: {why}"
            running.recorder.write(Note(text=text, task=str(bound.key)))
        sleep(patient.every if retries else min(patient.every, left))


def verify(running: Running, deciding: Deciding, bound: Bound) -> str:
    """The `verify` checks of a task that changed something; what failed, or ''."""
    for number, call in enumerate(bound.step.step.verify, 1):
        try:
            module = deciding.call(call, bound.variables)
        except UsageError as error:
            return f"verify {number}: {error}"
        if not isinstance(module, Check):
            return f"verify {number}: {call.name} is no check"
        found = check(running, bound, module)
        if found.status(strict=running.context.options.strict) is TaskStatus.FAILED:
            return f"verify {number} ({call.name}) failed: {found.why}"
    return ""
