"""What ``-v``, ``-vv`` and ``-vvv`` add to the lines of a run.

-v     what tasks print while they run, and what checks that passed saw
-vv    each task as it begins, each undo, each host that answers
-vvv   the facts before and after, and the shell that is sent, with the shell that undoes it

Of a task with `no_log` only that it began. Secrets are taken out by the writer, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mplay.model.events import Event, HostSeen, Intent, OutcomeSeen, Undoing
from mplay.report.redact import one_line
from mplay.report.writer import Styled

PRINTED, BEGUN, SHELL = 1, 2, 3
Parts = tuple[str | Styled, ...]


def details(event: Event, level: int) -> Iterator[Parts]:
    """The further lines of an event."""
    match event:
        case OutcomeSeen() if level >= PRINTED and not event.attempt:
            yield from (_about(event.task, one_line(reason)) for reason in event.reasons)
        case HostSeen() if level >= BEGUN and event.machine_id:
            yield (Styled(f"{event.host} | ", "dim"), "answers")
        case Undoing() if level >= BEGUN:
            yield _about(event.task, f"undo of attempt {event.attempt} begins on {event.host}")
    if isinstance(event, Intent):
        yield from _intent(event, level)
    if isinstance(event, OutcomeSeen) and level >= SHELL:
        yield from _facts(event.task, "after", event.seen)


def _intent(event: Intent, level: int) -> Iterator[Parts]:
    if level >= BEGUN:
        what = f"{event.kind} with {event.module}, attempt {event.attempt} on {event.host}: "
        yield _about(event.task, what + one_line(event.summary))
    if level < SHELL:
        return
    if event.no_log:
        yield _about(event.task, "its facts and its shell are hidden: no_log")
        return
    yield from _facts(event.task, "before", event.seen)
    yield from _script(event.task, "+ ", event.apply)
    yield from _script(event.task, "- ", event.restore or "")


def _facts(task: str, when: str, facts: Mapping[str, str]) -> Iterator[Parts]:
    for name, value in facts.items():
        yield _about(task, f"{when}: {one_line(name)} = {one_line(value)}")


def _script(task: str, mark: str, text: str) -> Iterator[Parts]:
    for line in text.strip("\n").split("\n") if text.strip() else ():
        yield _about(task, mark + line)


def _about(task: str, text: str) -> Parts:
    return (Styled(f"{task} | ", "dim"), text)
