"""What holds for every playbook, however it is made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mplay.model.plan import Graph, NodeKind, Plan, Role
from mplay.model.playbook import Block, Need, Playbook, Step
from mplay.planner.build import build
from mplay.planner.choice import Choice
from tests.unit.planner.books import Book, planned, selector

HOSTS = ("all", "web", "w1,w3", "db", "w2,d1,l1")


class _Maker:
    """Draws playbooks whose needs point backwards only, so that a plan exists."""

    def __init__(self, draw: st.DrawFn, scope: str | None = None) -> None:
        self.draw = draw
        self.scope = scope
        self.book = Book()
        self.count = 0

    def playbook(self) -> Playbook:
        return self.book.playbook(*self.items(depth=2, confined=False), hosts="all")

    def items(self, *, depth: int, confined: bool) -> list[Step | Block]:
        found: list[Step | Block] = []
        for _ in range(self.draw(st.integers(1, 4))):
            before = [item.id for item in found]
            if depth and self.draw(st.booleans()):
                found.append(self.block(before, depth))
            else:
                found.append(self.step(before, confined=confined))
        return found

    def step(self, before: Sequence[str], *, confined: bool) -> Step:
        hosts = None if confined else self.draw(st.none() | st.sampled_from(HOSTS))
        return self.book.step(
            self.name("s"),
            needs=self.needs(before),
            hosts=hosts,
            run_once=self.draw(st.integers(0, 5)) == 0,
            module=self.draw(st.sampled_from(["shell"] * 5 + ["manual"])),
            on_change=self.draw(st.lists(st.sampled_from(before), max_size=1) if before else NONE),
        )

    def block(self, before: Sequence[str], depth: int) -> Block:
        serial = self.draw(st.sampled_from([(), (), (1,), (2,), (1, "50%"), ("34%",)]))
        bracketed = self.draw(st.booleans())
        steps = self.items(depth=depth - 1, confined=True)
        return self.book.block(
            self.name("b"),
            *steps,
            needs=self.needs(before),
            serial=serial,
            enter=[self.book.step(self.name("e"))] if bracketed else [],
            check=[self.book.step(self.name("c"))] if bracketed else [],
            leave=[self.book.step(self.name("l"))] if bracketed else [],
        )

    def needs(self, before: Sequence[str]) -> list[Need] | None:
        if not before or self.draw(st.booleans()):
            return None
        names = self.draw(st.lists(st.sampled_from(before), unique=True, max_size=2))
        return [self.book.need(name, self.scope) for name in names]

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"


NONE: st.SearchStrategy[list[str]] = st.just([])


@st.composite
def playbooks(draw: st.DrawFn, scope: str | None = None) -> Playbook:
    return _Maker(draw, scope).playbook()


def ancestors(graph: Graph) -> dict[str, set[str]]:
    """All nodes that come before each node; fails when the order is not topological."""
    found: dict[str, set[str]] = {}
    for node in graph.nodes:
        before = graph.after[node.id]
        assert all(one in found for one in before), "a node is listed before what it needs"
        found[node.id] = set(before).union(*(found[one] for one in before))
    return found


@given(playbooks())
def test_every_plan_is_acyclic_and_every_step_has_a_task_on_each_host(playbook: Playbook) -> None:
    plan = planned(playbook)
    ancestors(plan.main)
    tasks = [(n.path, n.host) for n in plan.main.nodes if n.kind is NodeKind.TASK]
    assert len(tasks) == len(set(tasks))
    assert set(tasks) == {(s.path, h) for s in plan.steps.values() for h in s.hosts}


@given(playbooks())
def test_every_need_is_met_on_the_same_host_and_outside_batches_on_all(playbook: Playbook) -> None:
    plan = planned(playbook)
    before = ancestors(plan.main)
    for step in plan.steps.values():
        for need in step.needs:
            for host in step.hosts:
                assert required(plan, step.path, need, host) <= before[f"{step.path}@{host}"]


def required(plan: Plan, path: str, need: str, host: str) -> set[str]:
    target = plan.steps[need]
    together = set(batching(plan, path)) & set(batching(plan, need))
    if not together:
        return {f"{need}@{h}" for h in target.hosts}
    return {f"{need}@{host}"} if host in target.hosts else set()


def batching(plan: Plan, path: str) -> list[str]:
    return [b for b in plan.steps[path].blocks if b in plan.blocks]


@given(playbooks("host"))
def test_needs_of_scope_host_are_met_on_the_same_host(playbook: Playbook) -> None:
    plan = planned(playbook)
    before = ancestors(plan.main)
    for step in plan.steps.values():
        own = {need.step.rpartition("/")[2] for need in step.step.needs or ()}
        for need in step.needs:
            for host in step.hosts if need.rpartition("/")[2] in own else ():
                same = host in plan.steps[need].hosts
                assert not same or f"{need}@{host}" in before[f"{step.path}@{host}"]


@given(playbooks(), st.data())
def test_one_step_with_what_it_needs_makes_a_whole_plan(
    playbook: Playbook, data: st.DataObject
) -> None:
    whole = planned(playbook)
    mains = [path for path, step in whole.steps.items() if step.role is Role.MAIN]
    path = data.draw(st.sampled_from(mains))
    plan = planned(playbook, choice=Choice(only=(path,), with_needs=True))
    before = ancestors(plan.main)
    assert path in plan.steps
    assert plan.partial is (len([p for p in mains if p not in plan.steps]) > 0)
    for step in plan.steps.values():
        assert set(step.needs) <= plan.steps.keys()
        assert all(f"{step.path}@{host}" in before for host in step.hosts)


@given(playbooks(), st.data())
def test_steps_that_are_vouched_for_leave_the_order_of_the_others(
    playbook: Playbook, data: st.DataObject
) -> None:
    whole = planned(playbook)
    mains = [path for path, step in whole.steps.items() if step.role is Role.MAIN]
    only = data.draw(st.lists(st.sampled_from(mains), min_size=1, unique=True))
    others = tuple(path for path in mains if path not in only)
    plan = planned(playbook, choice=Choice(only=tuple(only), assume_done=others))
    assert {p for p, s in plan.steps.items() if s.role is Role.MAIN} == set(only)
    before, was = ancestors(plan.main), ancestors(whole.main)
    tasks = [node for node in plan.main.nodes if node.kind is NodeKind.TASK]
    for later in tasks:
        earlier = {one.id for one in tasks if one.host == later.host}
        assert was[later.id] & earlier <= before[later.id]


@given(playbooks())
def test_batches_partition_the_hosts_and_follow_each_other(playbook: Playbook) -> None:
    plan = planned(playbook)
    before = ancestors(plan.main)
    for block in plan.blocks.values():
        members = [host for batch in block.batches for host in batch]
        assert len(members) == len(set(members))
        inside = [s for s in plan.steps.values() if block.path in s.blocks]
        for step in inside:
            assert set(step.hosts) - {"localhost"} <= set(members)
            for host in step.hosts:
                batch = next((k for k, b in enumerate(block.batches) if host in b), 0)
                task = f"{step.path}@{host}"
                assert f"open:{block.path}#{batch}" in before[task]
                assert task in before[f"close:{block.path}#{batch}"]
        for batch in range(1, len(block.batches)):
            assert f"close:{block.path}#{batch - 1}" in before[f"open:{block.path}#{batch}"]


@given(playbooks())
def test_a_host_does_the_steps_of_a_block_between_enter_and_check_and_leave(
    playbook: Playbook,
) -> None:
    plan = planned(playbook)
    before = ancestors(plan.main)
    for block in plan.blocks.values():
        stages = (block.enter, block.steps, block.check, block.leave)
        for earlier, later in pairwise(stages):
            for one, two in ((a, b) for a in earlier for b in later):
                both = set(plan.steps[one].hosts) & set(plan.steps[two].hosts) - {"localhost"}
                assert all(f"{one}@{h}" in before[f"{two}@{h}"] for h in both)


@given(playbooks(), st.sampled_from([("w1",), ("w1", "w2"), ("d1", "l1")]))
def test_a_limit_leaves_no_other_host(playbook: Playbook, limit: tuple[str, ...]) -> None:
    reached = {h for step in planned(playbook).steps.values() for h in step.hosts}
    if not reached & set(limit):
        return
    plan = planned(playbook, limit=limit)
    assert {h for s in plan.steps.values() for h in s.hosts} <= {*limit, "localhost"}
    assert {n.host for n in plan.main.nodes if n.host} <= {*limit, "localhost"}


def test_the_graph_grows_with_hosts_times_steps_and_no_faster() -> None:
    few, many = size(hosts=20, steps=10), size(hosts=40, steps=20)
    assert many <= 4 * few


def size(*, hosts: int, steps: int) -> int:

    book = Book()
    names = tuple(f"h{n:03}" for n in range(hosts))
    plain = [book.step(f"p{n}") for n in range(steps)]
    block = book.block(
        "x",
        *(book.step(f"s{n}") for n in range(steps)),
        serial=("25%",),
        enter=[book.step("out")],
        check=[book.step("ok")],
        leave=[book.step("in")],
    )
    halves = book.block(
        "y", book.step("a", hosts="one"), book.step("b", hosts="two"), serial=("100%",)
    )
    groups = {"web": names, "one": names[: hosts // 2], "two": names[hosts // 2 :]}
    playbook = book.playbook(*plain, block, halves, hosts="web")
    plan = build(playbook, selector(groups))
    return len(plan.main.nodes) + sum(len(after) for after in plan.main.after.values())
