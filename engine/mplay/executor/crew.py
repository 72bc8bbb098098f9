"""The threads of an execution: one per host, and the loop that gives them nodes to run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from mplay.executor.scheduler import COORDINATOR, Ended, Scheduler
from mplay.model.plan import Node

LOOK_AHEAD = 64
TOGETHER = 10
"""Nodes that one turn may end at most: more would keep a stop waiting, and gain little."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a worker is given to run.

    `ready`: nodes that may run there now as well; those that it runs along it puts into `along`.
    `upcoming`: the nodes that come next there in file order, ready or not.
    """

    node: Node
    upcoming: Sequence[Node] = ()
    ready: Sequence[Node] = ()
    along: dict[Node, Ended] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """A worker ended its turn."""

    place: str
    turn: Turn
    ended: Ended | None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Somebody wants the execution to begin nothing more; `why` is for people."""

    why: str


Message = Finished | Stop
Work = Callable[[Turn], Ended]


class Crew:
    """Workers by place, started when first needed; they never poll."""

    def __init__(self, forks: int) -> None:
        self.forks = forks
        self.inbox: SimpleQueue[Message] = SimpleQueue()
        self.stopping = threading.Event()
        self._queues: dict[str, SimpleQueue[Callable[[], None] | None]] = {}
        self._threads: list[threading.Thread] = []

    def give(self, place: str, turn: Turn, work: Work) -> None:
        """Have a place run a node; its end comes to the inbox."""
        if place not in self._queues:
            self._start(place)

        def job() -> None:
            try:
                message = Finished(place, turn, work(turn))
            except BaseException as error:  # noqa: BLE001 the coordinator raises it again
                message = Finished(place, turn, None, error)
            self.inbox.put(message)

        self._queues[place].put(job)

    def stop(self, why: str) -> None:
        """Have the phase begin nothing more, and tasks that only wait end their waiting."""
        self.stopping.set()
        self.inbox.put(Stop(why))

    def _start(self, place: str) -> None:
        queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

        def loop() -> None:
            while (job := queue.get()) is not None:
                job()

        thread = threading.Thread(target=loop, name=f"host {place}", daemon=True)
        self._queues[place] = queue
        self._threads.append(thread)
        thread.start()

    def hear(self) -> Message:
        """The next message, waited for in the main thread.

        A signal that comes just before a wait begins is handled only when the wait ends: so one
        wait is a second at most, or Ctrl-C might have to wait for a task.
        """
        while True:
            with suppress(Empty):
                return self.inbox.get(timeout=1.0)

    def each(self, places: Sequence[str], job: Callable[[str], None]) -> dict[str, BaseException]:
        """Do one thing for each place at once, `forks` at a time; the errors by place."""
        errors: dict[str, BaseException] = {}
        gate = threading.Semaphore(self.forks)

        def one(place: str) -> None:
            with gate:
                try:
                    job(place)
                except BaseException as error:  # noqa: BLE001 the caller looks at each
                    errors[place] = error

        threads = [threading.Thread(target=one, args=(p,), daemon=True) for p in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return errors

    def close(self) -> None:
        """End the workers; each finishes what it runs."""
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join()


class Phase:
    """Runs a graph: gives out what is ready, until nothing runs and nothing may begin.

    `work` runs a node of a host, in its worker; `virtual` ends a node of no host; `ended` is told
    each end and may call `stop`. Both of these are called by the thread that called `run`.
    `together`: how many nodes `work` may end in one turn.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        crew: Crew,
        *,
        work: Work,
        virtual: Callable[[Node], Ended],
        ended: Callable[[Node, Ended], None],
        together: int = 1,
    ) -> None:
        self.scheduler = scheduler
        self._together = together
        self._crew = crew
        self._work = work
        self._virtual = virtual
        self._told = ended
        self._busy: set[str] = set()
        self._failure: BaseException | None = None
        self.stopped = ""
        self.interrupted = ""

    def stop(self, why: str) -> None:
        """Begin nothing more."""
        self.stopped = self.stopped or why

    def interrupt(self, why: str) -> None:
        """Begin nothing more, since somebody said so: no `resume` of the phase takes that back."""
        self.interrupted = self.interrupted or why
        self.stop(why)

    def resume(self) -> None:
        """Begin again after a stop that was dealt with; not after an interrupt."""
        self.stopped = self.interrupted

    def run(self) -> None:
        """Run until the graph has ended, waits, is blocked or was stopped.

        Raises what a worker could not deal with, once all that ran has ended.
        """
        while True:
            while not self._crew.inbox.empty():
                self._take(self._crew.inbox.get())
            if not self.stopped:
                self._dispatch()
            if not self._busy:
                break
            self._take(self._crew.hear())
        if self._failure is not None:
            raise self._failure

    def _take(self, message: Message) -> None:
        if isinstance(message, Stop):
            self.interrupt(message.why)
            return
        self._busy.discard(message.place)
        if message.ended is None:
            self._failure = self._failure or message.error
            self.stop(str(message.error))
        else:
            self._end(message.turn.node, message.ended)
        for node in message.turn.ready:
            if end := message.turn.along.get(node):
                self._end(node, end)
            else:
                self.scheduler.give_back(node.id)

    def _end(self, node: Node, ended: Ended) -> None:
        self.scheduler.end(node.id, ended.status, ended.why)
        self._told(node, ended)

    def _dispatch(self) -> None:
        while not self.stopped and (node := self.scheduler.next(COORDINATOR)):
            self._end(node, self._virtual(node))
        for place in self.scheduler.places_ready():
            if self.stopped or len(self._busy) >= self._crew.forks:
                return
            if place in self._busy or place == COORDINATOR:
                continue
            if node := self.scheduler.next(place):
                self._busy.add(place)
                turn = Turn(
                    node,
                    upcoming=self.scheduler.upcoming(node, LOOK_AHEAD),
                    ready=self.scheduler.lend(place, self._together - 1),
                )
                self._crew.give(place, turn, self._work)
