"""Who may leave a run, and which policy applies where."""

from __future__ import annotations

from mplay.executor.failing import Failures
from mplay.model.plan import Graph, Node, NodeKind, Plan, PlannedBlock
from mplay.model.task import OnFailure

HOSTS = ("w1", "w2", "w3", "w4")


def failures(*, run: int = 0, block: int = 0) -> Failures:
    batched = PlannedBlock(
        path="web",
        batches=(HOSTS[:2], HOSTS[2:]),
        steps=("web/a",),
        max_failed=block,
        on_failure=OnFailure.HALT,
    )
    plan = Plan(
        name="T", hosts=HOSTS, steps={}, blocks={"web": batched}, main=Graph(), max_failed=run
    )
    return Failures(plan)


def closing(batch: int) -> Node:
    return Node(id=f"close:web#{batch}", kind=NodeKind.CLOSE, path="web", batch=batch)


def task(host: str, path: str = "a") -> Node:
    return Node(id=f"{path}@{host}", kind=NodeKind.TASK, path=path, host=host)


def test_a_host_that_fails_twice_counts_once() -> None:
    counted = failures(run=1)
    assert counted.add(task("w1"), "x").within
    assert counted.add(task("w1", "b"), "x").within
    assert not counted.add(task("w2"), "x").within


def test_a_batch_that_is_not_well_is_never_within() -> None:
    failure = failures(block=4).add(closing(0), "every host of batch 1 failed")
    assert not failure.within
    assert failure.policy is OnFailure.HALT


def test_a_host_without_an_answer_is_not_taken_back() -> None:
    counted = failures()
    assert counted.add(task("w1"), "x").undoes
    assert not counted.add(task("w2"), "no route", lost=True).undoes


def test_a_batch_is_lost_when_all_of_it_failed_in_its_block() -> None:
    counted = failures(block=4)
    counted.hosts["web"] = {"w1"}
    assert not counted.batch_is_lost(counted.plan.blocks["web"], 0)
    counted.hosts["web"] = {"w1", "w2"}
    assert counted.batch_is_lost(counted.plan.blocks["web"], 0)
    assert not counted.batch_is_lost(counted.plan.blocks["web"], 1)
