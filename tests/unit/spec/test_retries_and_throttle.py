"""`retries` and `throttle`: what they take, and where they cannot stand."""

from __future__ import annotations

import pytest

from mplay.model.playbook import Block, Step
from tests.unit.spec.books import book, problems


def test_a_step_says_how_often_it_is_tried_again_and_on_how_many_hosts_at_once() -> None:
    (step,) = book("steps: [{poke: , retries: 3, delay: 10s, throttle: 2}]").steps
    assert isinstance(step, Step)
    assert (step.retries, step.delay, step.throttle) == (3, 10.0, 2)


def test_neither_is_there_unasked() -> None:
    (step,) = book("steps: [{poke: }]").steps
    assert isinstance(step, Step)
    assert (step.retries, step.delay, step.throttle) == (0, 5.0, None)


def test_a_block_limits_its_hosts_too() -> None:
    (block,) = book("steps: [{id: b, throttle: '2', steps: [{poke: }]}]").steps
    assert isinstance(block, Block)
    assert block.throttle == 2


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{poke: , retries: 0}", "1:27 `retries` is a whole number from 1 to 1000, not 0"),
        ("{poke: , retries: often}", "`retries` is a whole number from 1 to 1000, not 'often'"),
        ("{poke: , retries: 1.5}", "`retries` is a whole number from 1 to 1000, not 1.5"),
        ("{poke: , retries: yes}", "`retries` is a whole number from 1 to 1000, not yes"),
        ("{poke: , throttle: 0}", "1:28 `throttle` is a whole number from 1 to 100000, not 0"),
        ("{poke: , throttle: 25%}", "`throttle` is a whole number from 1 to 100000, not '25%'"),
        ("{poke: , delay: 5s}", "1:18 `delay` means nothing without `until` or `retries`"),
        ("{look: , until: 1m, retries: 2}", "1:29 `until` and `retries` say two things"),
        ("{ask: what, retries: 2}", "ask is asked once: it takes no `retries`"),
        ("{ask: what, throttle: 2}", "ask is asked once: it takes no `throttle`"),
    ],
)
def test_what_cannot_be_is_a_located_problem(step: str, expected: str) -> None:
    assert expected in "\n".join(problems(f"steps: [{step}]"))


def test_what_has_no_way_back_cannot_be_tried_again() -> None:
    (found,) = problems("steps: [{burn: {run: x}, retries: 2, irreversible: so be it}]")
    assert "1:10 `retries` of burn: a try that failed is undone before the next" in found
