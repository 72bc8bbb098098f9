"""Tasks as people see them: one row per step and host, from the plan and what the journal says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mplay.model.attempt import TaskState
from mplay.model.change import Diff
from mplay.model.row import TaskRow
from mplay.model.task import TaskKey, TaskStatus

_WORST_FIRST = (
    TaskStatus.CONFLICT,
    TaskStatus.FAILED,
    TaskStatus.UNREACHABLE,
    TaskStatus.RUNNING,
    TaskStatus.WAITING,
    TaskStatus.BLOCKED,
    TaskStatus.PENDING,
    TaskStatus.UNKNOWN,
    TaskStatus.WARNING,
    TaskStatus.REVERTED,
    TaskStatus.WOULD_CHANGE,
    TaskStatus.CHANGED,
    TaskStatus.UNDONE,
    TaskStatus.OK,
    TaskStatus.SKIPPED,
)


def worst(statuses: Iterable[TaskStatus]) -> TaskStatus:
    """The one status that says most about several; *ok* for none."""
    return min(statuses, key=_WORST_FIRST.index, default=TaskStatus.OK)


def rows_of(plan: Mapping[str, Any], tasks: Mapping[TaskKey, TaskState]) -> tuple[TaskRow, ...]:
    """One row per (step, host): the plan's in its order, then what the plan does not name."""
    groups: dict[TaskKey, list[TaskState]] = {key: [] for key in planned_keys(plan)}
    for key, task in tasks.items():
        groups.setdefault(key.whole, []).append(task)
    return tuple(_row(key, known) for key, known in groups.items())


def planned_keys(plan: Mapping[str, Any]) -> list[TaskKey]:
    """(step, host) of a plan as RUN_BEGIN holds it (`plan_as_json`), in file order."""
    steps = plan.get("plan", plan).get("steps", ())
    named: Sequence[Mapping[str, Any]]
    if isinstance(steps, Mapping):
        named = [{"path": path, **step} for path, step in steps.items()]
    else:
        named = steps
    ordered = sorted(named, key=lambda step: step.get("number", 0))
    return [TaskKey(step["path"], host) for step in ordered for host in step["hosts"]]


def use_row(key: TaskKey, tasks: Mapping[TaskKey, TaskState]) -> TaskRow:
    """The row of one use of a task, with its items if it is a loop."""
    key = replace(key, item=None)
    own = tasks.get(key)
    items = own.items if own and own.items is not None else ()
    every = [own, *(tasks.get(replace(key, item=n)) for n in range(len(items)))]
    return _use_row(key, [task for task in every if task])


def _row(key: TaskKey, known: Sequence[TaskState]) -> TaskRow:
    """The row of a step on a host; with several uses it stands as the last one does."""
    uses = sorted({task.key.use for task in known})
    rows = [_use_row(key.again(use), [t for t in known if t.key.use == use]) for use in uses]
    if not rows:
        return TaskRow(key=key, status=TaskStatus.PENDING)
    if len(rows) == 1 and uses == [1]:
        return rows[0]
    last = rows[-1]
    return _joined(key, last, seconds=sum(r.seconds for r in rows), uses=tuple(rows))


def _use_row(key: TaskKey, known: Sequence[TaskState]) -> TaskRow:
    """The row of one use, with its items if it is a loop."""
    own = next((t for t in known if t.key.item is None), None)
    items = sorted((t for t in known if t.key.item is not None), key=lambda t: t.key.item or 0)
    rows = [_single(t) for t in items]
    expected = own.items if own and own.items is not None else ()
    have = {t.key.item for t in items}
    rows += [
        TaskRow(key=TaskKey(key.path, key.subject, n, key.use), status=TaskStatus.PENDING)
        for n in range(len(expected))
        if n not in have
    ]
    rows.sort(key=lambda row: row.key.item or 0)
    if own and not rows and (own.items is None or own.skipped is not None):
        return _single(own)
    base = _single(own) if own and own.outcome and not own.void else _summed(key, rows)
    return _joined(key, base, seconds=base.seconds, items=tuple(rows))


def _summed(key: TaskKey, rows: Sequence[TaskRow]) -> TaskRow:
    """A row for a loop that has no outcome of its own."""
    status = worst(row.status for row in rows)
    telling = [row for row in rows if row.status is status]
    return TaskRow(
        key=key,
        status=status,
        summary=_first(row.summary for row in telling),
        seconds=sum(row.seconds for row in rows),
        why=_first(row.why for row in telling),
        runs_on=_first(row.runs_on for row in rows),
        output=_first(row.output for row in telling),
        verified=all(row.verified for row in rows),
    )


def _joined(
    key: TaskKey,
    base: TaskRow,
    *,
    seconds: float,
    items: tuple[TaskRow, ...] = (),
    uses: tuple[TaskRow, ...] = (),
) -> TaskRow:
    kept = items or base.items
    return replace(base, key=key, seconds=seconds, items=kept, uses=uses)


def _single(task: TaskState) -> TaskRow:
    """The row of one task with neither items nor other uses."""
    attempt, outcome = task.attempt, task.outcome
    intent = attempt.intent if attempt else None
    summary = (outcome.summary if outcome else "") or (intent.summary if intent else "")
    delegated = intent is not None and intent.host != task.key.subject
    return TaskRow(
        key=task.key,
        status=task.status,
        summary=summary or (task.wait.ask if task.wait else ""),
        seconds=outcome.seconds if outcome else 0.0,
        why=_why(task),
        runs_on=intent.host if intent and delegated else "",
        output=outcome.output if outcome and task.status is TaskStatus.FAILED else "",
        verified=outcome.verified if outcome else True,
        diff=tuple(Diff(**d) for d in intent.diff) if intent and not intent.no_log else (),
    )


def _why(task: TaskState) -> str:
    if task.undone and task.undone.why:
        return task.undone.why
    if task.outcome:
        return task.outcome.why or "; ".join(task.outcome.reasons)
    return task.skipped or ""


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")
