"""A small builder of playbooks, and graphs as text, for the planner's tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mplay.model.errors import UsageError, Where
from mplay.model.host import LOCALHOST, Host
from mplay.model.plan import Graph, Plan
from mplay.model.playbook import Around, Between, Block, ModuleCall, Need, Playbook, Step, Text
from mplay.planner.build import build

FILE = "book.yml"


class Book:
    """Makes steps and blocks whose places count up, as if each stood on a line of its own."""

    def __init__(self) -> None:
        self._line = 0

    def where(self) -> Where:
        self._line += 1
        return Where(FILE, self._line, 5)

    def text(self, value: str) -> Text:
        return Text(value, self.where())

    def step(self, name: str, *, module: str = "shell", args: Any = "true", **keys: Any) -> Step:
        where = self.where()
        call = ModuleCall(name=Text(module, where), args=args, where=where)
        return Step(id=name, where=where, module=call, **self._texts(keys))

    def block(
        self,
        name: str,
        *steps: Step | Block,
        enter: Sequence[Step] = (),
        check: Sequence[Step] = (),
        leave: Sequence[Step] = (),
        between: Between | None = None,
        **keys: Any,
    ) -> Block:
        bracketed = bool(enter or check or leave)
        around = Around(enter=tuple(enter), check=tuple(check), leave=tuple(leave))
        return Block(
            id=name,
            where=self.where(),
            steps=steps,
            around=around if bracketed else None,
            between=between,
            **self._texts(keys),
        )

    def playbook(self, *steps: Step | Block, **keys: Any) -> Playbook:
        return Playbook(where=Where(FILE, 1, 1), name="book", steps=steps, **self._texts(keys))

    def need(self, step: str, scope: str | None = None) -> Need:
        return Need(step=self.text(step), scope=scope)

    def _texts(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        made = dict(keys)
        for key in ("hosts", "delegate_to", "become_user"):
            if isinstance(made.get(key), str):
                made[key] = self.text(made[key])
        for key in ("when", "on_change"):
            if key in made:
                made[key] = tuple(self.text(value) for value in made[key])
        if made.get("needs") is not None:
            made["needs"] = tuple(
                value if isinstance(value, Need) else self.need(value) for value in made["needs"]
            )
        return made


GROUPS = {
    "web": ("w1", "w2", "w3"),
    "db": ("d1",),
    "lb": ("l1",),
    LOCALHOST: (LOCALHOST,),
}


def selector(groups: Mapping[str, Sequence[str]] = GROUPS) -> Callable[[Text], Sequence[Host]]:
    """An inventory of these groups; `all` is everything but localhost; commas join."""
    members = {**groups, **{h: (h,) for hosts in groups.values() for h in hosts}}
    everything = [h for hosts in groups.values() for h in hosts if h != LOCALHOST]
    members["all"] = tuple(dict.fromkeys(everything))

    def select(pattern: Text) -> Sequence[Host]:
        found: list[str] = []
        for part in pattern.split(","):
            if part not in members:
                raise UsageError(f"no host or group is called '{part}'")
            found.extend(members[part])
        return tuple(Host(name=name) for name in dict.fromkeys(found))

    return select


def planned(playbook: Playbook, **keys: Any) -> Plan:
    return build(playbook, selector(), **keys)


def drawn(graph: Graph) -> list[str]:
    """One line a node: its id, and the nodes that it comes after."""
    return [
        f"{node.id} <- {' '.join(graph.after[node.id])}" if graph.after[node.id] else node.id
        for node in graph.nodes
    ]
