"""Which attempts are undone, and in which order: pure, from a run's plan and records alone.

*Undo job*: one node of the undo's graph: the undo of a task's attempts, or a step of a bracket or
a reaction that runs again on the way. Nothing here runs anything.
"""
