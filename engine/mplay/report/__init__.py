"""What people and programs see of a run.

*Writer*: the one way out; it redacts known secrets and shows control characters instead of
sending them. *Lines*: the listener that prints a line per outcome, equal hosts as one. *Document*:
the same as JSON. *Row*: a step on a host. *Group*: equal rows of several hosts.
"""
