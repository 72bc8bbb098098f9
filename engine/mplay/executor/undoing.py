"""Runs an undo plan: the same crew, backwards."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.executor.backward import Backward, settled
from mplay.executor.crew import Crew, Phase, Turn
from mplay.executor.forward import Forward
from mplay.executor.running import Running
from mplay.executor.scheduler import COORDINATOR, Ended, Scheduler
from mplay.executor.throttling import Throttle
from mplay.model.errors import HostError, UsageError
from mplay.model.plan import Node, NodeKind
from mplay.model.task import TaskStatus
from mplay.rollback.order import UndoJob, UndoPlan, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How an undo ended. `left`: what still stands, for people; `stopped`: it was interrupted."""

    left: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether everything chosen was undone."""
        return not self.left and not self.stopped


class Undoing:
    """Executes the jobs of an undo plan."""

    def __init__(
        self,
        running: Running,
        crew: Crew,
        backward: Backward,
        forward: Forward,
        *,
        automatic: bool,
    ) -> None:
        self._running = running
        self._crew = crew
        self._backward = backward
        self._forward = forward
        self._automatic = automatic

    def run(self, plan: UndoPlan) -> Undo:
        """Undo; what fails keeps what came before it from being undone."""
        left: list[str] = []

        def ended(node: Node, end: Ended) -> None:
            if end.status.satisfies:
                return
            left.append(f"{node.id}: {end.why or end.status}")
            for blocked in scheduler.block(node.id, f"undo of {node.id} {end.status}"):
                if blocked.id in plan.jobs:
                    left.append(f"{blocked.id}: not begun, since {node.id} failed")

        def place(node: Node) -> str:
            job = plan.jobs.get(node.id)
            return job.place if job else COORDINATOR

        throttle = Throttle(self._running.context.plan.steps)
        scheduler = Scheduler(plan.graph, place, throttle)
        phase = Phase(
            scheduler,
            self._crew,
            work=lambda turn: self._work(plan.jobs[turn.node.id]),
            virtual=lambda _: Ended(TaskStatus.OK),
            ended=ended,
        )
        phase.run()
        return Undo(left=tuple(left), stopped=phase.stopped)

    def _work(self, job: UndoJob) -> Ended:
        self._running.look_ahead(job.place).forget()
        if job.work is not Work.UNDO:
            node = Node(
                id=f"{job.path}@{job.host}", kind=NodeKind.TASK, path=job.path, host=job.host
            )
            return self._forward.run(Turn(node), use=job.use)
        try:
            return self._undo(job)
        except HostError as error:
            return Ended(TaskStatus.UNREACHABLE, error.problem.what)
        except UsageError as error:
            return Ended(TaskStatus.FAILED, str(error))

    def _undo(self, job: UndoJob) -> Ended:
        for attempt in job.attempts:
            undone = self._backward.undo(attempt)
            if settled(undone) or (undone.result == "irreversible" and not self._automatic):
                continue
            conflict = undone.result == "conflict"
            status = TaskStatus.CONFLICT if conflict else TaskStatus.FAILED
            return Ended(status, undone.why or undone.result)
        return Ended(TaskStatus.OK)
