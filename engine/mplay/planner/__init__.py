"""From a playbook and hosts to a plan: who does what, in which order.

*Draft*: the plan in the making. *Item*: a step or block of the draft, known by its path.
*Arrow*: a need of an item, resolved to a path. *Transform*: one named change of the draft; the
list of them in `build.py` is the whole planner. *Choice*: the steps that a run was asked for.

What a need means (design section 4, *Order*): outside a block with batches or a bracket the needed
step must be done on all its hosts; inside one, on the same host. Where the needed step has no task
for that host, its tasks of the same batch are waited for, and what it needs on that host itself.
"""
