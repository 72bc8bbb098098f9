"""What a failure leads to: `on_failure`, and how many hosts may fail before it applies."""

from __future__ import annotations

from dataclasses import dataclass, field

from mplay.model.plan import Node, NodeKind, Plan, PlannedBlock
from mplay.model.task import OnFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed node, what follows from it, and whether its host may leave the run instead.

    `lost`: it failed since its host gives no answer.
    """

    node: Node
    why: str
    policy: OnFailure
    within: bool
    block: str = ""
    lost: bool = False

    @property
    def undoes(self) -> bool:
        """Whether its host is taken back; one that gives no answer cannot be."""
        return self.policy in {OnFailure.ROLLBACK_HOST, OnFailure.ROLLBACK} and not self.lost


@dataclass(slots=True)
class Failures:
    """Counts failed hosts over each block with batches and over the run."""

    plan: Plan
    hosts: dict[str, set[str]] = field(default_factory=dict)
    all: list[Failure] = field(default_factory=list)

    def add(self, node: Node, why: str, *, lost: bool = False) -> Failure:
        """A node failed; what is to be done about it."""
        block = self._block(node)
        limit = block.max_failed if block else self.plan.max_failed
        failed = self.hosts.setdefault(block.path if block else "", set())
        if node.host:
            failed.add(node.host)
        failure = Failure(
            node=node,
            why=why,
            policy=self._policy(node, block),
            within=bool(node.host) and len(failed) <= limit,
            block=block.path if block else "",
            lost=lost,
        )
        self.all.append(failure)
        return failure

    def _block(self, node: Node) -> PlannedBlock | None:
        if node.kind is not NodeKind.TASK:
            return self.plan.blocks.get(node.path)
        step = self.plan.steps.get(node.path)
        return self.plan.blocks.get(step.block if step else node.path)

    def _policy(self, node: Node, block: PlannedBlock | None) -> OnFailure:
        step = self.plan.steps.get(node.path)
        if step is not None:
            return step.on_failure
        return block.on_failure if block else self.plan.on_failure

    def batch_is_lost(self, block: PlannedBlock, batch: int) -> bool:
        """Whether every host of a batch has failed."""
        failed = self.hosts.get(block.path, set())
        hosts = block.batches[batch]
        return bool(hosts) and all(host in failed for host in hosts)
