"""A run that asks before each step."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from mplay.executor.consent import REFUSED, Consent
from mplay.executor.context import Options
from mplay.model.events import Skipped
from tests.journeys.local.stage import Stage, Told

BOOK = """
name: T
hosts: w1:w2
steps:
  - {id: a, DO(a)}
  - {id: b, DO(b)}
  - {id: never, when: "false", DO(never)}
  - {id: c, DO(c)}
"""


def answering(stage: Stage, *answers: str | None) -> list[str]:
    """From now on the questions of the stage's runs get these answers; the questions."""
    asked: list[str] = []
    left = list(answers)

    def ask(question: str, stopped: Callable[[], bool]) -> str | None:
        asked.append(question.split()[0])
        return left.pop(0)

    stage.options = Options(consent=Consent(ask))
    return asked


def done(told: Told) -> set[str]:
    return {row.key.path for row in told.state.rows if row.status == "changed"}


def test_what_is_refused_is_left_out_on_every_host_and_the_journal_says_why(stage: Stage) -> None:
    asked = answering(stage, "y\n", "n\n", "y\n")
    told = stage.apply(BOOK)
    assert told.said == ("succeeded", 0)
    assert asked == ["a", "b", "c"]
    assert sorted(stage.story()) == ["+a@w1", "+a@w2", "+c@w1", "+c@w2"]
    assert {e.task for e in told.events(Skipped) if e.why == REFUSED} == {"b@w1", "b@w2"}


def test_continue_does_the_rest_unasked(stage: Stage) -> None:
    asked = answering(stage, "n\n", "c\n")
    assert done(stage.apply(BOOK)) == {"b", "c"}
    assert asked == ["a", "b"]


def test_where_no_answer_comes_the_run_waits_and_resume_goes_on(stage: Stage) -> None:
    answering(stage, "y\n", None)
    told = stage.apply(BOOK)
    assert told.said == ("waiting", 8)
    assert done(told) == {"a"}
    assert stage.claims() == {}
    answering(stage)
    assert stage.resume().said == ("succeeded", 0)
    assert len(stage.story()) == 6


def test_a_resume_does_not_do_what_was_refused(stage: Stage) -> None:
    answering(stage, "n\n", "y\n", "y\n")
    stage.breaks("c@w1")
    assert stage.apply(BOOK, on_failure="halt").said == ("halted", 4)
    stage.mends("c@w1")
    assert stage.resume().said == ("succeeded", 0)
    assert not [line for line in stage.story() if "a@" in line]


def test_an_interrupt_at_the_question_stops_the_run_and_decides_nothing(stage: Stage) -> None:
    def ask(question: str, stopped: Callable[[], bool]) -> str | None:
        if question.startswith("a "):
            return "y\n"
        # A person is never so quick: the main thread has to be waiting by then.
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)
        while not stopped():
            time.sleep(0.01)
        return None

    stage.options = Options(consent=Consent(ask))
    told = stage.apply(BOOK)
    assert told.said == ("interrupted", 130)
    assert told.events(Skipped) == []
    stage.options = Options()
    assert stage.resume().said == ("succeeded", 0)
    assert len(stage.story()) == 6


def test_a_rollback_asks_about_nothing(stage: Stage) -> None:
    answering(stage, "y\n", "n\n", "y\n")
    stage.apply(BOOK)
    answering(stage)
    assert stage.rollback().said == ("rolled-back", 0)
    assert sorted(stage.story()[4:]) == ["-a@w1", "-a@w2", "-c@w1", "-c@w2"]
