"""One execution of a run by one process: forward to its end, and backward where that is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mplay.executor.backward import Backward, Rules
from mplay.executor.brackets import Brackets, has_ended_well, is_decision, with_decisions
from mplay.executor.crew import TOGETHER, Crew, Phase, Turn
from mplay.executor.deciding import Deciding
from mplay.executor.doubt import Doubt
from mplay.executor.failing import Failure, Failures
from mplay.executor.forward import Forward
from mplay.executor.gatherings import Gatherings
from mplay.executor.owed import blocked_on, out_of_service
from mplay.executor.predict import Predictor
from mplay.executor.reverify import Reverify
from mplay.executor.running import Running
from mplay.executor.scheduler import COORDINATOR, Ended, Scheduler
from mplay.executor.throttling import Throttle
from mplay.executor.undo_calls import MakeModule, UndoCalls
from mplay.executor.undoing import Undo, Undoing
from mplay.model.events import Abort, OutcomeSeen, PhaseBegan
from mplay.model.plan import Graph, Node, NodeKind
from mplay.model.row import TaskRow
from mplay.model.state import RunState
from mplay.model.task import OnFailure, Outcome, RunStatus, TaskKey, TaskStatus
from mplay.rollback.order import Chosen, undo_plan

INTERRUPTED = "interrupted"
"""Why a phase stopped when the operator said so."""
_FAILED = {TaskStatus.FAILED, TaskStatus.UNREACHABLE, TaskStatus.CONFLICT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an execution ended: status and exit code of design section 10, and why."""

    status: RunStatus
    exit: int
    why: str = ""


_DONE = Ending(status=RunStatus.SUCCEEDED, exit=0)


