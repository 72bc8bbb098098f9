"""Who is asked before a step, how often, and what each answer means."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from mplay.executor.consent import Consent
from mplay.model.plan import Plan
from tests.unit.planner.books import Book, planned


class Operator:
    """Gives these answers, one after the other, and keeps the questions."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.consent = Consent(self._ask)

    def _ask(self, question: str, stopped: Callable[[], bool]) -> str | None:
        self.asked.append(question)
        return self.answers.pop(0)


def book() -> Plan:
    made = Book()
    block = made.block(
        "web",
        replace(made.step("conf"), name="Settings"),
        hosts="web",
        serial=(2,),
        enter=[made.step("out")],
    )
    steps = (made.step("a", hosts="all"), block, made.step("b", hosts="d1"))
    return planned(made.playbook(*steps, validate=(made.step("up", hosts="d1"),)))


PLAN = book()


def given(operator: Operator, path: str, host: str) -> bool | None:
    return operator.consent.given(PLAN, PLAN.steps[path], host)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("y\n", True),
        ("Yes\n", True),
        ("n\n", False),
        ("\n", False),
        ("what\n", False),
        (None, None),
    ],
)
def test_yes_does_it_and_anything_else_does_not(answer: str | None, wanted: bool | None) -> None:
    operator = Operator(answer)
    assert given(operator, "b", "d1") is wanted
    assert operator.asked == ["b (shell) on d1"]


def test_a_step_is_asked_about_once_for_all_its_hosts() -> None:
    operator = Operator("y\n")
    assert [given(operator, "a", host) for host in ("w1", "w2", "d1")] == [True] * 3
    assert operator.asked == ["a (shell) on w1, w2, w3, d1 and 1 more"]


def test_a_step_in_batches_is_asked_about_for_each_batch() -> None:
    operator = Operator("y\n", "n\n")
    assert [given(operator, "web/conf", host) for host in ("w1", "w2", "w3")] == [True, True, False]
    assert operator.asked == [
        "web/conf Settings (shell) on w1, w2",
        "web/conf Settings (shell) on w3",
    ]


def test_continue_asks_no_more() -> None:
    operator = Operator("n\n", "c\n")
    assert given(operator, "a", "w1") is False
    assert given(operator, "web/conf", "w1") is True
    assert given(operator, "b", "d1") is True
    assert given(operator, "a", "w2") is True
    assert len(operator.asked) == 2


def test_nobody_is_asked_about_brackets_and_checks_after_the_steps() -> None:
    operator = Operator()
    assert given(operator, "web/enter/out", "w1") is True
    assert given(operator, "validate/up", "d1") is True


def test_once_the_run_is_stopped_nobody_is_asked() -> None:
    operator = Operator()
    operator.consent.stop()
    assert given(operator, "a", "w1") is None
    assert operator.asked == []


def test_whoever_is_asking_is_told_of_a_stop() -> None:
    asking = threading.Event()

    def ask(_question: str, stopped: Callable[[], bool]) -> str | None:
        asking.set()
        while not stopped():
            time.sleep(0.01)
        return None

    consent = Consent(ask)
    found: list[bool | None] = []
    worker = threading.Thread(
        target=lambda: found.append(consent.given(PLAN, PLAN.steps["a"], "w1"))
    )
    worker.start()
    assert asking.wait(10)
    consent.stop()
    worker.join(10)
    assert found == [None]
