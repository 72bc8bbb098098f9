"""The one open way to a host, and the protocol that is spoken over it (design section 7).

*Channel*: one host, connected. *Frame*: one message, one round trip, made of *pieces*. *Reply*:
what became of them. *Greeting*: what a host answers to `hello`. *Supervisor*: the process on the
host that runs a run's tasks, detached from the connection.
"""
