"""The nouns of mplay as frozen dataclasses: no I/O, no third party, imported by everybody.

*Playbook*, *Block*, *Step*: one procedure as written. *TaskKey*: one step for one host.
*Change*: the plan of one task. *Event*: one record of the journal. *Plan*: the ordered graph
that a run executes. *Problem*: one located thing that is wrong.
"""
