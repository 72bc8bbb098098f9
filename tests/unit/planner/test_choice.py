"""Which steps a run takes, and what it says when something needed is left out."""

from __future__ import annotations

import pytest

from mplay.model.errors import InvalidInput
from mplay.model.playbook import Playbook
from mplay.planner.choice import Choice
from tests.unit.planner.books import Book, drawn, planned


@pytest.fixture
def playbook() -> Playbook:
    book = Book()
    return book.playbook(
        book.step("a", tags=("slow",)),
        book.block(
            "x",
            book.step("b", tags=("pkg",)),
            book.step("c", needs=[]),
            enter=[book.step("out")],
            leave=[book.step("in")],
            needs=[],
        ),
        book.step("d", needs=["a"]),
        book.step("e"),
        hosts="w1",
        validate=(book.step("up"),),
    )


def test_tags_choose_steps_and_the_bracket_goes_with_its_block(playbook: Playbook) -> None:
    plan = planned(playbook, choice=Choice(tags=("pkg",)))
    assert list(plan.steps) == ["x/enter/out", "x/b", "x/leave/in", "validate/up"]
    assert plan.partial


def test_a_left_out_need_refuses_the_run_and_names_the_cure(playbook: Playbook) -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(playbook, choice=Choice(skip_tags=("slow",)))
    assert "d needs a, which is left out" in str(caught.value)
    assert "--with-needs" in str(caught.value)
    assert "--assume-done a --reason TEXT" in str(caught.value)


def test_with_needs_adds_everything_that_is_needed(playbook: Playbook) -> None:
    plan = planned(playbook, choice=Choice(only=("e",), with_needs=True))
    assert list(plan.steps) == ["a", "d", "e", "validate/up"]


def test_a_step_that_is_vouched_for_is_left_out_and_order_stays(playbook: Playbook) -> None:
    plan = planned(playbook, choice=Choice(only=("a", "e"), assume_done=("d",)))
    assert drawn(plan.main) == ["a@w1", "done:a <- a@w1", "e@w1 <- done:a"]


def test_from_begins_in_the_middle(playbook: Playbook) -> None:
    plan = planned(playbook, choice=Choice(start="d", assume_done=("a",)))
    assert [path for path in plan.steps if "/" not in path] == ["d", "e"]


def test_a_run_of_everything_is_not_partial(playbook: Playbook) -> None:
    assert not planned(playbook).partial


def test_a_limit_that_empties_a_step_makes_the_run_partial_and_keeps_the_step() -> None:
    book = Book()
    playbook = book.playbook(book.step("a", hosts="d1"), book.step("b"), hosts="w1")
    plan = planned(playbook, limit=["w1"])
    assert plan.partial
    assert plan.steps["a"].hosts == ()
    assert drawn(plan.main) == ["done:a", "b@w1 <- done:a"]


def test_localhost_is_exempt_from_the_limit() -> None:
    book = Book()
    steps = [book.step("a", hosts="localhost"), book.step("b"), book.step("m", module="manual")]
    plan = planned(book.playbook(*steps, hosts="web"), limit=["w2"])
    assert plan.hosts == ("localhost", "w2")
    assert plan.steps["m"].hosts == ("localhost",)
    assert not plan.partial


def test_an_unknown_step_of_only_is_refused_with_the_nearest_name(playbook: Playbook) -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(playbook, choice=Choice(only=("x/bb",)))
    assert "--only the playbook has no step 'x/bb'" in str(caught.value)
    assert "Did you mean 'x/b'?" in str(caught.value)


@pytest.mark.parametrize(
    ("choice", "flag"),
    [
        (Choice(tags=("pkg", "pgk")), "--tags"),
        (Choice(skip_tags=("pgk",)), "--skip-tags"),
    ],
)
def test_a_tag_that_no_step_has_is_refused_with_the_nearest_one(
    playbook: Playbook, choice: Choice, flag: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(playbook, choice=choice)
    assert f"{flag} no step of the playbook has the tag 'pgk'. Did you mean 'pkg'?" in str(
        caught.value
    )
    assert "Its tags are pkg, slow." in str(caught.value)


@pytest.mark.parametrize(
    ("choice", "flag"),
    [
        (Choice(tags=("never",)), "--tags"),
        (Choice(skip_tags=("all",)), "--skip-tags"),
        (Choice(start="validate/up"), "--from"),
        (Choice(only=("x/enter/out",)), "--only"),
    ],
)
def test_a_choice_of_nothing_is_refused_and_says_by_which_option(
    playbook: Playbook, choice: Choice, flag: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        planned(playbook, choice=choice)
    assert f"{flag} no step of the playbook is chosen" in str(caught.value)


def test_the_words_of_a_choice_tell_choices_apart_and_are_none_for_everything() -> None:
    assert Choice().words() == ()
    one = Choice(tags=("a",), start="b", with_needs=True)
    assert one.words() == ("tags=a", "from=b", "with_needs=yes")


def test_a_step_tagged_never_counts_as_not_written_until_it_is_asked_for() -> None:
    book = Book()
    playbook = book.playbook(
        book.step("a"), book.step("debug", tags=("never", "dbg")), book.step("b"), hosts="w1"
    )
    plan = planned(playbook)
    assert drawn(plan.main) == ["a@w1", "done:a <- a@w1", "b@w1 <- done:a"]
    assert not plan.partial
    assert "debug" in planned(playbook, choice=Choice(tags=("dbg",), with_needs=True)).steps


@pytest.mark.parametrize(
    ("choice", "carried", "chosen"),
    [
        (Choice(), (), True),
        (Choice(), ("never",), False),
        (Choice(tags=("never",)), ("never",), True),
        (Choice(tags=("a",)), ("a", "b"), True),
        (Choice(tags=("a",)), ("b",), False),
        (Choice(tags=("a",)), ("always",), True),
        (Choice(tags=("a",), skip_tags=("always",)), ("always",), False),
        (Choice(skip_tags=("b",)), ("a", "b"), False),
        (Choice(tags=("tagged",)), ("b",), True),
        (Choice(tags=("tagged",)), (), False),
        (Choice(tags=("untagged",)), (), True),
        (Choice(skip_tags=("all",)), ("always",), True),
        (Choice(skip_tags=("all",)), ("a",), False),
    ],
)
def test_tags_choose_as_with_ansible(
    choice: Choice, carried: tuple[str, ...], *, chosen: bool
) -> None:
    assert choice.by_tags(carried) is chosen
