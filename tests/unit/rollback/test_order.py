"""What is undone after what: small runs and the whole order of their undo."""

from __future__ import annotations

from mplay.model.events import Event
from mplay.model.plan import Plan
from mplay.model.state import RunState
from mplay.model.task import TaskKey
from mplay.rollback.choose import choose
from mplay.rollback.order import undo_plan
from tests.unit.journal.make import intent, outcome, records
from tests.unit.planner.books import Book, planned


def ran(*tasks: str) -> RunState:
    events: list[Event] = []
    for number, task in enumerate(tasks, 1):
        events += [intent(task, number=number), outcome(task)]
    return RunState.of(records(*events))


def order(plan: Plan, state: RunState, *, host: str = "") -> list[str]:
    """The jobs in the order of the graph; a job named beside another may run beside it."""
    undo = undo_plan(plan, state, lambda key: not host or key.subject == host)
    return [node.id for node in undo.graph.nodes if node.id in undo.jobs]


def waits(plan: Plan, state: RunState, later: str, earlier: str) -> bool:
    """Whether one job of the undo comes after another, through whatever lies between."""
    after = undo_plan(plan, state, lambda _: True).graph.after
    queue, seen = [later], set()
    while queue:
        for needed in after[queue.pop()]:
            if needed not in seen:
                seen.add(needed)
                queue.append(needed)
    return earlier in seen


def rolling() -> Plan:
    book = Book()
    block = book.block(
        "web",
        book.step("conf"),
        book.step("upgrade"),
        hosts="w1,w2",
        serial=(1,),
        enter=[book.step("drain")],
        check=[book.step("smoke")],
        leave=[book.step("join")],
    )
    return planned(book.playbook(block))


def test_steps_are_undone_in_reverse() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a"), book.step("b"), hosts="w1"))
    assert order(plan, ran("a@w1", "b@w1")) == ["b@w1", "a@w1"]


def test_only_what_was_begun_takes_part() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a"), book.step("b"), hosts="w1,w2"))
    assert order(plan, ran("a@w1")) == ["a@w1"]


def test_independent_steps_are_undone_in_the_reverse_of_the_order_in_which_they_began() -> None:
    book = Book()
    steps = [book.step(name, needs=[]) for name in "abc"]
    plan = planned(book.playbook(*steps, hosts="w1"))
    assert order(plan, ran("b@w1", "a@w1", "c@w1")) == ["c@w1", "a@w1", "b@w1"]


def test_items_of_a_loop_are_undone_last_first() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a"), hosts="w1"))
    undo = undo_plan(plan, ran("a@w1#0", "a@w1#1", "a@w1#2"), lambda _: True)
    assert [a.key.item for a in undo.jobs["a@w1"].attempts] == [2, 1, 0]


def test_a_bracket_is_entered_before_and_left_after_the_undo_of_its_steps() -> None:
    state = ran("web/enter/drain@w1", "web/conf@w1", "web/upgrade@w1", "web/leave/join@w1")
    assert order(rolling(), state) == [
        "enter:web/enter/drain@w1",
        "web/upgrade@w1",
        "web/conf@w1",
        "check:web/check/smoke@w1",
        "leave:web/leave/join@w1",
    ]


def test_a_bracket_that_was_never_left_is_not_entered_again() -> None:
    state = ran("web/enter/drain@w1", "web/conf@w1")
    assert order(rolling(), state) == [
        "web/conf@w1",
        "check:web/check/smoke@w1",
        "leave:web/leave/join@w1",
    ]


def test_no_host_leaves_service_for_what_is_harmless() -> None:
    harmless = [intent("web/conf@w1", way_back="harmless", restore=None), outcome("web/conf@w1")]
    state = RunState.of(records(*harmless))
    assert order(rolling(), state) == ["web/conf@w1"]


def test_batches_are_undone_last_first_each_back_in_service_before_the_next() -> None:
    names = ["enter/drain", "conf", "leave/join"]
    state = ran(*(f"web/{n}@{h}" for h in ("w1", "w2") for n in names))
    plan = rolling()
    assert waits(plan, state, "enter:web/enter/drain@w1", "leave:web/leave/join@w2")
    assert not waits(plan, state, "enter:web/enter/drain@w2", "leave:web/leave/join@w1")


def test_a_reaction_runs_once_after_the_last_of_its_sources_and_before_what_is_earlier() -> None:
    book = Book()
    plan = planned(
        book.playbook(
            book.step("early"),
            book.step("one"),
            book.step("two"),
            book.step("reload", on_change=["one", "two"]),
            hosts="w1",
        )
    )
    state = ran("early@w1", "one@w1", "two@w1")
    assert order(plan, state) == ["two@w1", "one@w1", "react:reload@w1", "early@w1"]


def test_delegated_tasks_are_undone_with_their_subject() -> None:
    book = Book()
    step = book.step("a", delegate_to="l1")
    plan = planned(book.playbook(step, hosts="w1"), delegate=lambda _step, _host: "l1")
    events = [intent("a@w1", host="l1"), outcome("a@w1")]
    undo = undo_plan(plan, RunState.of(records(*events)), lambda key: key.subject == "w1")
    assert undo.jobs["a@w1"].place == "l1"


def test_choosing_a_step_takes_every_later_task_of_the_same_hosts_along() -> None:
    book = Book()
    steps = [book.step(name, needs=[]) for name in "abc"]
    plan = planned(book.playbook(*steps, hosts="w1,w2"))
    state = ran("a@w1", "b@w1", "a@w2", "c@w1")
    choice = choose(plan, state, step="b")
    assert choice.tasks == {TaskKey("b", "w1"), TaskKey("c", "w1")}
    assert choice.dependants == ()


def test_choosing_hosts_names_the_changes_elsewhere_that_stand_on_them() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a", hosts="d1"), book.step("b", hosts="w1")))
    choice = choose(plan, ran("a@d1", "b@w1"), hosts={"d1"})
    assert choice.tasks == {TaskKey("a", "d1")}
    assert choice.dependants == (TaskKey("b", "w1"),)


def test_hosts_of_one_rolling_block_do_not_stand_on_each_other() -> None:
    state = ran("web/conf@w1", "web/upgrade@w1", "web/conf@w2", "web/upgrade@w2")
    assert choose(rolling(), state, hosts={"w1"}).dependants == ()
