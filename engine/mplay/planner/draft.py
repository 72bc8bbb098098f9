"""The plan in the making: steps and blocks by path, and the graphs of their tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import networkx as nx

from mplay.model.errors import Problem, Where
from mplay.model.host import Host
from mplay.model.plan import Role, Section
from mplay.model.playbook import Block, Playbook, Step, Text
from mplay.model.task import OnFailure
from mplay.planner.choice import Choice

Select: TypeAlias = Callable[[Text], Sequence[Host]]
"""The hosts of a pattern; raises UsageError for a name that is no host and no group."""

Delegate: TypeAlias = Callable[[Step, str], str | None]
"""The host that does a step for a subject; None where only results can tell."""

Tasks: TypeAlias = "nx.DiGraph[str]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A need, resolved to a path. `via`: a block whose batches wait for it already."""

    path: str
    scope: str | None = None
    where: Where | None = None
    via: str = ""


@dataclass(slots=True, kw_only=True)
class Item:
    """A step or block by its path. `before` is the path of the one before it in its list.

    `reach` are its hosts by the inventory, `hosts` those that the limit leaves.
    """

    path: str
    parent: str
    number: int
    before: str = ""
    section: Section = Section.STEPS
    reach: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    arrows: list[Arrow] = field(default_factory=list)

    @property
    def source(self) -> Step | Block:
        """What was written, with what it inherits."""
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class StepItem(Item):
    """A step on its way into the plan. `among`: all hosts of a `run_once` step."""

    step: Step
    among: tuple[str, ...] = ()
    role: Role = Role.MAIN
    reacts_to: tuple[str, ...] = ()
    runs_on: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> Step:
        """The step, with what it inherits."""
        return self.step


@dataclass(slots=True, kw_only=True)
class BlockItem(Item):
    """A block on its way; paths of its children and of its bracket. `confines`: hosts are set."""

    block: Block
    confines: bool = False
    children: list[str] = field(default_factory=list)
    bracket: dict[Role, list[str]] = field(default_factory=dict)
    batches: tuple[tuple[str, ...], ...] = ()
    batch_of: dict[str, int] = field(default_factory=dict)

    @property
    def source(self) -> Block:
        """The block, with what it inherits."""
        return self.block

    @property
    def batching(self) -> bool:
        """Whether its hosts pass in batches or through a bracket."""
        return bool(self.block.serial or self.block.around)


@dataclass(slots=True, kw_only=True)
class Draft:
    """What the transforms work on. Items are in file order; problems are raised together."""

    playbook: Playbook
    select: Select
    delegate: Delegate
    limit: frozenset[str] | None = None
    choice: Choice = field(default_factory=Choice)
    override: OnFailure | None = None
    items: dict[str, Item] = field(default_factory=dict)
    graphs: dict[Section, Tasks] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    partial: bool = False

    def complain(self, what: str, where: Where | None, hint: str = "") -> None:
        """Note something that is wrong with the playbook or the choice."""
        self.problems.append(Problem(what, where, hint))

    def steps(self) -> Iterator[StepItem]:
        """The steps in file order."""
        return (item for item in self.items.values() if isinstance(item, StepItem))

    def blocks(self) -> Iterator[BlockItem]:
        """The blocks in file order, each before those inside it."""
        return (item for item in self.items.values() if isinstance(item, BlockItem))

    def block(self, path: str) -> BlockItem:
        """The block of that path."""
        found = self.items[path]
        if not isinstance(found, BlockItem):
            raise TypeError(f"{path} is no block")
        return found

    def around(self, path: str) -> tuple[str, ...]:
        """The paths of all blocks around an item, outermost first."""
        found: list[str] = []
        parent = self.items[path].parent
        while parent:
            found.append(parent)
            parent = self.items[parent].parent
        return tuple(reversed(found))

    def batching(self, path: str) -> tuple[str, ...]:
        """Those blocks around an item that have batches or a bracket, outermost first."""
        return tuple(p for p in self.around(path) if self.block(p).batching)

    def shared(self, one: str, other: str) -> str:
        """The innermost block with batches or a bracket that is around both; '' for none."""
        others = set(self.batching(other))
        inner = [path for path in self.batching(one) if path in others]
        return inner[-1] if inner else ""

    def leaves(self, path: str) -> Iterator[StepItem]:
        """The step itself, or all steps of a block without those of brackets."""
        item = self.items[path]
        if isinstance(item, StepItem):
            yield item
        elif isinstance(item, BlockItem):
            for child in item.children:
                yield from self.leaves(child)


Transform: TypeAlias = Callable[[Draft], None]
"""One named change of the draft."""

Watch: TypeAlias = Callable[[Transform, Draft], None]
"""Somebody who is shown the draft after a transform."""
