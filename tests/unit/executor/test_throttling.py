"""`throttle`: how many hosts are at it at once, of a step and of a block."""

from __future__ import annotations

from mplay.executor.scheduler import COORDINATOR, Scheduler
from mplay.executor.throttling import Throttle
from mplay.model.plan import Plan
from mplay.model.task import TaskStatus
from tests.unit.executor.test_scheduler import place
from tests.unit.planner.books import Book, planned

OK = TaskStatus.OK


def started(held: Scheduler) -> list[str]:
    """Start all that may run now; what belongs to no host ends at once."""
    while node := held.next(COORDINATOR):
        held.end(node.id, OK)
    names = []
    for spot in held.places_ready():
        while node := held.next(spot):
            names.append(node.id)
    return sorted(names)


def scheduler(plan: Plan) -> Scheduler:
    return Scheduler(plan.main, place, Throttle(plan.steps))


def test_so_many_hosts_run_a_step_and_the_next_when_one_has_ended() -> None:
    book = Book()
    held = scheduler(planned(book.playbook(book.step("a", throttle=2), hosts="w1,w2,w3")))
    assert started(held) == ["a@w1", "a@w2"]
    held.end("a@w2", OK)
    assert started(held) == ["a@w3"]


def test_what_failed_or_waits_makes_room() -> None:
    book = Book()
    held = scheduler(planned(book.playbook(book.step("a", throttle=1), hosts="w1,w2,w3")))
    assert started(held) == ["a@w1"]
    held.end("a@w1", TaskStatus.FAILED)
    assert started(held) == ["a@w2"]
    held.end("a@w2", TaskStatus.WAITING)
    assert started(held) == ["a@w3"]


def test_another_step_of_the_host_goes_first() -> None:
    book = Book()
    steps = [book.step("a", throttle=1), book.step("b", needs=[])]
    held = scheduler(planned(book.playbook(*steps, hosts="w1,w2")))
    node = held.next("w1")
    assert node is not None
    assert node.id == "a@w1"
    other = held.next("w2")
    assert other is not None
    assert other.id == "b@w2"
    assert held.next("w2") is None


def test_the_steps_of_a_block_share_its_limit() -> None:
    book = Book()
    block = book.block("x", book.step("a"), book.step("b", needs=[]), throttle=1)
    held = scheduler(planned(book.playbook(block, hosts="w1,w2")))
    assert started(held) == ["x/a@w1", "x/b@w1"], "one host, whatever it does"
    held.end("x/a@w1", OK)
    assert started(held) == []
    held.end("x/b@w1", OK)
    assert started(held) == ["x/a@w2", "x/b@w2"]


def test_a_lent_node_that_is_given_back_makes_room() -> None:
    book = Book()
    steps = [book.step("a"), book.step("b", needs=[], throttle=1)]
    held = scheduler(planned(book.playbook(*steps, hosts="w1,w2")))
    assert held.next("w1") is not None
    assert [node.id for node in held.lend("w1", 9)] == ["b@w1"]
    assert held.next("w2") is not None
    assert held.lend("w2", 9) == []
    held.give_back("b@w1")
    assert [node.id for node in held.lend("w2", 9)] == ["b@w2"]


def test_every_node_ends_however_narrow_it_is() -> None:
    book = Book()
    inner = book.block("y", book.step("a", throttle=1), book.step("b"), throttle=2)
    block = book.block("x", inner, book.step("c", throttle=1), throttle=3)
    held = scheduler(planned(book.playbook(block, book.step("d"), hosts="w1,w2,w3,d1,l1")))
    while running := started(held):
        for node in running:
            held.end(node, OK)
    assert held.finished
