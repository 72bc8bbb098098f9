"""The next command to paste."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from mplay.model.state import RunState
from mplay.model.task import RunStatus, TaskStatus
from mplay.report.redact import one_line


def next_commands(state: RunState, place: Sequence[str] = ()) -> list[tuple[str, str]]:
    """``(what it does, the command)`` for a person who reads how a run ended.

    `place` are the words of the present call that name its journal: the next one needs them too.
    """
    run = state.run

    def to(what: str) -> str:
        return shlex.join(["mplay", what, run, *place])

    match state.status:
        case RunStatus.SUCCEEDED:
            return [("undo it", to("rollback"))]
        case RunStatus.WAITING:
            return [_answer(state, place), ("undo it", to("rollback"))]
        case RunStatus.ROLLED_BACK:
            return [("apply again", again(state))]
        case RunStatus.ROLLBACK_INCOMPLETE:
            return [*_look(state, place), ("undo the rest", to("rollback"))]
        case RunStatus.ABANDONED | RunStatus.REFUSED:
            return [("see it", to("show"))]
    return [*_look(state, place), ("go on", to("resume")), ("undo it", to("rollback"))]


def _look(state: RunState, place: Sequence[str]) -> list[tuple[str, str]]:
    """Where a person would look first: the first task that failed, also if it was undone since."""
    for task in state.tasks.values():
        failed = task.outcome is not None and task.outcome.status == TaskStatus.FAILED
        if failed or task.status in {TaskStatus.FAILED, TaskStatus.CONFLICT}:
            words = ["mplay", "show", state.run, task.key.path, "--host", task.key.subject, *place]
            return [("see why", shlex.join(words))]
    return []


def _answer(state: RunState, place: Sequence[str]) -> tuple[str, str]:
    """One command that answers all that is asked: a word to a step, a yes between batches."""
    words = ["mplay", "resume", state.run]
    for wait in state.waits:
        path = wait.task.partition("@")[0]
        if not path.endswith("/between/ask"):
            words += ["--evidence", f"{path}=TEXT"]
        elif "--yes" not in words:
            words.append("--yes")
    asked = "; ".join(one_line(wait.ask) for wait in state.waits)
    return (f"answer “{asked}”" if asked else "go on", shlex.join([*words, *place]))


def again(state: RunState) -> str:
    """The command that begins the same anew."""
    command = state.begin.options.get("command") if state.begin else None
    if command:
        return shlex.join(command)
    playbook = state.begin.playbook if state.begin else "PLAYBOOK"
    words = state.begin.options.get("words", ()) if state.begin else ()
    return shlex.join(["mplay", "apply", playbook, *words])
