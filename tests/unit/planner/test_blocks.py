"""What comes down from playbook and block to a step, and how blocks are described."""

from __future__ import annotations

import pytest

from mplay.model.playbook import Between
from mplay.model.task import OnFailure
from mplay.planner.transforms.batches import cut
from tests.unit.planner.books import Book, planned


def test_what_a_block_says_comes_down_and_the_inner_one_wins() -> None:
    book = Book()
    step = book.step(
        "a", vars={"v": "step"}, when=["w"], environment={"E": "1"}, tags=("t",), become=False
    )
    block = book.block("x", step, vars={"v": "block", "b": 1}, when=["o"], tags=("bt",))
    playbook = book.playbook(
        block,
        hosts="w1",
        vars={"v": "play", "p": 2},
        environment={"E": "0", "F": "2"},
        become=True,
        become_user="op",
        tags=("all-of-it",),
    )
    merged = planned(playbook).steps["x/a"].step
    assert merged.vars == {"v": "step", "b": 1, "p": 2}
    assert merged.environment == {"E": "1", "F": "2"}
    assert merged.when == ("o", "w")
    assert merged.become is False
    assert merged.become_user == "op"
    assert merged.tags == ("all-of-it", "bt", "t")
    assert merged.hosts == "w1"


def test_a_steps_own_hosts_are_intersected_with_those_of_its_block() -> None:
    book = Book()
    block = book.block("x", book.step("a", hosts="w3,w1,d1"), hosts="web")
    assert planned(book.playbook(block)).steps["x/a"].hosts == ("w1", "w3")


def test_the_playbooks_hosts_are_a_default_that_confines_nobody() -> None:
    book = Book()
    block = book.block("x", book.step("a", hosts="db"))
    assert planned(book.playbook(block, hosts="web")).steps["x/a"].hosts == ("d1",)


def test_localhost_may_be_named_inside_any_block() -> None:
    book = Book()
    block = book.block("x", book.step("a"), book.step("b", hosts="localhost"), hosts="web")
    assert planned(book.playbook(block)).steps["x/b"].hosts == ("localhost",)


def test_hosts_without_a_step_of_the_block_pass_no_bracket() -> None:
    book = Book()
    block = book.block("x", book.step("a", hosts="w2"), enter=[book.step("out")], hosts="web")
    assert planned(book.playbook(block)).steps["x/enter/out"].hosts == ("w2",)


def test_the_innermost_on_failure_wins_and_the_command_line_wins_over_all() -> None:
    book = Book()
    block = book.block("x", book.step("a"), on_failure=OnFailure.HALT, serial=(1,))
    playbook = book.playbook(block, book.step("b"), hosts="w1", on_failure=OnFailure.CONTINUE)
    plan = planned(playbook)
    assert plan.steps["x/a"].on_failure is OnFailure.HALT
    assert plan.blocks["x"].on_failure is OnFailure.HALT
    assert plan.steps["b"].on_failure is OnFailure.CONTINUE
    forced = planned(playbook, on_failure=OnFailure.ROLLBACK)
    assert forced.steps["x/a"].on_failure is OnFailure.ROLLBACK
    assert forced.blocks["x"].on_failure is OnFailure.ROLLBACK
    assert forced.on_failure is OnFailure.ROLLBACK


def test_a_percentage_of_failed_hosts_is_rounded_down_and_comes_down_to_blocks() -> None:
    book = Book()
    own = book.block("x", book.step("a"), serial=(1,), max_failed="67%", hosts="web")
    heir = book.block("y", book.step("a"), serial=(1,), hosts="web")
    plan = planned(book.playbook(own, heir, hosts="all", max_failed="50%"))
    assert plan.max_failed == 1
    assert plan.blocks["x"].max_failed == 2
    assert plan.blocks["y"].max_failed == 1


def test_the_checks_between_batches_are_steps_without_tasks_in_the_graph() -> None:
    book = Book()
    between = Between(checks=(book.step("errors"),), soak=60.0, ask="each")
    block = book.block("x", book.step("a"), serial=(1,), between=between, hosts="web")
    plan = planned(book.playbook(block))
    assert plan.blocks["x"].between == ("x/between/errors",)
    assert (plan.blocks["x"].soak, plan.blocks["x"].ask) == (60.0, "each")
    assert plan.steps["x/between/errors"].hosts == ("w1", "w2", "w3")
    assert not [node for node in plan.main.nodes if node.path == "x/between/errors"]


@pytest.mark.parametrize(
    ("serial", "sizes"),
    [
        ((), [10]),
        ((3,), [3, 3, 3, 1]),
        ((1, "10%", "25%"), [1, 1, 2, 2, 2, 2]),
        (("1%",), [1] * 10),
        (("50%", 1), [5, 1, 1, 1, 1, 1]),
        ((100,), [10]),
    ],
)
def test_batches_are_numbers_or_percentages_at_least_one_and_the_last_repeats(
    serial: tuple[int | str, ...], sizes: list[int]
) -> None:
    hosts = [f"h{n}" for n in range(10)]
    parts = list(cut(hosts, serial))
    assert [len(part) for part in parts] == sizes
    assert [host for part in parts for host in part] == hosts
