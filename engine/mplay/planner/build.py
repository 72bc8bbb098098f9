"""Makes the plan: the transforms, one after the other."""

from __future__ import annotations

from collections.abc import Collection

from mplay.model.errors import InvalidInput
from mplay.model.plan import Plan
from mplay.model.playbook import Playbook
from mplay.model.task import OnFailure
from mplay.planner.choice import Choice
from mplay.planner.draft import Delegate, Draft, Select, Transform, Watch
from mplay.planner.freeze import freeze
from mplay.planner.transforms.acyclic import acyclic
from mplay.planner.transforms.around import around
from mplay.planner.transforms.arrows import arrows
from mplay.planner.transforms.batches import batches
from mplay.planner.transforms.blocks import blocks
from mplay.planner.transforms.brackets import brackets
from mplay.planner.transforms.choose import choose
from mplay.planner.transforms.delegates import delegates
from mplay.planner.transforms.finally_ import finally_
from mplay.planner.transforms.hosts import hosts
from mplay.planner.transforms.inherit import inherit
from mplay.planner.transforms.needs import needs
from mplay.planner.transforms.on_change import on_change
from mplay.planner.transforms.open_close import open_close
from mplay.planner.transforms.ordered import ordered
from mplay.planner.transforms.run_once import run_once
from mplay.planner.transforms.tasks import tasks
from mplay.planner.transforms.validate import validate

LAYOUT: tuple[Transform, ...] = (
    blocks,  # every step and block on one level, by path
    validate,  # the checks after the steps
    finally_,  # what runs whatever happened
    inherit,  # vars, become, hosts, when, tags, on_failure come down
    hosts,  # patterns become hosts; blocks confine; the limit applies
    run_once,  # one host is enough
    needs,  # ids become paths; the step before is the default
    on_change,  # a reaction needs its cause
    acyclic,  # nobody waits for himself
)
"""What the steps are, where they run and what they need. All their problems are told at once."""

NARROWING: tuple[Transform, ...] = (
    choose,  # tags, --only and --from leave steps out
    around,  # the bracket passes over hosts without a step
    batches,  # `serial` cuts the hosts
    delegates,  # who does it for whom
)
"""What of it is left for this run."""

GRAPH: tuple[Transform, ...] = (
    tasks,  # one node for each step and host
    arrows,  # needs become arrows, per host inside batches
    brackets,  # enter, steps, check, leave
    open_close,  # batch after batch
    ordered,  # the graph has no cycle either
)
"""The tasks and their order."""


def build(
    playbook: Playbook,
    select: Select,
    *,
    limit: Collection[str] | None = None,
    delegate: Delegate = lambda _step, _host: None,
    choice: Choice | None = None,
    on_failure: OnFailure | None = None,
    watch: Watch = lambda _transform, _draft: None,
) -> Plan:
    """The plan of a playbook for the hosts that `select` finds; InvalidInput with every problem.

    `limit` are host names (localhost is exempt). Variables of `vars_files` must already stand
    among the playbook's `vars`. `on_failure` is that of the command line and wins everywhere.
    `watch` is shown the draft after each transform.
    """
    draft = Draft(
        playbook=playbook,
        select=select,
        delegate=delegate,
        limit=None if limit is None else frozenset(limit),
        choice=choice or Choice(),
        override=on_failure,
    )
    for stage in (LAYOUT, NARROWING, GRAPH):
        for transform in stage:
            transform(draft)
            watch(transform, draft)
        if draft.problems:
            raise InvalidInput(draft.problems)
    return freeze(draft)
