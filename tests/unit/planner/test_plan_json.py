"""A plan survives the journal: nothing is lost on the way through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplay.model.errors import Where
from mplay.model.plan import Plan
from mplay.model.plan_json import plan_as_json, plan_from_json
from mplay.model.playbook import Around, Between, Block, ModuleCall, Playbook, Text
from mplay.model.task import OnFailure
from mplay.model.written import FoldedText, WrittenFloat, WrittenInt, spelling
from tests.unit.planner.books import Book, planned
from tests.unit.planner.test_properties import playbooks


def through(plan: Plan) -> Plan:
    return plan_from_json(json.loads(json.dumps(plan_as_json(plan), allow_nan=False)))


def shown(value: Any) -> Any:
    """Everything that equality of strings and numbers does not look at."""
    if isinstance(value, Text):
        return (type(value).__name__, str(value), value.where)
    if isinstance(value, WrittenInt | WrittenFloat):
        return (type(value).__name__, spelling(value))
    if isinstance(value, dict):
        return [(shown(key), shown(one)) for key, one in value.items()]
    if isinstance(value, list | tuple):
        return (type(value).__name__, [shown(one) for one in value])
    return (type(value).__name__, value)


wheres = st.builds(Where, st.sampled_from(["a.yml", "b.yml"]), st.integers(1, 9), st.integers(1, 9))
texts = st.builds(Text, st.text(max_size=5), wheres)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | texts
    | st.builds(FoldedText, st.text(max_size=5), wheres)
    | st.builds(WrittenInt, st.integers(0, 999), st.just("0644"))
    | st.builds(WrittenFloat, st.floats(0, 9), st.just("1.10")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3) | texts, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(playbooks())
def test_every_plan_survives_json(playbook: Playbook) -> None:
    plan = planned(playbook)
    again = through(plan)
    assert again == plan
    assert plan_as_json(again) == plan_as_json(plan)


@given(values, st.dictionaries(texts | st.text(max_size=3), values, max_size=3))
def test_every_value_keeps_its_places_and_spellings(value: Any, args: dict[Any, Any]) -> None:
    book = Book()
    step = book.step("a", args=args, vars={"v": value}, become=value, loop=value)
    own = through(planned(book.playbook(step, hosts="w1"))).steps["a"].step
    assert shown(own.vars) == shown({"v": value})
    assert shown(own.loop) == shown(value)
    assert shown(own.become) == shown(value)
    assert shown(own.module.args) == shown(args)


@given(st.sampled_from(["m", "t", "f", "l", ""]))
def test_a_short_form_is_never_taken_for_a_mapping(text: str) -> None:
    book = Book()
    step = book.step("a", args=book.text(text))
    own = through(planned(book.playbook(step, hosts="w1"))).steps["a"].step
    assert shown(own.module.args) == shown(step.module.args)


def test_every_key_of_a_step_survives() -> None:
    book = Book()
    call = ModuleCall(name=book.text("file"), args={"path": book.text("/x")}, where=book.where())
    step = book.step(
        "a",
        needs=[],
        when=["x", "y"],
        become=True,
        become_user="op",
        environment={"E": book.text("1")},
        tags=("t",),
        throttle=2,
        on_failure=OnFailure.HALT,
        delegate_to="l1",
        timeout=3.5,
        retries=2,
        delay=1.0,
        until=60.0,
        verify=(call,),
        rollback=(call, call),
        irreversible="gone",
        revert_after=60.0,
        no_log=True,
    )
    plan = planned(book.playbook(step, hosts="web"), delegate=lambda _step, _host: "l1")
    own = through(plan).steps["a"].step
    assert own == plan.steps["a"].step
    assert own.needs == ()
    assert shown([own.when, own.hosts, own.rollback]) == shown([step.when, own.hosts, own.rollback])
    assert own.rollback is not None
    assert shown(own.rollback[1].args) == shown(call.args)


def test_a_block_survives_with_its_bracket_and_batches() -> None:
    book = Book()
    between = Between(checks=(book.step("c"),), soak=1.5, ask="each")
    block = book.block(
        "x", book.step("a"), enter=[book.step("e")], between=between, serial=(1, "50%")
    )
    plan = planned(book.playbook(block, hosts="web", max_failed="50%"))
    assert through(plan) == plan
    assert isinstance(block.around, Around)
    assert isinstance(block, Block)


def test_a_plan_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 99"):
        plan_from_json({"format": 99})
