"""The use cases: the only place that knows how a run lives from its first word to its last.

*Project*: configuration, inventory, modules and journal, as found from a working directory.
*Prepared*: a playbook loaded, planned and rendered as far as it can be before any host is asked.
*Session*: one process that executes a run: locks, hosts, signals, heartbeat, and its end.
"""
