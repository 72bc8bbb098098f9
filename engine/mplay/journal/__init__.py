"""The append-only record of everything, written before it happens (design section 8).

*Journal*: the SQLite file of a project. *Record*: an event in its place in its run.
*Chain*: each record holds the hash of the one before it, run by run.
*Projection*: `runs` and `tasks`, the present state, rebuildable from the events.
*Claim*: a host that a run owns; it outlives the process. *Executor lock*: a run that a living
process of this machine executes; it does not. *Heartbeat*: the last sign of life of a run.
SQLAlchemy is imported here and nowhere else.
"""

from mplay.journal.chain import Finding
from mplay.journal.journal import Journal
from mplay.journal.runs import RunRow, new_run_id

__all__ = ["Finding", "Journal", "RunRow", "new_run_id"]
