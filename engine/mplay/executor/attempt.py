"""One attempt: the record of what is about to be sent, the frame, and what its reply means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mplay.channel.protocol import Frame, Piece, PieceKind, PieceResult, Reply
from mplay.executor.probing import Probe, ProbeFailed, facts_of
from mplay.model.change import Blob, Change, Facts, WayBack, unmet
from mplay.model.events import Intent, OutcomeSeen
from mplay.model.plan import PlannedStep
from mplay.model.task import Outcome, TaskKey, TaskStatus
from mplay.sdk import Module

OUTPUT_KEPT = 16 * 1024
"""Characters of a task's output that the journal keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One item of a task, rendered: what runs, where, as whom."""

    step: PlannedStep
    key: TaskKey
    place: str
    module: Module
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def timeout(self) -> float:
        """Seconds."""
        return self.step.step.timeout or self.module.TIMEOUT

    @property
    def hidden(self) -> bool:
        """Whether content, output and diff stay out of sight."""
        return self.step.step.no_log

    def probing(self, script: str, *, confined: bool = False) -> Probe:
        """A probe as this task's account."""
        return Probe(script=script, confined=confined, user=self.user, environment=self.environment)


HIDDEN = "not shown (no_log)"


def shown(facts: Facts, *, hidden: bool) -> Facts:
    """Facts as the journal may keep them: of a `no_log` task digests, which compare as well."""
    return {key: _sha256(value) for key, value in facts.items()} if hidden else facts


def intent_of(
    bound: Bound,
    change: Change,
    seen: Facts,
    probe: Probe,
    *,
    attempt: int,
    number: int,
    undo_calls: Sequence[Mapping[str, Any]] | None,
    verify: Sequence[Mapping[str, Any]] = (),
) -> Intent:
    """The record that is durable before the change is sent."""
    restored = seen if change.restored is None else change.restored
    way_back = WayBack.RESTORE if undo_calls is not None else bound.module.way_back()
    return Intent(
        task=str(bound.key),
        attempt=attempt,
        kind="apply",
        host=bound.place,
        number=number,
        module=bound.step.step.module.name,
        summary=HIDDEN if bound.hidden else change.summary,
        probe=change.probe or probe.script,
        seen=dict(shown(seen, hidden=bound.hidden)),
        save=change.save,
        apply=f"# {_sha256(change.apply)}" if bound.hidden else change.apply,
        restore=change.restore,
        expect=dict(shown(change.expect, hidden=bound.hidden)),
        restored=dict(shown(restored, hidden=bound.hidden)),
        way_back=way_back,
        user=bound.user,
        environment=dict(bound.environment),
        diff=() if bound.hidden else [asdict(d) for d in change.diff],
        blobs=[blob.reference() for blob in change.blobs],
        settle=change.settle,
        reconnect=change.reconnect,
        timeout=bound.timeout,
        undo_calls=undo_calls,
        irreversible=bound.step.step.irreversible,
        restore_needs_secrets=change.restore_needs_secrets,
        conflict_check=bool(change.expect or restored),
        verify=verify,
        no_log=bound.hidden,
    )


def _sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def frame_of(
    intent: Intent,
    change: Change | None,
    *,
    uncut: bool = False,
    riding: Sequence[Piece] = (),
) -> Frame:
    """The frame of an intent. `change` None: it was sent already and is only asked for."""
    apply = change.apply if change else intent.apply
    blobs: tuple[Blob, ...] = change.blobs if change else ()
    pieces = [_piece(intent, "apply", PieceKind.APPLY, apply)]
    if intent.save:
        pieces.insert(0, _piece(intent, "save", PieceKind.SAVE, intent.save))
    if intent.probe:
        pieces.append(_piece(intent, "verify", PieceKind.VERIFY, intent.probe))
    return Frame(
        number=intent.number,
        task=intent.task,
        attempt=intent.attempt,
        pieces=(*pieces, *riding),
        timeout=intent.timeout,
        uncut=uncut,
        blobs=blobs,
        confined=change is not None and change.confined,
    )


