"""Finds the hosts of every step and block."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.model.errors import UsageError, Where
from mplay.model.host import LOCALHOST
from mplay.model.playbook import Block, ModuleCall, Step, Text
from mplay.planner.draft import BlockItem, Draft, Item, StepItem
from mplay.planner.problems import located

PERSONAL = frozenset({"manual", "approve", "pause", "notify"})
"""Modules that concern people, not hosts: always once, on localhost."""


def hosts(draft: Draft) -> None:
    """Ask the inventory, confine steps to their block's hosts, and apply the limit."""
    finder = _Finder(draft)
    for item in draft.items.values():
        item.reach = finder.reach(item)
        empty = bool(item.parent) and _is_emptied(draft.block(item.parent))
        item.hosts = () if empty else tuple(h for h in item.reach if _within(draft.limit, h))
    _judge_limit(draft)


def once_on_localhost(call: ModuleCall) -> bool:
    """Whether a call concerns people, so that it runs once, on localhost."""
    return call.name.removeprefix("ansible.builtin.") in PERSONAL


def _within(limit: frozenset[str] | None, host: str) -> bool:
    return limit is None or host == LOCALHOST or host in limit


def _is_emptied(block: BlockItem) -> bool:
    return block.confines and not block.hosts


def _judge_limit(draft: Draft) -> None:
    emptied = [i for i in draft.steps() if i.reach and not i.hosts]
    draft.partial = draft.partial or bool(emptied)
    reached = {h for i in draft.steps() for h in i.hosts} - {LOCALHOST}
    if emptied and not reached:
        draft.complain(
            "the limit leaves no host of this playbook",
            Where("--limit"),
            f"Its steps concern {_names([h for i in emptied for h in i.reach])}.",
        )


class _Finder:
    """Resolves patterns, each one once, so that one cause gives one message."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._known: dict[str, tuple[str, ...]] = {}

    def reach(self, item: Item) -> tuple[str, ...]:
        parent = self._draft.block(item.parent) if item.parent else None
        if isinstance(item, BlockItem):
            item.confines = self._confines(item, parent)
        elif isinstance(item, StepItem) and once_on_localhost(item.step.module):
            return (LOCALHOST,)
        pattern = item.source.hosts
        if pattern is None:
            return self._nobody_said(item)
        chosen = self._select(pattern)
        if parent is None or not parent.confines:
            return chosen
        return self._confined(item.source, chosen, parent, pattern)

    def _confines(self, item: BlockItem, parent: BlockItem | None) -> bool:
        written = item.block.hosts is not self._draft.playbook.hosts
        return item.batching or written or (parent is not None and parent.confines)

    def _confined(
        self, source: Step | Block, chosen: tuple[str, ...], parent: BlockItem, pattern: Text
    ) -> tuple[str, ...]:
        if pattern is parent.block.hosts:
            return parent.reach
        among = frozenset(chosen)
        kept = tuple(h for h in parent.reach if h in among)
        if LOCALHOST in among and LOCALHOST not in kept:
            kept = (*kept, LOCALHOST)
        if chosen and parent.reach and not kept:
            self._draft.complain(
                f"no host of '{pattern}' is among the hosts of the block {parent.path}",
                pattern.where,
                f"{source.id} would never run; the block has {_names(parent.reach)}.",
            )
        return kept

    def _nobody_said(self, item: Item) -> tuple[str, ...]:
        if isinstance(item, StepItem) or (isinstance(item, BlockItem) and item.batching):
            self._draft.complain(
                f"nothing says on which hosts {item.path} runs",
                item.source.where,
                "Add 'hosts:' to the step, to its block or to the playbook.",
            )
        return ()

    def _select(self, pattern: Text) -> tuple[str, ...]:
        if pattern not in self._known:
            self._known[pattern] = self._ask(pattern)
        return self._known[pattern]

    def _ask(self, pattern: Text) -> tuple[str, ...]:
        try:
            found = tuple(host.name for host in self._draft.select(pattern))
        except UsageError as error:
            self._draft.problems.extend(located(error, pattern.where))
            return ()
        if not found:
            self._draft.complain(
                f"no host of the inventory matches '{pattern}'",
                pattern.where,
                "See 'mplay inventory list' for hosts and groups.",
            )
        return found


def _names(hosts: Sequence[str], most: int = 6) -> str:
    distinct = list(dict.fromkeys(hosts))
    more = f" and {len(distinct) - most} more" if len(distinct) > most else ""
    return ", ".join(distinct[:most]) + more
