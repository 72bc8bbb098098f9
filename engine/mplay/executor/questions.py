"""Questions to a person: a `manual` step, and the yes between two batches."""

from __future__ import annotations

from mplay.executor.attempt import Bound
from mplay.executor.results import Result
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.executor.waiting import wait
from mplay.model.change import Judgement
from mplay.model.events import Answered, OutcomeSeen, Wait
from mplay.model.task import Outcome, TaskKey, TaskStatus
from mplay.sdk import Question


def would_ask(question: Question) -> str:
    """What a dry-run says of it."""
    if seconds := question.lasts():
        return f"waits {seconds:g} s"
    return f"asks: {question.question()}"


def ask_person(running: Running, bound: Bound, question: Question) -> tuple[Ended, Result]:
    """Take the answer that is there, else journal that the run waits for one."""
    key = bound.key
    if seconds := question.lasts():
        wait(running, seconds)
        return _ended(running, key, TaskStatus.OK, summary=f"waited {seconds:g} s")
    answer = answered(running, key)
    if answer is None:
        return _waiting(running, key, question, question.question())
    verdict = question.weigh(answer, own=_is_own(running, key))
    why = "; ".join(verdict.reasons)
    if verdict.judgement is Judgement.UNKNOWN:
        return _waiting(running, key, question, why)
    accept(running, key, answer)
    summary = f"answered: {answer}" if answer else "answered"
    if verdict.judgement is Judgement.FAILED:
        return _ended(running, key, TaskStatus.FAILED, summary=summary, why=why)
    return _ended(running, key, TaskStatus.OK, summary=summary, stdout=answer)


def _waiting(running: Running, key: TaskKey, question: Question, why: str) -> tuple[Ended, Result]:
    ask, evidence = question.question(), question.evidence_required()
    running.recorder.write(Wait(task=str(key), ask=ask, evidence=evidence))
    return Ended(TaskStatus.WAITING, why), Result(status=TaskStatus.WAITING)


def _ended(
    running: Running,
    key: TaskKey,
    status: TaskStatus,
    *,
    summary: str,
    why: str = "",
    stdout: str = "",
) -> tuple[Ended, Result]:
    outcome = Outcome.FAILED if status is TaskStatus.FAILED else Outcome.DONE
    running.recorder.write(
        OutcomeSeen(
            task=str(key), attempt=0, outcome=outcome, status=status, summary=summary, why=why
        )
    )
    return Ended(status, why), Result(status=status, stdout=stdout)


def _is_own(running: Running, key: TaskKey) -> bool:
    """Whether the answer comes from whoever began the run."""
    past = running.past
    began = past.begin.owner if past.begin else past.owner
    who = past.owner.get("user")
    given = past.task(key).answer
    if given and not _given_as(running, key):
        who = given.who
    return bool(who == began.get("user"))


def answered(running: Running, key: TaskKey) -> str | None:
    """The answer from the command line or the journal; None while there is none."""
    if name := _given_as(running, key):
        return running.context.options.evidence[name]
    past = running.past.task(key)
    refused = past.outcome is not None and past.outcome.status == TaskStatus.FAILED
    # A no has done what it had to: a run that is taken up again asks anew.
    return past.answer.evidence if past.answer and not refused else None


def _given_as(running: Running, key: TaskKey) -> str:
    """The name under which the command line answers it, or ''."""
    names = (key.path, key.path.rsplit("/", 1)[-1])
    return next((name for name in names if name in running.context.options.evidence), "")


def accept(running: Running, key: TaskKey, evidence: str) -> None:
    """Journal an answer, unless the journal gave it."""
    if _given_as(running, key) or not running.past.task(key).answer:
        who = str(running.past.owner.get("user", "operator"))
        running.recorder.write(Answered(task=str(key), who=who, evidence=evidence))
