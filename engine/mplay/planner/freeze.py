"""Turns the finished draft into the plan."""

from __future__ import annotations

import networkx as nx

from mplay.model.host import LOCALHOST
from mplay.model.plan import (
    Graph,
    Plan,
    PlannedBlock,
    PlannedStep,
    Role,
    Section,
    Throttled,
)
from mplay.model.task import OnFailure
from mplay.planner.draft import BlockItem, Draft, Item, StepItem, Tasks
from mplay.planner.transforms.batches import count


def freeze(draft: Draft) -> Plan:
    """The plan of a draft that has no problems."""
    playbook = draft.playbook
    hosts = tuple(dict.fromkeys(host for item in draft.steps() for host in item.hosts))
    remote = [host for host in hosts if host != LOCALHOST]
    overall = count(playbook.max_failed, len(remote))
    return Plan(
        name=playbook.name,
        hosts=hosts,
        steps={item.path: _step(draft, item) for item in draft.steps()},
        blocks={item.path: _block(draft, item, overall) for item in _counted(draft)},
        main=_graph(draft.graphs[Section.STEPS]),
        validate=_graph(draft.graphs[Section.VALIDATE]),
        finally_=_graph(draft.graphs[Section.FINALLY]),
        on_failure=draft.override or playbook.on_failure or OnFailure.ROLLBACK_HOST,
        max_failed=overall,
        partial=draft.partial,
    )


def _step(draft: Draft, item: StepItem) -> PlannedStep:
    inner = draft.batching(item.path)
    return PlannedStep(
        path=item.path,
        step=item.step,
        number=item.number,
        hosts=item.hosts,
        among=item.among,
        section=item.section,
        role=item.role,
        block=inner[-1] if inner else "",
        blocks=draft.around(item.path),
        needs=tuple(dict.fromkeys(n.path for a in item.arrows for n in draft.leaves(a.path))),
        reacts_to=item.reacts_to,
        runs_on=dict(item.runs_on),
        on_failure=_on_failure(draft, item),
        throttles=_throttles(draft, item),
    )


def _throttles(draft: Draft, item: StepItem) -> tuple[Throttled, ...]:
    written = [(path, draft.block(path).block.throttle) for path in draft.around(item.path)]
    written.append((item.path, item.step.throttle))
    return tuple(Throttled(path=path, hosts=hosts) for path, hosts in written if hosts)


def _on_failure(draft: Draft, item: Item) -> OnFailure:
    return draft.override or item.source.on_failure or OnFailure.ROLLBACK_HOST


def _counted(draft: Draft) -> list[BlockItem]:
    """Blocks that the executor must know: with batches, a bracket, or failures of their own."""
    return [b for b in draft.blocks() if b.batching or b.block.max_failed is not None]


def _block(draft: Draft, item: BlockItem, overall: int) -> PlannedBlock:
    between = item.block.between
    paths = {role: tuple(item.bracket.get(role, ())) for role in Role}
    return PlannedBlock(
        path=item.path,
        batches=item.batches,
        steps=tuple(leaf.path for leaf in draft.leaves(item.path)),
        enter=paths[Role.ENTER],
        check=paths[Role.CHECK],
        leave=paths[Role.LEAVE],
        between=paths[Role.BETWEEN],
        soak=between.soak if between else 0.0,
        ask=between.ask if between else "",
        on_failure=_on_failure(draft, item),
        max_failed=_max_failed(draft, item, overall),
    )


def _max_failed(draft: Draft, item: BlockItem, overall: int) -> int:
    """The block's own number, else that of the nearest block around it, else the run's."""
    if item.block.max_failed is not None:
        remote = [host for host in item.hosts if host != LOCALHOST]
        return count(item.block.max_failed, len(remote))
    return _max_failed(draft, draft.block(item.parent), overall) if item.parent else overall


def _graph(graph: Tasks) -> Graph:
    """The nodes in the one topological order that keeps file order wherever arrows leave it."""
    order = list(
        nx.lexicographical_topological_sort(graph, key=lambda key: graph.nodes[key]["rank"])
    )
    place = {key: index for index, key in enumerate(order)}
    return Graph(
        nodes=tuple(graph.nodes[key]["node"] for key in order),
        after={key: tuple(sorted(graph.predecessors(key), key=place.__getitem__)) for key in order},
    )
