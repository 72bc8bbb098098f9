"""The plan: the playbook's steps on their hosts, ordered into graphs that a run executes.

A graph holds four kinds of nodes, so that its size stays linear in hosts x steps:

TASK   one step for one host; id ``PATH@HOST``
DONE   all tasks of a step, or all of a block, have ended well; id ``done:PATH``
OPEN   a batch of a block may begin; id ``open:PATH#K``, K from 0
CLOSE  a batch of a block has ended and is judged; id ``close:PATH#K``
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mplay.model.playbook import Step
from mplay.model.task import OnFailure


class NodeKind(StrEnum):
    """What a node stands for."""

    TASK = "task"
    DONE = "done"
    OPEN = "open"
    CLOSE = "close"


class Role(StrEnum):
    """What a step is for in its block."""

    MAIN = "main"
    ENTER = "enter"
    CHECK = "check"
    LEAVE = "leave"
    BETWEEN = "between"


class Section(StrEnum):
    """The list of the playbook that a step stands in."""

    STEPS = "steps"
    VALIDATE = "validate"
    FINALLY = "finally"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of a graph; `path` is the step's or block's, `batch` that of a serial block."""

    id: str
    kind: NodeKind
    path: str
    host: str = ""
    batch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes in a topological order that keeps file order, and the nodes that each one needs."""

    nodes: tuple[Node, ...] = ()
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """At most so many hosts at once work on the step or block of that path."""

    path: str
    hosts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step with everything inherited merged into `step`.

    `block` is the innermost block with batches or a bracket ('' none); `blocks` all blocks around
    it, outermost first. `hosts` are its subjects in order; `runs_on` names the delegate for those
    subjects that have one. `needs` are paths of needed steps. `number` is its place in file order.
    `reacts_to`: paths of the steps of `on_change`. `among`: all hosts of a `run_once` step.
    `throttles`: its own limit of hosts at once, and those of its blocks.
    """

    path: str
    step: Step
    number: int
    hosts: tuple[str, ...]
    among: tuple[str, ...] = ()
    section: Section = Section.STEPS
    role: Role = Role.MAIN
    block: str = ""
    blocks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reacts_to: tuple[str, ...] = ()
    runs_on: Mapping[str, str] = field(default_factory=dict)
    on_failure: OnFailure = OnFailure.ROLLBACK_HOST
    throttles: tuple[Throttled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBlock:
    """A block with batches or a bracket; paths of its bracket's steps and of its own.

    `max_failed` is a number of hosts over the whole block. `soak` is in seconds.
    """

    path: str
    batches: tuple[tuple[str, ...], ...]
    steps: tuple[str, ...]
    enter: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    soak: float = 0.0
    ask: str = ""
    on_failure: OnFailure = OnFailure.ROLLBACK_HOST
    max_failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run executes. `steps` and `blocks` are keyed by path, in file order.

    `max_failed` is a number of hosts over the whole run. `partial`: steps were deselected, so the
    run proves nothing.
    """

    name: str
    hosts: tuple[str, ...]
    steps: Mapping[str, PlannedStep]
    blocks: Mapping[str, PlannedBlock]
    main: Graph
    validate: Graph = field(default_factory=Graph)
    finally_: Graph = field(default_factory=Graph)
    on_failure: OnFailure = OnFailure.ROLLBACK_HOST
    max_failed: int = 0
    partial: bool = False
