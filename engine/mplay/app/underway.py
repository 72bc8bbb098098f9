"""What is under way on hosts right now, for an operator who leaves in the middle of it."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.model.events import Intent, OutcomeSeen, Undoing, Undone
from mplay.model.plan import Plan
from mplay.model.record import Record
from mplay.model.state import RunState
from mplay.model.task import TaskKey, TaskStatus


class Underway:
    """A listener that knows which hosts are in the middle of a task or out of service.

    It is read in a signal handler, so it takes no lock: what it says may be a record old.
    """

    def __init__(self, plan: Plan, past: RunState) -> None:
        self._enter = {path: block.path for block in plan.blocks.values() for path in block.enter}
        self._leave = {path: block.path for block in plan.blocks.values() for path in block.leave}
        self._tasks: dict[str, str] = {}
        self._out: dict[tuple[str, str], None] = {}
        for key, task in sorted(past.tasks.items(), key=lambda item: item[1].seq):
            self._served(key, task.status)

    def on_record(self, record: Record) -> None:
        """A task has begun or ended."""
        match record.event:
            case Intent() | Undoing() as event:
                self._tasks[event.task] = event.host
            case OutcomeSeen() as event:
                self._tasks.pop(event.task, None)
                self._served(TaskKey.parse(event.task), TaskStatus(event.status))
            case Undone() as event:
                self._tasks.pop(event.task, None)

    def on_output(self, task: str, host: str, text: str) -> None:
        """What tasks print says nothing here."""

    def _served(self, key: TaskKey, status: TaskStatus) -> None:
        if status not in {TaskStatus.OK, TaskStatus.CHANGED}:
            return
        if key.path in self._enter:
            self._out[self._enter[key.path], key.subject] = None
        if key.path in self._leave:
            self._out.pop((self._leave[key.path], key.subject), None)

    def told(self) -> Sequence[str]:
        """A line for each host that is in the middle of something."""
        busy = [f"{host} is in the middle of {task}" for task, host in list(self._tasks.items())]
        return [*busy, *(f"{host} is out of service ({block})" for block, host in list(self._out))]