class Execution:
    """Runs a plan. `state` reads the journal afresh, `make` makes modules of rendered calls."""

    def __init__(
        self,
        running: Running,
        crew: Crew,
        *,
        state: Callable[[], RunState],
        make: MakeModule,
        rules: Rules,
    ) -> None:
        self._running = running
        self._plan = running.context.plan
        self._crew = crew
        self._state = state
        self._deciding = Deciding(running.context, running.results, running.facts)
        self._backward = Backward(running, UndoCalls(running, make), Reverify(running, make), rules)
        self._brackets = Brackets(running, self._fresh_predictor)
        doubt = Doubt(running, self._backward)
        self._forward = Forward(running, self._deciding, doubt, self._brackets, state)
        self._failures = Failures(self._plan)
        self._taken_back: set[tuple[str, str]] = set()
        self._left: list[str] = []
        self._gatherings = Gatherings(running, self._failures)

    def _fresh_predictor(self) -> Callable[[Node], TaskRow]:
        results = self._running.results.copy()
        running = self._running.beside(results)
        deciding = Deciding(running.context, results, running.facts)
        predictor = Predictor(running, deciding)
        return lambda node: predictor.predict(node, [])

    def forward(self, absent: Sequence[tuple[str, str]] = ()) -> Ending:
        """Steps, then validate, then finally. `absent`: hosts that did not answer, and why."""
        self._running.recorder.write(PhaseBegan(phase="steps"))
        ending = self._graph(with_decisions(self._plan.main, self._plan), absent)
        if ending.status is RunStatus.SUCCEEDED and self._plan.validate.nodes:
            self._running.recorder.write(PhaseBegan(phase="validate"))
            ending = self._graph(self._plan.validate, ())
        return self._over(ending)

    def _over(self, ending: Ending) -> Ending:
        """Do what comes last, and say what of the run is not as it should be."""
        if ending.status not in {RunStatus.WAITING, RunStatus.INTERRUPTED}:
            self._finally()
        state = self._state()
        if ending.exit == 0:
            return ending
        blocked = blocked_on(state)
        unknown = bool(blocked) and ending.status not in {RunStatus.WAITING, RunStatus.INTERRUPTED}
        said = [ending.why, *blocked, *out_of_service(state, self._plan)]
        why = "; ".join(text for text in said if text)
        return replace(ending, exit=7 if unknown else ending.exit, why=why)

    def _place(self, node: Node) -> str:
        if node.kind is not NodeKind.TASK:
            return COORDINATOR
        if is_decision(node):
            return node.host
        return self._running.context.place(self._plan.steps[node.path], node.host)

    def _graph(self, graph: Graph, absent: Sequence[tuple[str, str]]) -> Ending:
        scheduler = Scheduler(graph, self._place, Throttle(self._plan.steps))
        pending: list[Failure] = []

        def ended(node: Node, end: Ended) -> None:
            if end.status in _FAILED:
                self._failed(node, end, scheduler, phase, pending)

        phase = Phase(
            scheduler,
            self._crew,
            work=self._work,
            virtual=self._gatherings.virtual,
            ended=ended,
            together=1 if self._running.context.options.consent else TOGETHER,
        )
        for host, why in absent:
            self._absent(graph, host, why, scheduler, phase, pending)
        while True:
            phase.run()
            if phase.interrupted or not self._leave_one(scheduler, phase, pending):
                break
        return self._ending(scheduler, phase)

    def _absent(
        self,
        graph: Graph,
        host: str,
        why: str,
        scheduler: Scheduler,
        phase: Phase,
        pending: list[Failure],
    ) -> None:
        """A host that did not answer has failed at the first task that it has yet to do."""
        for node in graph.nodes:
            if self._is_open(node, host):
                end = Ended(TaskStatus.UNREACHABLE, why)
                scheduler.end(node.id, end.status, why)
                self._record(node, end)
                self._failed(node, end, scheduler, phase, pending)
                return

    def _is_open(self, node: Node, host: str) -> bool:
        """Whether a node is a task that runs on the host and has not ended well yet."""
        if node.kind is not NodeKind.TASK or is_decision(node) or self._place(node) != host:
            return False
        return not has_ended_well(self._running.past, TaskKey(node.path, node.host))

    def _work(self, turn: Turn) -> Ended:
        if is_decision(turn.node):
            return self._brackets.decide(turn.node)
        return self._forward.run(turn)

    def _failed(
        self, node: Node, end: Ended, scheduler: Scheduler, phase: Phase, pending: list[Failure]
    ) -> None:
        lost = end.status is TaskStatus.UNREACHABLE
        failure = self._failures.add(node, end.why or str(end.status), lost=lost)
        if failure.within:
            pending.append(failure)
            phase.stop("a host leaves the run")
            return
        for blocked in scheduler.block(node.id, f"{node.path} {end.status} on {node.host}"):
            self._record(blocked, Ended(TaskStatus.BLOCKED, f"{node.path} failed on {node.host}"))
        if failure.policy is not OnFailure.CONTINUE:
            phase.stop(f"{node.id} {end.status}")

    def _record(self, node: Node, end: Ended) -> None:
        if node.kind is NodeKind.TASK and not is_decision(node):
            self._running.recorder.write(
                OutcomeSeen(
                    task=str(TaskKey(node.path, node.host)),
                    attempt=0,
                    outcome=Outcome.NEVER,
                    status=end.status,
                    why=end.why,
                )
            )

    def _leave_one(self, scheduler: Scheduler, phase: Phase, pending: list[Failure]) -> bool:
        """Let hosts go that failed within `max_failed`; whether there was one."""
        if not pending or any(not f.within for f in self._failures.all):
            return False
        for failure in pending:
            if self._undo_host(failure).stopped:
                phase.interrupt(INTERRUPTED)
                return False
            for blocked in scheduler.leave(failure.node.host, failure.why):
                self._record(blocked, Ended(TaskStatus.BLOCKED, failure.why))
        pending.clear()
        phase.resume()
        return True

    def _ending(self, scheduler: Scheduler, phase: Phase) -> Ending:
        if phase.interrupted:
            return self._interrupted()
        beyond = [f for f in self._failures.all if not f.within]
        if beyond:
            return self._after_failure(beyond)
        if self._left:
            return _incomplete(_told(self._failures.all[0]), self._left)
        if scheduler.waiting:
            names = ", ".join(scheduler.waiting)
            return Ending(status=RunStatus.WAITING, exit=8, why=f"waits for a person: {names}")
        if self._failures.all:
            why = "; ".join(dict.fromkeys(_told(f) for f in self._failures.all))
            return Ending(status=RunStatus.INCOMPLETE, exit=4, why=why)
        return _DONE

    def _after_failure(self, beyond: list[Failure]) -> Ending:
        worst = min(beyond, key=lambda f: _SEVERITY[f.policy])
        why = _told(worst)
        if worst.policy is OnFailure.CONTINUE:
            return Ending(status=RunStatus.INCOMPLETE, exit=4, why=why)
        if worst.policy is OnFailure.ROLLBACK:
            return self.undo_run(why, automatic=True)
        for failure in self._failures.all:
            if self._undo_host(failure).stopped:
                return self._interrupted()
        if self._left:
            return _incomplete(why, self._left)
        return Ending(status=RunStatus.HALTED, exit=4, why=why)

    def _undo_host(self, failure: Failure) -> Undo:
        """Take back what a failed host did in its innermost block with batches, else in the run."""
        host, block = failure.node.host, failure.block
        if not host or not failure.undoes or (host, block) in self._taken_back:
            return Undo()
        self._taken_back.add((host, block))
        why = one_line(failure.why)
        self._running.recorder.write(Abort(scope="host", why=why, host=host, block=block))

        def chosen(key: TaskKey) -> bool:
            inside = not block or key.path.startswith(f"{block}/")
            return key.subject == host and inside

        undo = self._undo(chosen, automatic=True)
        self._left += undo.left
        return undo

    def undo_run(self, why: str, *, automatic: bool) -> Ending:
        """Take back everything."""
        self._running.recorder.write(Abort(scope="run", why=why))
        return self.undo_chosen(lambda _: True, why, automatic=automatic)

    def undo_chosen(self, chosen: Chosen, why: str, *, automatic: bool) -> Ending:
        """Take back the chosen tasks; their ABORT is in the journal."""
        undo = self._undo(chosen, automatic=automatic)
        if undo.stopped:
            return self._interrupted()
        if undo.left:
            return _incomplete(why, undo.left)
        return Ending(status=RunStatus.ROLLED_BACK, exit=3 if automatic else 0, why=why)

    def rollback(self, chosen: Chosen, why: str, *, automatic: bool, whole: bool) -> Ending:
        """Take back the chosen tasks; of a `whole` run, then do what comes last."""
        ending = self.undo_chosen(chosen, why, automatic=automatic)
        return self._over(ending) if whole else ending

    def _undo(self, chosen: Chosen, *, automatic: bool) -> Undo:
        self._running.past = self._state()
        self._running.results.recall(self._running.past)
        undoing = Undoing(
            self._running, self._crew, self._backward, self._forward, automatic=automatic
        )
        return undoing.run(undo_plan(self._plan, self._running.past, chosen))

    def _interrupted(self) -> Ending:
        """Put hosts back into service where their check passes, and stop."""
        self._running.past = self._state()
        for block, host in self._brackets.open():
            for path in (*block.check, *block.leave):
                node = Node(id=f"{path}@{host}", kind=NodeKind.TASK, path=path, host=host)
                if not self._forward.run(Turn(node)).status.satisfies:
                    break
        return Ending(status=RunStatus.INTERRUPTED, exit=130, why=INTERRUPTED)

    def _finally(self) -> None:
        """Once, whatever happened, on reachable hosts; it changes no outcome."""
        if not self._plan.finally_.nodes:
            return
        self._running.past = self._state()
        scheduler = Scheduler(self._plan.finally_, self._place, Throttle(self._plan.steps))

        def ended(node: Node, end: Ended) -> None:
            if not end.status.satisfies:
                scheduler.block(node.id, end.why)

        Phase(
            scheduler,
            self._crew,
            work=self._work,
            virtual=self._gatherings.virtual,
            ended=ended,
        ).run()


def _incomplete(why: str, left: Sequence[str]) -> Ending:
    """Something was not undone: somebody must look."""
    told = "; ".join(text for text in (why, *left) if text)
    return Ending(status=RunStatus.ROLLBACK_INCOMPLETE, exit=7, why=told)


def _told(failure: Failure) -> str:
    return f"{failure.node.id}: {one_line(failure.why)}"


def one_line(why: str) -> str:
    """A reason of several lines as one; the whole of it is in the task's own record."""
    lines = [line.strip() for line in why.splitlines() if line.strip()]
    return lines[0] if len(lines) < 2 else f"{lines[0]} … {lines[-1]}"


_SEVERITY = {
    OnFailure.ROLLBACK: 0,
    OnFailure.ROLLBACK_HOST: 1,
    OnFailure.HALT: 2,
    OnFailure.CONTINUE: 3,
}
