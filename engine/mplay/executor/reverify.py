"""The `verify` checks of a step, asked once more after its undo, from the journal."""

from __future__ import annotations

from mplay.executor.attempt import HIDDEN, Bound
from mplay.executor.checking import check
from mplay.executor.running import Running
from mplay.executor.undo_calls import MakeModule
from mplay.model.errors import UsageError
from mplay.model.events import Intent, Note
from mplay.model.task import TaskKey, TaskStatus
from mplay.sdk import Check


class Reverify:
    """Asks what an attempt's record holds of its step's `verify`."""

    def __init__(self, running: Running, make: MakeModule) -> None:
        self._running = running
        self._make = make

    def failure(self, intent: Intent) -> str:
        """What does not hold after the undo, or ''."""
        for number, call in enumerate(intent.verify, 1):
            name = f"verify {number} ({call['name']})"
            try:
                module = self._make(call["name"], call["args"])
            except UsageError as error:
                # A rollback must not need the project's modules: the restored facts were compared.
                self._running.recorder.write(
                    Note(text=f"{name} was not asked after the undo: {error}", task=intent.task)
                )
                continue
            if isinstance(module, Check) and (why := self._ask(intent, module)):
                return f"{name} failed after the undo: {why}"
        return ""

    def _ask(self, intent: Intent, module: Check) -> str:
        context, key = self._running.context, TaskKey.parse(intent.task)
        bound = Bound(
            step=context.plan.steps[key.path],
            key=key,
            place=intent.host,
            module=module,
            user=intent.user,
            environment=intent.environment,
        )
        found = check(self._running, bound, module)
        failed = found.status(strict=context.options.strict) is TaskStatus.FAILED
        why = HIDDEN if intent.no_log else found.why
        return (why or "it does not hold") if failed else ""
