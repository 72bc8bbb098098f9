"""Runs the tasks of a plan, forward and backward.

A *scheduler* says which node of a graph may run now. A *worker* is the thread of one host; it runs
one task after another. A *link* is its channel, kept alive over lost connections. The *coordinator*
is the main thread: it alone moves the scheduler. A task goes forward in these phases::

    decide (when, on_change, loop) -> bind -> probe -> plan -> INTENT -> save, apply, probe
    -> compare with expect -> verify -> OUTCOME

and backward in these: UNDOING -> compare with what was left -> restore -> compare -> UNDONE.
"""