def _piece(intent: Intent, name: str, kind: PieceKind, script: str) -> Piece:
    return Piece(
        name=name, kind=kind, script=script, user=intent.user, environment=intent.environment
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a reply means: class, status, facts afterwards and the reason of a failure."""

    outcome: Outcome
    status: TaskStatus
    seen: Facts = field(default_factory=dict)
    why: str = ""
    rc: int | None = None
    output: str = ""
    output_digest: str = ""
    seconds: float = 0.0


_SAYS = {
    Outcome.TIMEOUT: "took longer than its timeout and was ended",
    Outcome.DIED: "its supervisor died in the middle of it",
    Outcome.REBOOTED: "the host rebooted in the middle of it",
    Outcome.ORPHAN: "its supervisor died; processes of it are still alive",
    Outcome.REVERTED: "the host reverted it by itself",
    Outcome.NEVER: "it never began",
}


def judge(intent: Intent, reply: Reply) -> Judged:
    """Compare a reply with what was expected."""
    seen, probe_failed = _seen(intent, reply)
    outcome, why = reply.outcome, _SAYS.get(reply.outcome, "")
    if outcome is Outcome.FAILED:
        why = _failure(reply)
    elif outcome is Outcome.DONE and (probe_failed or unmet(intent.expect, seen)):
        outcome, why = Outcome.FAILED, probe_failed or _unmet_text(intent.expect, seen)
    if why and intent.no_log and outcome is Outcome.FAILED:
        why = f"ended with {reply.rc}, or not as expected: {HIDDEN}"
    text = _output(reply.pieces)
    return Judged(
        outcome=outcome,
        status=TaskStatus.CHANGED if outcome is Outcome.DONE else TaskStatus.FAILED,
        seen=seen,
        why=why,
        rc=reply.rc,
        output="" if intent.no_log else text[:OUTPUT_KEPT],
        output_digest=hashlib.sha256(text.encode()).hexdigest() if text else "",
        seconds=reply.seconds,
    )


def _seen(intent: Intent, reply: Reply) -> tuple[Facts, str]:
    if not intent.probe:
        return {}, ""
    try:
        return shown(facts_of(reply.pieces.get("verify")), hidden=intent.no_log), ""
    except ProbeFailed as error:
        return {}, f"could not be verified: {error}"


def _unmet_text(expect: Facts, seen: Facts) -> str:
    wrong = unmet(expect, seen)
    parts = [f"{key} is {got!r}, expected {want!r}" for key, (want, got) in wrong.items()]
    more = f" and {len(parts) - 3} more" if len(parts) > 3 else ""
    return "not as expected afterwards: " + "; ".join(parts[:3]) + more


def _failure(reply: Reply) -> str:
    for name, begins in (("save", "the way back could not be kept: "), ("apply", "")):
        piece = reply.pieces.get(name)
        if piece is not None and piece.rc not in (0, None):
            said = piece.stderr.decode("utf-8", "replace").strip() or piece.stdout.decode(
                "utf-8", "replace"
            )
            last = "\n".join(said.strip().splitlines()[-8:])
            return f"{begins}ended with {piece.rc}" + (f": {last}" if last else "")
    return f"ended with {reply.rc}"


def _output(pieces: Mapping[str, PieceResult]) -> str:
    piece = pieces.get("apply")
    return piece.stdout.decode("utf-8", "replace") if piece else ""


def outcome_event(key: TaskKey, intent: Intent, judged: Judged) -> OutcomeSeen:
    """The record of what became of an attempt."""
    return OutcomeSeen(
        task=str(key),
        attempt=intent.attempt,
        outcome=judged.outcome,
        status=judged.status,
        rc=judged.rc,
        seen=dict(judged.seen),
        summary=intent.summary,
        why=judged.why,
        output=judged.output,
        output_digest=judged.output_digest,
        seconds=round(judged.seconds, 3),
        verified=bool(intent.expect),
    )
