"""What each transform of the planner did: ``mplay plan --trace``.

After each transform the draft is looked at: its steps and blocks by path with what is known of
them, its tasks and the nodes that each one waits for. What is new, gone or different is told.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mplay.model.plan import Role, Section
from mplay.planner.draft import BlockItem, Draft, Item, StepItem, Transform

MOST = 200
"""Of one transform at most so many lines are shown."""

Look = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """One transform: its name, what it is for, and the lines of what it did."""

    name: str
    purpose: str
    lines: tuple[str, ...]


@dataclass(slots=True)
class Trace:
    """Watches `build`; `done` grows by one for each transform."""

    done: list[Did] = field(default_factory=list)
    _before: Look = field(default_factory=dict)

    def __call__(self, transform: Transform, draft: Draft) -> None:
        """Compare the draft with what it was before this transform."""
        now = _look(draft)
        purpose = (inspect.getdoc(transform) or "").partition("\n")[0]
        lines = tuple(_differences(self._before, now))
        self.done.append(Did(name=_name(transform), purpose=purpose, lines=lines))
        self._before = now


def trace_lines(done: Sequence[Did]) -> Iterator[str]:
    """The trace for people."""
    for number, did in enumerate(done, 1):
        yield f"{number:2} {did.name}: {did.purpose}"
        yield from (f"     {line}" for line in did.lines[:MOST] or ("nothing to do",))
        if len(did.lines) > MOST:
            yield f"     … {len(did.lines) - MOST} more"


def trace_document(done: Sequence[Did]) -> list[dict[str, Any]]:
    """The trace for programs, whole."""
    return [
        {"transform": did.name, "purpose": did.purpose, "changes": list(did.lines)} for did in done
    ]


def _name(transform: Transform) -> str:
    return getattr(transform, "__name__", type(transform).__name__).rstrip("_")


def _look(draft: Draft) -> Look:
    found: dict[str, Mapping[str, str]] = {}
    for item in draft.items.values():
        kind = "block" if isinstance(item, BlockItem) else "step"
        found[f"{kind} {item.path}"] = {k: v for k, v in _fields(item).items() if v}
    for graph in draft.graphs.values():
        for key in graph:
            after = " ".join(sorted(graph.predecessors(key)))
            found[f"task {key}" if "@" in key else f"node {key}"] = (
                {"after": after} if after else {}
            )
    return found


def _fields(item: Item) -> dict[str, str]:
    source = item.source
    common = {
        "section": "" if item.section is Section.STEPS else item.section.value,
        "hosts": " ".join(item.hosts),
        "needs": " ".join(_arrow(arrow.path, arrow.scope) for arrow in item.arrows),
        "pattern": source.hosts or "",
        "when": " and ".join(source.when),
        "tags": " ".join(source.tags),
        "vars": " ".join(source.vars),
        "become": "" if source.become is None else str(source.become),
        "on_failure": source.on_failure.value if source.on_failure else "",
    }
    if isinstance(item, StepItem):
        runs_on = dict.fromkeys(f"{host}→{place}" for host, place in item.runs_on.items())
        return {
            "role": "" if item.role is Role.MAIN else item.role.value,
            **common,
            "runs_on": " ".join(runs_on),
            "reacts_to": " ".join(item.reacts_to),
        }
    if isinstance(item, BlockItem):
        common["batches"] = " | ".join(" ".join(batch) for batch in item.batches)
    return common


def _arrow(path: str, scope: str | None) -> str:
    return f"{path} ({scope})" if scope else path


def _differences(before: Look, now: Look) -> Iterator[str]:
    for name in before:
        if name not in now:
            yield f"- {name}"
    for name, fields in now.items():
        if name not in before:
            told = "  ".join(f"{key}: {value}" for key, value in fields.items())
            yield f"+ {name}  {told}".rstrip()
            continue
        for key in dict.fromkeys((*before[name], *fields)):
            old, new = before[name].get(key, ""), fields.get(key, "")
            if old != new:
                yield f"~ {name}  {key}: {_change(old, new)}"


def _change(old: str, new: str) -> str:
    return f"{old} -> {new or 'none'}" if old else new
