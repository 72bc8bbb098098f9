"""Variables that are resolved when they are read, so that they may refer to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import get_ident
from typing import Any

from mplay.model.errors import UsageError
from mplay.model.playbook import Value
from mplay.template.faults import where_of


class Scope(Mapping[str, Value]):
    """A mapping of variables in layers; a later layer wins.

    A value is evaluated at its first use, with all layers in sight, and then kept. Variables that
    need each other are an error that draws the circle. Safe to read from several threads.
    """

    __slots__ = ("_busy", "_done", "_evaluate", "_layers")

    def __init__(
        self, evaluate: Callable[[Value, Scope], Value], *layers: Mapping[str, Value]
    ) -> None:
        self._evaluate = evaluate
        self._layers = tuple(part for one in layers for part in _parts(one))
        self._done: dict[str, Value] = {}
        self._busy: dict[int, list[str]] = {}

    def __getitem__(self, name: str) -> Value:
        if name in self._done:
            return self._done[name]
        raw = self._raw(name)
        busy = self._busy.setdefault(get_ident(), [])
        if name in busy:
            circle = " -> ".join([*busy[busy.index(name) :], name])
            what = f"variables need each other in a circle: {circle}"
            raise UsageError(what, where=where_of(raw))
        busy.append(name)
        try:
            value = self._evaluate(raw, self)
        finally:
            busy.pop()
        self._done[name] = value
        return value

    def _raw(self, name: str) -> Value:
        for layer in reversed(self._layers):
            if name in layer:
                return layer[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for layer in self._layers for name in layer))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{len(self)} variables>"


def unresolved(variables: Mapping[str, Value], name: str) -> Value:
    """A variable as it was written; None where there is none."""
    if isinstance(variables, Scope):
        return variables._raw(name) if name in variables else None
    return variables.get(name)


def _parts(layer: Mapping[str, Value]) -> tuple[Mapping[str, Any], ...]:
    return layer._layers if isinstance(layer, Scope) else (layer,)
