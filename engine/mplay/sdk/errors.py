"""What `plan` may raise instead of planning; the message is for people and says what to do.

::

    CannotPlan        the wanted state cannot be reached from what was seen: the task fails,
    |                 nothing was changed
    └── CannotTell    only a dry-run raises it: what was seen is overlaid with what earlier steps
                      would change, and the answer depends on more than that. It shows *unknown*
"""

from __future__ import annotations


class CannotPlan(ValueError):
    """The wanted state cannot be reached from here; nothing is changed."""


class CannotTell(CannotPlan):
    """In a dry-run: what an earlier step would do decides this, and nobody knows it yet."""
