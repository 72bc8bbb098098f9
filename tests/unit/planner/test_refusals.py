"""Playbooks and limits that no plan can be made of: each problem with its place and its cure."""

from __future__ import annotations

import pytest

from mplay.model.errors import InvalidInput
from mplay.model.playbook import Playbook
from mplay.planner.build import build
from tests.unit.planner.books import Book, planned


def refusal(playbook: Playbook, **keys: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        planned(playbook, **keys)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_an_unknown_need_is_located_and_the_nearest_name_is_told() -> None:
    book = Book()
    playbook = book.playbook(
        book.step("backup"), book.step("b", needs=[book.need("bakcup")]), hosts="w1"
    )
    assert refusal(playbook) == (
        "book.yml:2:5 b needs 'bakcup', which is no step\n    Did you mean 'backup'?"
    )


def test_all_problems_are_told_at_once() -> None:
    book = Book()
    playbook = book.playbook(
        book.step("a", hosts="nowhere"), book.step("b", needs=["x"]), book.step("b"), hosts="w1"
    )
    text = refusal(playbook)
    assert "no host or group is called 'nowhere'" in text
    assert "b needs 'x', which is no step" in text
    assert "the id 'b' is taken" in text


def test_needs_that_go_round_are_drawn_with_their_places() -> None:
    book = Book()
    playbook = book.playbook(
        book.step("a", needs=["c"]), book.step("b"), book.step("c"), hosts="w1"
    )
    assert refusal(playbook) == (
        "book.yml:1:5 these steps wait for each other:\n"
        "    ┌─> a          book.yml:1:5\n"
        "    │     needs c  book.yml:4:5\n"
        "    │     needs b  book.yml:3:5\n"
        "    └──── needs a\n"
        "    Take one of these needs away."
    )


def test_a_step_that_needs_itself_is_a_cycle() -> None:
    book = Book()
    text = refusal(book.playbook(book.step("a", needs=["a"]), hosts="w1"))
    assert "└──── needs a" in text


def test_a_step_that_needs_the_block_around_it_is_a_cycle() -> None:
    book = Book()
    block = book.block("x", book.step("a", needs=["x"]))
    assert "x/a" in refusal(book.playbook(block, hosts="w1"))


def test_a_cycle_that_only_batches_make_is_drawn_with_hosts_and_batches() -> None:
    book = Book()
    block = book.block("x", book.step("a"), book.step("b", needs=[book.need("a", "all")]))
    playbook = book.playbook(
        book.block("x", *block.steps, serial=(1,), hosts="w1,w2"),
    )
    text = refusal(playbook)
    assert "these steps wait for each other" in text
    assert "needs all of x/a" in text
    assert "begin of batch 2 of x" in text


def test_a_pattern_that_matches_nothing_is_located() -> None:
    book = Book()
    step = book.step("a", hosts="none")
    with pytest.raises(InvalidInput) as caught:
        build(book.playbook(step), lambda _pattern: ())
    assert "book.yml:2:5 no host of the inventory matches 'none'" in str(caught.value)


def test_a_limit_that_leaves_no_host_is_refused() -> None:
    book = Book()
    text = refusal(book.playbook(book.step("a"), hosts="web"), limit=["d1"])
    assert text.startswith("--limit the limit leaves no host of this playbook")
    assert "w1, w2, w3" in text


def test_a_step_whose_hosts_are_none_of_its_block_is_refused() -> None:
    book = Book()
    block = book.block("x", book.step("a", hosts="db"), hosts="web")
    text = refusal(book.playbook(block))
    assert "no host of 'db' is among the hosts of the block x" in text


def test_a_step_without_any_hosts_is_refused() -> None:
    book = Book()
    text = refusal(book.playbook(book.step("a")))
    assert "nothing says on which hosts a runs" in text
    assert "Add 'hosts:'" in text


def test_a_delegate_that_the_inventory_does_not_know_is_refused() -> None:
    book = Book()
    playbook = book.playbook(book.step("a", delegate_to="ghost"), hosts="w1,w2")
    text = refusal(playbook, delegate=lambda _step, _host: "ghost")
    assert "no host or group is called 'ghost'" in text


def test_a_group_is_no_delegate() -> None:
    book = Book()
    playbook = book.playbook(book.step("a", delegate_to="web"), hosts="d1")
    text = refusal(playbook, delegate=lambda _step, _host: "web")
    assert "delegate_to names 'web', which is not one host" in text


def test_a_step_cannot_need_a_check_that_runs_after_all_steps() -> None:
    book = Book()
    playbook = book.playbook(
        book.step("a", needs=["validate/up"]), validate=(book.step("up"),), hosts="w1"
    )
    assert "which runs after it" in refusal(playbook)
