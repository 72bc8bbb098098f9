"""A step's own ``rollback:``: module calls that are probed, planned and run like any change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mplay.executor.attempt import HIDDEN, frame_of, judge, shown
from mplay.executor.probing import Probe, ProbeFailed, ask
from mplay.executor.running import Running
from mplay.model.attempt import Attempt
from mplay.model.errors import UsageError
from mplay.model.events import Intent
from mplay.model.task import Outcome
from mplay.sdk import Action, Module, State

MakeModule = Callable[[str, Any], Module]
"""A module from its name and arguments that are rendered already; UsageError."""


class UndoCalls:
    """Runs the journalled calls of an attempt, in order."""

    def __init__(self, running: Running, make: MakeModule) -> None:
        self._running = running
        self._make = make

    def run(self, attempt: Attempt) -> str:
        """Do them all; why it failed, or ''."""
        for call in attempt.intent.undo_calls or ():
            try:
                why = self._one(attempt, self._make(call["name"], call["args"]), call["name"])
            except (ProbeFailed, ValueError, UsageError) as error:
                why = str(error)
            if why:
                return f"{call['name']}: {why}"
        return ""

    def _one(self, attempt: Attempt, module: Module, name: str) -> str:
        if not isinstance(module, State | Action):
            return "is no module that changes something"
        if module.elsewhere() is not None:
            return "reads another host, and what undoes must not depend on one"
        origin = attempt.intent
        probe = Probe(script=module.probe(), user=origin.user, environment=origin.environment)
        link = self._running.link(origin.host)
        seen = ask(link, probe)
        change = module.plan(seen)
        if change is None:
            return ""
        restored, hidden = (seen if change.restored is None else change.restored), origin.no_log
        intent = Intent(
            task=origin.task,
            attempt=origin.attempt,
            kind="undo",
            host=origin.host,
            number=self._running.numbers.take(origin.host),
            module=name,
            summary=HIDDEN if hidden else change.summary,
            probe=probe.script,
            seen=dict(shown(seen, hidden=hidden)),
            save=change.save,
            apply=change.apply,
            restore=change.restore,
            expect=dict(shown(change.expect, hidden=hidden)),
            restored=dict(shown(restored, hidden=hidden)),
            way_back=module.way_back(),
            user=origin.user,
            environment=origin.environment,
            blobs=[blob.reference() for blob in change.blobs],
            timeout=module.TIMEOUT,
            no_log=hidden,
        )
        self._running.recorder.write(intent)
        judged = judge(intent, link.deliver(frame_of(intent, change, uncut=True)))
        return "" if judged.outcome is Outcome.DONE else judged.why
