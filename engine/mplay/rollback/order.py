"""The order of an undo: the forward graph reversed, with each host's own order on top.

Undo order is the reverse of needs, of batch barriers and of the order in which each host began its
tasks. A bracket is entered only on hosts where something in it is undone, and not again where the
run ended between enter and leave; such a host is brought back even if nothing is to be undone.
A reaction runs once, directly after the last of its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import TopologicalSorter
from itertools import pairwise

from mplay.model.attempt import Attempt, TaskState
from mplay.model.change import WayBack
from mplay.model.plan import Graph, Node, NodeKind, Plan, PlannedBlock
from mplay.model.state import RunState
from mplay.model.task import TaskKey


class Work(StrEnum):
    """What an undo job does."""

    UNDO = "undo"
    ENTER = "enter"
    REACT = "react"
    CHECK = "check"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoJob:
    """One job; `attempts` last first for UNDO, `use` counts how often a step of it ran."""

    work: Work
    path: str
    host: str
    place: str
    attempts: tuple[Attempt, ...] = ()
    use: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    """A graph of jobs, by node id; nodes without a job are barriers."""

    graph: Graph
    jobs: Mapping[str, UndoJob] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to undo."""
        return not self.jobs


Chosen = Callable[[TaskKey], bool]
"""Says of a task whether it belongs to this undo."""


def undo_plan(plan: Plan, state: RunState, chosen: Chosen) -> UndoPlan:
    """What has to run to undo the chosen tasks of a run, in order."""
    return _Builder(plan, state, chosen).build()


