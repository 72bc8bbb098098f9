"""Questions to a person: a `manual` step, and the yes between two batches."""

from __future__ import annotations

from mplay.executor.attempt import Bound
from mplay.executor.results import Result
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.model.events import Answered, OutcomeSeen, Wait
from mplay.model.task import Outcome, TaskKey, TaskStatus
from mplay.sdk import Question


def ask_person(running: Running, bound: Bound, question: Question) -> tuple[Ended, Result]:
    """Take the answer that is there, else journal that the run waits for one."""
    key = bound.key
    answer = answered(running, key)
    if answer is None:
        ask = question.question()
        running.recorder.write(Wait(task=str(key), ask=ask, evidence=question.evidence_required()))
        return Ended(TaskStatus.WAITING, ask), Result(status=TaskStatus.WAITING)
    if question.evidence_required() and not answer.strip():
        why = "an answer needs evidence: a link, a ticket or a sentence"
        running.recorder.write(Wait(task=str(key), ask=question.question(), evidence=True))
        return Ended(TaskStatus.WAITING, why), Result(status=TaskStatus.WAITING)
    accept(running, key, answer)
    running.recorder.write(
        OutcomeSeen(
            task=str(key),
            attempt=0,
            outcome=Outcome.DONE,
            status=TaskStatus.OK,
            summary=f"answered: {answer}" if answer else "answered",
        )
    )
    return Ended(TaskStatus.OK), Result(status=TaskStatus.OK, stdout=answer)


def answered(running: Running, key: TaskKey) -> str | None:
    """The answer from the command line or the journal; None while there is none."""
    given = running.context.options.evidence
    for name in (key.path, key.path.rsplit("/", 1)[-1]):
        if name in given:
            return given[name]
    past = running.past.tasks.get(key)
    return past.answer.evidence if past and past.answer else None


def accept(running: Running, key: TaskKey, evidence: str) -> None:
    """Journal an answer, unless the journal gave it."""
    past = running.past.tasks.get(key)
    if not (past and past.answer):
        who = str(running.past.owner.get("user", "operator"))
        running.recorder.write(Answered(task=str(key), who=who, evidence=evidence))
