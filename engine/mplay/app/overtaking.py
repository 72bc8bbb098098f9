"""Which later run changed what a run left behind: a conflict should name it."""

from __future__ import annotations

from collections.abc import Callable

from mplay.journal import Journal
from mplay.model.events import Intent
from mplay.model.state import RunState
from mplay.model.task import Outcome


def overtaking(journal: Journal, run: str) -> Callable[[Intent], str]:
    """Says of an intent of `run` which later run changed the same facts since; '' for none.

    The journal is read when it is asked, which is only where there is a conflict.
    """

    def later(intent: Intent) -> str:
        keys = {*intent.restored, *intent.expect}
        for row in journal.runs():
            if row.run == run:
                break
            if task := _change_of(journal.state(row.run), intent.host, keys):
                return f"run {row.run} did, in {task}"
        return ""

    return later


def _change_of(state: RunState, host: str, keys: set[str]) -> str:
    for attempt in reversed(state.standing):
        done = attempt.outcome is not None and attempt.outcome.outcome == Outcome.DONE
        touched = {*attempt.intent.restored, *attempt.intent.expect}
        if done and attempt.intent.host == host and touched & keys:
            return attempt.intent.task
    return ""
