"""A dry-run: every task predicted on its host; nothing is locked, nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mplay.executor.brackets import Brackets, is_decision, with_decisions
from mplay.executor.claiming import refusal
from mplay.executor.crew import Crew, Phase, Turn
from mplay.executor.deciding import Deciding
from mplay.executor.predict import Predictor
from mplay.executor.running import Running
from mplay.executor.scheduler import COORDINATOR, Ended, Scheduler
from mplay.model.errors import MplayError
from mplay.model.plan import Graph, Node, NodeKind
from mplay.model.row import TaskRow
from mplay.model.task import TaskKey, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a run would do: a row for each step and host in order, and hosts that did not answer."""

    rows: tuple[TaskRow, ...]
    absent: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class DryRun:
    """Predicts a plan with the scheduler and crew of a real run."""

    def __init__(self, running: Running, crew: Crew) -> None:
        self._running = running
        self._plan = running.context.plan
        self._crew = crew
        deciding = Deciding(running.context, running.results, running.facts)
        self._predictor = Predictor(running, deciding)
        self._brackets = Brackets(running, self._fresh)
        self._rows: dict[str, TaskRow] = {}

    def run(self) -> Forecast:
        """Contact the hosts and predict. HostRefused when one says no."""
        absent, notes = self._contact()
        for graph in (self._plan.main, self._plan.validate, self._plan.finally_):
            self._graph(with_decisions(graph, self._plan), dict(absent))
        ordered = (
            self._rows[f"{path}@{host}"]
            for path, step in self._plan.steps.items()
            for host in step.hosts
            if f"{path}@{host}" in self._rows
        )
        return Forecast(rows=tuple(ordered), absent=tuple(absent), notes=tuple(notes))

    def _contact(self) -> tuple[list[tuple[str, str]], list[str]]:
        notes: list[str] = []

        def one(host: str) -> None:
            link = self._running.links[host]
            link.open()
            if holder := link.learn().holder:
                notes.append(
                    f"{host} is locked by run {holder.run} of {holder.owner} since {holder.since}"
                )

        errors = self._crew.each(list(self._running.links), one)
        if (refused := refusal(errors)) is not None:
            raise refused
        absent = [(h, e.problem.what) for h, e in errors.items() if isinstance(e, MplayError)]
        return absent, sorted(notes)

    def _fresh(self) -> Callable[[Node], TaskRow]:
        results = self._running.results.copy()
        running = self._running.beside(results)
        deciding = Deciding(running.context, results, running.facts)
        predictor = Predictor(running, deciding, self._predictor.overlay.copy())
        return lambda node: predictor.predict(node, [])

    def _graph(self, graph: Graph, absent: dict[str, str]) -> None:
        def place(node: Node) -> str:
            if node.kind is not NodeKind.TASK:
                return COORDINATOR
            if is_decision(node):
                return node.host
            return self._running.context.place(self._plan.steps[node.path], node.host)

        def work(turn: Turn) -> Ended:
            node = turn.node
            where = place(node)
            if where in absent:
                return self._absent(node, where, absent[where])
            if is_decision(node):
                return self._brackets.decide(node)
            return self._predict(node, [n for n in turn.upcoming if not is_decision(n)])

        Phase(
            Scheduler(graph, place),
            self._crew,
            work=work,
            virtual=lambda _: Ended(TaskStatus.OK),
            ended=lambda _node, _end: None,
        ).run()

    def _absent(self, node: Node, host: str, why: str) -> Ended:
        if not is_decision(node):
            self._rows[node.id] = TaskRow(
                key=TaskKey(node.path, node.host),
                status=TaskStatus.UNKNOWN,
                why=f"{host} did not answer: {why}",
            )
        return Ended(TaskStatus.OK)

    def _predict(self, node: Node, upcoming: list[Node]) -> Ended:
        step = self._plan.steps[node.path]
        if why := self._brackets.skip(step, node.host):
            row = TaskRow(key=TaskKey(node.path, node.host), status=TaskStatus.SKIPPED, why=why)
        else:
            row = self._predictor.predict(node, upcoming)
        self._rows[node.id] = row
        return Ended(TaskStatus.OK)