class _Builder:
    def __init__(self, plan: Plan, state: RunState, chosen: Chosen) -> None:
        self._plan = plan
        self._state = state
        self._chosen = chosen
        self._after: dict[str, set[str]] = {}
        self._jobs: dict[str, UndoJob] = {}
        brackets = {p for b in plan.blocks.values() for p in (*b.enter, *b.leave)}
        self._attempts = [
            a
            for a in state.standing
            if a.key.path not in brackets and a.key.path in plan.steps and chosen(a.key)
            if any(n.path == a.key.path for n in plan.main.nodes)
        ]

    def build(self) -> UndoPlan:
        self._reverse()
        self._add_undos()
        reactions = self._add_reactions()
        self._chain_hosts(reactions)
        for block in self._plan.blocks.values():
            if block.enter or block.check or block.leave:
                self._add_bracket(block)
        order = TopologicalSorter(self._after).static_order()
        return UndoPlan(graph=self._graph(order), jobs=self._jobs)

    def _reverse(self) -> None:
        for node in self._plan.main.nodes:
            self._after.setdefault(node.id, set())
            for needed in self._plan.main.after.get(node.id, ()):
                self._after.setdefault(needed, set()).add(node.id)

    def _add_undos(self) -> None:
        by_task: dict[TaskKey, list[Attempt]] = {}
        for attempt in reversed(self._attempts):
            by_task.setdefault(attempt.key.whole, []).append(attempt)
        for key, attempts in by_task.items():
            place = attempts[0].intent.host
            self._jobs[_id(key)] = UndoJob(
                work=Work.UNDO,
                path=key.path,
                host=key.subject,
                place=place,
                attempts=tuple(attempts),
            )

    def _add_reactions(self) -> dict[str, str]:
        """Reactions by the undo job after which they run directly."""
        placed: dict[str, str] = {}
        for path, step in self._plan.steps.items():
            for host in step.hosts:
                sources = [f"{s}@{host}" for s in step.reacts_to if f"{s}@{host}" in self._jobs]
                if not sources:
                    continue
                last = min(sources, key=self._began)
                react = self._work(Work.REACT, path, host, step.runs_on.get(host, host))
                self._after[react] |= set(sources)
                placed[last] = react
                for before in self._after:
                    if last in self._after[before] and before != react:
                        self._after[before].add(react)
        return placed

    def _began(self, node: str) -> int:
        return min(a.seq for a in self._jobs[node].attempts)

    def _chain_hosts(self, reactions: Mapping[str, str]) -> None:
        """On one host the undo goes strictly backwards through what it began."""
        by_place: dict[str, list[str]] = {}
        for node, job in self._jobs.items():
            if job.work is Work.UNDO:
                by_place.setdefault(job.place, []).append(node)
        for nodes in by_place.values():
            ordered = sorted(nodes, key=self._began, reverse=True)
            for later, earlier in pairwise(ordered):
                self._after[earlier].add(reactions.get(later, later))

    def _add_bracket(self, block: PlannedBlock) -> None:
        inside = set(block.steps)
        hosts = {
            job.host for job in self._jobs.values() if job.path in inside and not _passed_over(job)
        }
        everybody = [host for batch in block.batches for host in batch]
        hosts |= {host for host in everybody if self._is_left_out(block, host)}
        for host in (host for host in everybody if host in hosts):
            work = {n for n, j in self._jobs.items() if j.path in inside and j.host == host}
            enter = [] if self._is_out(block, host) else self._line(Work.ENTER, block.enter, host)
            leave = self._line(Work.CHECK, block.check, host)
            leave += self._line(Work.LEAVE, block.leave, host)
            line = [*enter, *leave]
            for former, following in pairwise(line):
                self._after[following].add(former)
            self._surround(block, host, work, enter, leave)

    def _surround(
        self, block: PlannedBlock, host: str, work: set[str], enter: list[str], leave: list[str]
    ) -> None:
        if leave:
            self._after[leave[0]] |= work
            for path in block.enter[:1] or ():
                self._after[f"{path}@{host}"].add(leave[-1])
        if enter:
            for node in work:
                self._after[node].add(enter[-1])
            for path in block.leave[:1]:
                self._after[enter[0]].add(f"{path}@{host}")

    def _line(self, work: Work, paths: Iterable[str], host: str) -> list[str]:
        line = []
        for path in paths:
            step = self._plan.steps[path]
            if host in step.hosts and not self._is_decided_against(path, host):
                line.append(self._work(work, path, host, step.runs_on.get(host, host)))
        return line

    def _is_decided_against(self, path: str, host: str) -> bool:
        """Whether the step's own `when` said no when it was last reached there."""
        last = self._state.last_use(TaskKey(path, host))
        task = self._state.task(TaskKey(path, host, use=max(last, 1)))
        return (task.skipped or "").startswith("when: ")

    def _work(self, work: Work, path: str, host: str, place: str) -> str:
        use = self._state.last_use(TaskKey(path, host)) + 1
        node = f"{work}:{path}@{host}"
        self._jobs[node] = UndoJob(work=work, path=path, host=host, place=place, use=use)
        self._after.setdefault(node, set())
        return node

    def _is_left_out(self, block: PlannedBlock, host: str) -> bool:
        """Whether a chosen host may be out of service, so that it has to come back in any case."""
        chosen = any(self._chosen(TaskKey(path, host)) for path in block.enter)
        begun = max((task.seq for task in self._uses(block.enter, host)), default=0)
        return chosen and begun > self._left(block, host)

    def _is_out(self, block: PlannedBlock, host: str) -> bool:
        """Whether the run ended between enter and leave there; not where one is in doubt."""
        left = max((task.seq for task in self._uses(block.leave, host)), default=0)
        steps = [path for path in block.enter if host in self._plan.steps[path].hosts]
        return bool(steps) and all(
            any(t.status.satisfies and t.seq > left for t in self._uses([path], host))
            for path in steps
        )

    def _left(self, block: PlannedBlock, host: str) -> int:
        uses = self._uses(block.leave, host)
        return max((task.seq for task in uses if task.status.satisfies), default=0)

    def _uses(self, paths: Collection[str], host: str) -> list[TaskState]:
        """The uses of some steps on a host that may have had an effect, or were not needed."""
        return [
            task
            for key, task in self._state.tasks.items()
            if key.path in paths and key.subject == host and task.skipped is None
            if task.attempts or task.status.satisfies
        ]

    def _graph(self, order: Iterable[str]) -> Graph:
        return Graph(
            nodes=tuple(self._node(name) for name in order),
            after={name: tuple(sorted(needed)) for name, needed in self._after.items()},
        )

    def _node(self, name: str) -> Node:
        job = self._jobs.get(name)
        if job is None:
            return Node(id=name, kind=NodeKind.DONE, path=name)
        return Node(id=name, kind=NodeKind.TASK, path=job.path, host=job.host)


def _passed_over(job: UndoJob) -> bool:
    """Whether nothing happens on the host: all that the job would undo is harmless."""
    return job.work is Work.UNDO and all(
        a.intent.way_back == WayBack.HARMLESS and a.intent.undo_calls is None for a in job.attempts
    )


def _id(key: TaskKey) -> str:
    return f"{key.path}@{key.subject}"
