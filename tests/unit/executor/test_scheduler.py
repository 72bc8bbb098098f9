"""The scheduler: what may run now, what is blocked, what it means that a host leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mplay.executor.scheduler import COORDINATOR, Scheduler
from mplay.model.plan import Graph, Node, NodeKind
from mplay.model.task import TaskStatus
from tests.unit.planner.books import Book, planned

OK = TaskStatus.OK


def place(node: Node) -> str:
    return node.host if node.kind is NodeKind.TASK else COORDINATOR


def scheduler(graph: Graph) -> Scheduler:
    return Scheduler(graph, place)


def started(held: Scheduler) -> list[str]:
    """Start all that may run, ending what belongs to no host at once."""
    names = []
    while places := held.places_ready():
        for spot in places:
            while node := held.next(spot):
                if spot == COORDINATOR:
                    held.end(node.id, OK)
                else:
                    names.append(node.id)
    return sorted(names)


def two_steps_on_two_hosts() -> Scheduler:
    book = Book()
    return scheduler(planned(book.playbook(book.step("a"), book.step("b"), hosts="w1,w2")).main)


def test_a_step_waits_for_all_hosts_of_the_step_before_it() -> None:
    held = two_steps_on_two_hosts()
    assert started(held) == ["a@w1", "a@w2"]
    held.end("a@w1", OK)
    assert started(held) == []
    held.end("a@w2", OK)
    assert started(held) == ["b@w1", "b@w2"]


def test_a_node_that_waits_for_a_person_holds_its_followers_and_is_named() -> None:
    held = two_steps_on_two_hosts()
    started(held)
    held.end("a@w1", OK)
    held.end("a@w2", TaskStatus.WAITING)
    assert started(held) == []
    assert held.waiting == ["a@w2"]
    assert not held.finished


def test_what_needs_a_failed_node_is_blocked_all_the_way_down() -> None:
    held = two_steps_on_two_hosts()
    started(held)
    held.end("a@w1", TaskStatus.FAILED)
    held.end("a@w2", OK)
    blocked = [n.id for n in held.block("a@w1", "a failed on w1")]
    assert blocked == ["done:a", "b@w1", "b@w2"]
    assert held.finished


def test_when_a_host_leaves_the_others_no_longer_wait_for_it() -> None:
    held = two_steps_on_two_hosts()
    started(held)
    held.end("a@w1", TaskStatus.FAILED)
    held.end("a@w2", OK)
    assert [n.id for n in held.leave("w1", "a failed on w1")] == ["b@w1"]
    assert started(held) == ["b@w2"]
    assert held.status("b@w1") is TaskStatus.BLOCKED


def test_the_tasks_that_come_next_on_a_host_are_named_in_file_order_ready_or_not() -> None:
    book = Book()
    steps = [book.step(name) for name in "abc"]
    graph = planned(book.playbook(*steps, hosts="w1,w2")).main
    held = scheduler(graph)
    node = held.next("w1")
    assert node is not None
    assert [n.id for n in held.upcoming(node, 5)] == ["b@w1", "c@w1"]
    assert [n.id for n in held.upcoming(node, 1)] == ["b@w1"]


@given(st.data())
def test_every_order_of_ends_runs_each_node_once_and_only_after_its_needs(
    data: st.DataObject,
) -> None:
    book = Book()
    names = [f"s{n}" for n in range(data.draw(st.integers(1, 6)))]
    steps = []
    for number, name in enumerate(names):
        among = names[:number]
        needs = data.draw(st.lists(st.sampled_from(among), unique=True)) if among else []
        steps.append(book.step(name, needs=needs))
    graph = planned(book.playbook(*steps, hosts="w1,w2,w3")).main
    held, running, done = scheduler(graph), [], []
    while not held.finished:
        running += started(held)
        ended = running.pop(data.draw(st.integers(0, len(running) - 1)))
        needed = [n for n in graph.after[ended] if not n.startswith("done:")]
        assert all(n in done for n in needed)
        held.end(ended, OK)
        done.append(ended)
    assert sorted(done) == sorted(n.id for n in graph.nodes if n.kind is NodeKind.TASK)
