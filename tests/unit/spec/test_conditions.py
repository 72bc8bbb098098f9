from __future__ import annotations

import pytest

from mplay.model.errors import UsageError
from mplay.model.playbook import Step
from mplay.spec import Binder
from mplay.template import Renderer
from tests.unit.spec.books import SHELF, book, loaded, problems


def held(written: str, **variables: object) -> list[tuple[str, bool]]:
    """The conditions of one step ``hold``, evaluated."""
    found = loaded(f"steps: [{{hold: {written}}}]")
    (step,) = found.playbook.steps
    assert isinstance(step, Step)
    bind = Binder(modules=SHELF, finder=found.finder, renderer=Renderer())
    made = bind(step.module, variables)
    return [(one.text, one.holds) for one in made.that]  # type: ignore[attr-defined]


@pytest.mark.parametrize("written", ["x > 1", "{that: x > 1}", "{that: [x > 1]}", "'{{ x > 1 }}'"])
def test_a_bare_expression_is_evaluated_and_keeps_its_text(written: str) -> None:
    assert held(written, x=2) == [("x > 1", True)]
    assert held(written, x=1) == [("x > 1", False)]


def test_a_list_of_conditions_keeps_its_order() -> None:
    found = held("{that: [x > 1, yes, \"{'a': {'b': 1}}['a'] == {'b': 1}\"]}", x=0)
    assert found == [("x > 1", False), ("true", True), ("{'a': {'b': 1}}['a'] == {'b': 1}", True)]


def test_a_list_of_conditions_may_be_computed() -> None:
    found = held("{that: '{{ checks }}'}", checks=[True, False])
    assert found == [("true", True), ("false", False)]


def test_what_a_condition_reads_is_known_before_it_is_evaluated() -> None:
    (step,) = book("steps: [{hold: {that: item > 1}, loop: [1, 2]}]").steps
    assert isinstance(step, Step)
    assert Renderer().reads(step.module.args) == {"item"}


def test_a_condition_that_is_neither_true_nor_false_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        held("{that: x}", x="yes")
    assert str(caught.value) == (
        "book/p.yml:1:20 a condition must be true or false, and 'x' is 'yes'\n"
        "    write `… | bool` for a word such as yes"
    )


def test_an_error_in_a_condition_is_told_at_its_place() -> None:
    assert problems("steps: [{hold: {that: [x > 1, y ==]}}]") == [
        "book/p.yml:1:28 not valid Jinja2: unexpected 'end of print statement'"
    ]
    with pytest.raises(UsageError) as caught:
        held("{that: [missing > 1]}")
    assert str(caught.value) == "book/p.yml:1:24 `missing` is not defined"


def test_a_condition_may_read_only_results_of_what_is_over() -> None:
    (found,) = problems("steps: [{id: a, hold: \"results['b'].changed\"}, {id: b, poke: }]")
    assert "a reads results['b'] but does not need b" in found
