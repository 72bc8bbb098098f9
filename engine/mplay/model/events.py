"""The events of a run: what the journal holds, and what listeners are shown.

An event is plain data: JSON types only, so that nothing has to be done to encode it. A `Record` is
an event with its place in the chain of its run. An event that touches a host is durable *before*
its message leaves. Names and fields are those of design section 8; they are final: a later version
may add events and fields with defaults, never change the meaning of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, or is about to."""

    KIND: ClassVar[str] = ""

    def data(self) -> dict[str, Any]:
        """The fields by name; their values are the event's own, not copies."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegin(Event):
    """A run: everything that a fresh process needs to go on without the project's files.

    `sources`: ``{path: text}`` of every YAML and template that was read. `plan`: `Plan.as_json`.
    `digests`: ``procedure``, ``plan``, ``config``, ``modules`` (``{name: digest}``), ``files``
    (``{path: sha256}`` of content that travels as blobs). `hosts`: names in the run's order.
    `connections`: ``{host: Connection fields}``, no passwords. `variables`: ``{host: vars}``, no
    secrets. `owner`: ``{user, host, pid, began}``. `options`: the flags of this run.
    """

    KIND: ClassVar[str] = "RUN_BEGIN"
    playbook: str
    name: str
    environment: str
    sources: Mapping[str, str]
    plan: Mapping[str, Any]
    digests: Mapping[str, Any]
    hosts: Sequence[str]
    connections: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Mapping[str, Any]]
    owner: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed(Event):
    """The hosts are this run's, as far as this journal knows; by one transaction."""

    KIND: ClassVar[str] = "CLAIMED"
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSeen(Event):
    """A host answered `hello`; `token` is the owner's of its lock from now on."""

    KIND: ClassVar[str] = "HOST"
    host: str
    machine_id: str
    boot: str
    token: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLost(Event):
    """A host gave no answer, or none any more."""

    KIND: ClassVar[str] = "HOST_LOST"
    host: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Event):
    """Batch number `batch` (from 0) of a block has begun with these hosts."""

    KIND: ClassVar[str] = "ORDER"
    block: str
    batch: int
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Event):
    """The items of a task's loop; never evaluated again."""

    KIND: ClassVar[str] = "LOOP"
    task: str
    items: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """A task was decided against: its own `when`, nothing to react to, a bracket not needed."""

    KIND: ClassVar[str] = "SKIPPED"
    task: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Event):
    """A task waits for a person; `ask` is the question, `evidence` whether an answer needs it."""

    KIND: ClassVar[str] = "WAIT"
    task: str
    ask: str
    evidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """A person answered."""

    KIND: ClassVar[str] = "ANSWERED"
    task: str
    who: str
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent(Event):
    """A change is about to be sent. `host` runs it; `number` names it there, once for a host.

    `kind` is ``apply`` or ``undo``; `module` the module's name. `user` is the account that the
    task runs as ('' the supervisor's own). `restore` None: no way back (`way_back` says which).
    `undo_calls`: the step's own `rollback:`, rendered: ``[{name, args}]``; replaces `restore`.
    `reconnect`: the host goes away and comes back before `expect` can hold.
    """

    KIND: ClassVar[str] = "INTENT"
    task: str
    attempt: int
    kind: str
    host: str
    number: int
    module: str
    summary: str
    probe: str
    seen: Mapping[str, str]
    save: str
    apply: str
    restore: str | None
    expect: Mapping[str, str]
    restored: Mapping[str, str]
    way_back: str
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    diff: Sequence[Mapping[str, str]] = ()
    blobs: Sequence[Mapping[str, Any]] = ()
    settle: float = 0.0
    reconnect: bool = False
    timeout: float = 0.0
    deadline: str = ""
    undo_calls: Sequence[Mapping[str, Any]] | None = None
    irreversible: str = ""
    restore_needs_secrets: bool = False
    conflict_check: bool = True
    verify: Sequence[Mapping[str, Any]] = ()
    no_log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSeen(Event):
    """What became of an attempt, or of a task that needed none (attempt 0).

    `outcome` is a `model.task.Outcome`, `status` the task's status that follows. `seen` are the
    facts afterwards. `output`: the last lines; `output_digest`: SHA-256 of all that was kept.
    `reasons` and `measurements` come from a check.
    """

    KIND: ClassVar[str] = "OUTCOME"
    task: str
    attempt: int
    outcome: str
    status: str
    rc: int | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    why: str = ""
    output: str = ""
    output_digest: str = ""
    seconds: float = 0.0
    verified: bool = True
    reasons: Sequence[str] = ()
    measurements: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot(Event):
    """An irreversible step is about to run: automatic rollback stops there."""

    KIND: ClassVar[str] = "PIVOT"
    task: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt(Event):
    """`task` changed something that `on_change` step `reaction` still has to react to."""

    KIND: ClassVar[str] = "DEBT"
    task: str
    reaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort(Event):
    """From here only backwards.

    `scope`: ``run``, or ``host`` with `host` and `block` ('' the whole run), or ``step`` with
    `step`, `hosts` and all `tasks` that it covers.
    """

    KIND: ClassVar[str] = "ABORT"
    scope: str
    why: str
    host: str = ""
    block: str = ""
    step: str = ""
    hosts: Sequence[str] = ()
    tasks: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing(Event):
    """The undo of an attempt is about to be sent, for the `tries`-th time, as `number` there."""

    KIND: ClassVar[str] = "UNDOING"
    task: str
    attempt: int
    tries: int
    host: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Event):
    """The compensation record: the last word on that attempt.

    `result`: ``undone``, ``already``, ``never``, ``harmless``, ``conflict``, ``failed``,
    ``irreversible`` or ``accepted``. `conflict`: ``[{key, before, after, now}]``.
    """

    KIND: ClassVar[str] = "UNDONE"
    task: str
    attempt: int
    result: str
    why: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)
    conflict: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed(Event):
    """A dead man's switch was armed on a host; `deadline` in its uptime seconds."""

    KIND: ClassVar[str] = "ARMED"
    task: str
    host: str
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarmed(Event):
    """A dead man's switch was disarmed over a new connection, and read back."""

    KIND: ClassVar[str] = "DISARMED"
    task: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted(Event):
    """A dead man's switch has restored the host."""

    KIND: ClassVar[str] = "REVERTED"
    task: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """Words for people; also findings of mplay itself."""

    KIND: ClassVar[str] = "NOTE"
    text: str
    host: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Event):
    """A gate was opened on purpose."""

    KIND: ClassVar[str] = "OVERRIDE"
    gate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Event):
    """A host's lock was given back, and read back."""

    KIND: ClassVar[str] = "RELEASED"
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseBegan(Event):
    """The run entered a phase of its life."""

    KIND: ClassVar[str] = "PHASE"
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd(Event):
    """The run ended for now; `exit` is the exit code. A resume or a rollback may follow it."""

    KIND: ClassVar[str] = "RUN_END"
    status: str
    exit: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Event):
    """A process took the run up again: ``resume`` or ``rollback``, with its options."""

    KIND: ClassVar[str] = "TAKEN"
    what: str
    owner: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)


KINDS: Mapping[str, type[Event]] = {
    cls.KIND: cls
    for cls in (
        *(RunBegin, Claimed, HostSeen, HostLost, Order, Loop, Skipped, Wait, Answered, Intent),
        *(OutcomeSeen, Pivot, Debt, Abort, Undoing, Undone, Armed, Disarmed, Reverted, Note),
        *(Override, Released, PhaseBegan, RunEnd, Taken),
    )
}


def decode(kind: str, data: Mapping[str, Any]) -> Event:
    """The event of a kind from its plain data; fields of a newer version are left out. KeyError."""
    cls = KINDS[kind]
    known = {f.name for f in fields(cls)}
    return cls(**{k: v for k, v in data.items() if k in known})
