"""The next command to paste."""

from __future__ import annotations

import shlex

from mplay.model.state import RunState
from mplay.model.task import RunStatus, TaskStatus


def next_commands(state: RunState) -> list[tuple[str, str]]:
    """``(what it does, the command)`` for a person who reads how a run ended."""
    run = state.run
    match state.status:
        case RunStatus.SUCCEEDED:
            return [("undo it", f"mplay rollback {run}")]
        case RunStatus.WAITING:
            return [*_answers(state), ("undo it", f"mplay rollback {run}")]
        case RunStatus.ROLLED_BACK:
            return [("apply again", _apply(state))]
        case RunStatus.ROLLBACK_INCOMPLETE:
            return [*_look(state), ("undo the rest", f"mplay rollback {run}")]
        case RunStatus.ABANDONED | RunStatus.REFUSED:
            return [("see it", f"mplay show {run}")]
    return [*_look(state), ("go on", f"mplay resume {run}"), ("undo it", f"mplay rollback {run}")]


def _look(state: RunState) -> list[tuple[str, str]]:
    """Where a person would look first: the first task that is in trouble."""
    trouble = {TaskStatus.FAILED, TaskStatus.CONFLICT, TaskStatus.UNREACHABLE}
    for task in state.tasks.values():
        if task.status in trouble:
            step, host = shlex.quote(task.key.path), shlex.quote(task.key.subject)
            return [("see why", f"mplay show {state.run} {step} --host {host}")]
    return []


def _answers(state: RunState) -> list[tuple[str, str]]:
    found = []
    for wait in state.waits:
        path = shlex.quote(wait.task.partition("@")[0])
        found.append((f"answer “{wait.ask}”", f"mplay resume {state.run} --evidence {path}=TEXT"))
    return found or [("go on", f"mplay resume {state.run}")]


def _apply(state: RunState) -> str:
    playbook = state.begin.playbook if state.begin else "PLAYBOOK"
    limit = f" --limit {shlex.quote(state.environment)}" if state.environment else ""
    return f"mplay apply {shlex.quote(playbook)}{limit}"
