"""One attempt backward: UNDOING, compare, restore, compare, UNDONE (design section 8, rule 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mplay.channel.protocol import Frame, Piece, PieceKind, PieceResult
from mplay.executor.attempt import HIDDEN, shown
from mplay.executor.probing import Probe, ProbeFailed, ask, facts_of
from mplay.executor.reverify import Reverify
from mplay.executor.running import Running
from mplay.executor.undo_calls import UndoCalls
from mplay.model.attempt import SETTLED, Attempt
from mplay.model.change import Facts, WayBack, unmet
from mplay.model.events import Intent, Undoing, Undone
from mplay.model.task import Outcome

_SURE = {Outcome.DONE}
_UNCOMPARED = "cannot be compared"
_ASKED = {Outcome.RUNNING, Outcome.ORPHAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How an undo may go.

    `later`: it is not the run itself that undoes, so that what cannot be compared needs a
    person's yes, which `say_yes` gives. `overtaken` says which later run changed the same.
    """

    later: bool = False
    say_yes: bool = False
    overtaken: Callable[[Intent], str] = lambda _: ""


class Backward:
    """Undoes attempts from what the journal holds of them; needs no playbook and no module."""

    def __init__(
        self, running: Running, calls: UndoCalls, reverify: Reverify, rules: Rules
    ) -> None:
        self._running = running
        self._calls = calls
        self._reverify = reverify
        self._rules = rules

    def undo(self, attempt: Attempt) -> Undone:
        """Undo one attempt and journal how that ended. LinkLost: nothing is known."""
        intent = attempt.intent
        if not self._needs_host(intent):
            return self._end(intent, "harmless")
        outcome = self._outcome(attempt)
        if outcome is Outcome.NEVER:
            return self._end(intent, "never")
        if intent.way_back == WayBack.NONE or (intent.restore is None and not intent.undo_calls):
            return self._end(intent, "irreversible", why=intent.irreversible)
        attempt = self._begin(attempt)
        if outcome in _SURE and (ended := self._compare(attempt)):
            return ended
        if intent.undo_calls is not None:
            why = self._calls.run(attempt) or self._reverify.failure(intent)
            return self._end(intent, "failed" if why else "undone", why=why)
        return self._restore(attempt)

    def _needs_host(self, intent: Intent) -> bool:
        return intent.way_back != WayBack.HARMLESS or intent.undo_calls is not None

    def _outcome(self, attempt: Attempt) -> Outcome:
        """What became of the attempt: by its record, else by its host."""
        if attempt.outcome is not None and attempt.outcome.outcome not in _ASKED:
            return Outcome(attempt.outcome.outcome)
        intent = attempt.intent
        link = self._running.link(intent.host)
        outcome = link.outcome(intent.number, intent.attempt)
        frame = Frame(number=intent.number, task=intent.task, attempt=intent.attempt, pieces=())
        if outcome is Outcome.RUNNING:
            return link.recover(frame).outcome
        if outcome is Outcome.ORPHAN:
            link.kill(frame)
            return Outcome.DIED
        return outcome

    def _begin(self, attempt: Attempt) -> Attempt:
        intent, tries = attempt.intent, attempt.tries + 1
        self._running.recorder.write(
            Undoing(
                task=intent.task,
                attempt=intent.attempt,
                tries=tries,
                host=intent.host,
                number=intent.number,
            )
        )
        return replace(attempt, tries=tries)

    def _compare(self, attempt: Attempt) -> Undone | None:
        """Who changed it last? None: we did, so that it may be restored."""
        intent = attempt.intent
        if self._was_tried(attempt):
            return None
        if not intent.conflict_check:
            return self._uncomparable(intent)
        try:
            now = self._now(intent)
        except ProbeFailed as error:
            return self._end(intent, "failed", why=f"{_UNCOMPARED}: {error}")
        left = left_behind(attempt)
        if not unmet(left, now):
            return None
        if not unmet(intent.restored, now):
            return self._end(intent, "already", seen=now)
        return self._end(
            intent,
            "conflict",
            why=self._rules.overtaken(intent) or "somebody changed it since",
            seen=now,
            conflict=three_way(intent, left, now),
        )

    def _was_tried(self, attempt: Attempt) -> bool:
        """Whether an earlier undo has begun to work on the host, so that nothing can be compared.

        A conflict, or a death between its record and its message, has left the host alone.
        """
        intent, undone = attempt.intent, attempt.undone
        failed = undone is not None and undone.result == "failed"
        if attempt.undo_intents or (failed and undone and _UNCOMPARED not in undone.why):
            return True
        link = self._running.link(intent.host)
        return any(
            link.outcome(intent.number, intent.attempt, number) is not Outcome.NEVER
            for number in range(1, attempt.tries)
        )

    def _uncomparable(self, intent: Intent) -> Undone | None:
        if not self._rules.later or self._rules.say_yes:
            return None
        again = f"mplay rollback {self._running.context.run} --yes"
        why = f"nothing tells whether it changed since; look, then: {again}"
        return self._end(intent, "conflict", why=why)

    def _now(self, intent: Intent) -> Facts:
        now = ask(self._running.link(intent.host), _probe(intent))
        return shown(now, hidden=intent.no_log)

    def _restore(self, attempt: Attempt) -> Undone:
        intent = attempt.intent
        reply = self._running.link(intent.host).deliver(_frame(attempt))
        if reply.outcome is not Outcome.DONE:
            said = HIDDEN if intent.no_log else _last_words(reply.pieces.get("restore"))
            why = f"restore ended with {reply.outcome} {reply.rc}" + (f": {said}" if said else "")
            return self._end(intent, "failed", why=why)
        if not intent.probe:
            return self._verified(intent, {})
        try:
            seen = shown(facts_of(reply.pieces.get("verify")), hidden=intent.no_log)
        except ProbeFailed as error:
            return self._end(intent, "failed", why=f"cannot be verified: {error}")
        if wrong := unmet(intent.restored, seen):
            told = "; ".join(f"{k} is {got!r}, was {want!r}" for k, (want, got) in wrong.items())
            return self._end(intent, "failed", why=f"not as before: {told}", seen=seen)
        return self._verified(intent, seen)

    def _verified(self, intent: Intent, seen: Facts) -> Undone:
        why = self._reverify.failure(intent)
        return self._end(intent, "failed" if why else "undone", why=why, seen=seen)

    def _end(
        self,
        intent: Intent,
        result: str,
        *,
        why: str = "",
        seen: Facts | None = None,
        conflict: tuple[Mapping[str, str], ...] = (),
    ) -> Undone:
        undone = Undone(
            task=intent.task,
            attempt=intent.attempt,
            result=result,
            why=why,
            seen=dict(seen or {}),
            conflict=conflict,
        )
        self._running.recorder.write(undone)
        return undone


def settled(undone: Undone) -> bool:
    """Whether nothing of the attempt is left to undo."""
    return undone.result in SETTLED


def left_behind(attempt: Attempt) -> Facts:
    """What the attempt left: the facts that must still hold if nobody came after it.

    Those that it expected; where it expected none (a `shell` with `state` alone), what was seen
    afterwards of all that its undo restores.
    """
    intent = attempt.intent
    if intent.expect or attempt.outcome is None:
        return intent.expect
    seen = attempt.outcome.seen
    return {key: seen[key] for key in intent.restored if key in seen}


def three_way(intent: Intent, left: Facts, now: Facts) -> tuple[Mapping[str, str], ...]:
    """Before, after and now of every fact that is neither as the run left it nor as it was."""
    absent = "(absent)"
    keys = [k for k in {**intent.restored, **left} if now.get(k) != left.get(k)]
    return tuple(
        {
            "key": key,
            "before": intent.restored.get(key, absent),
            "after": left.get(key, intent.restored.get(key, absent)),
            "now": now.get(key, absent),
        }
        for key in keys
        if now.get(key) != intent.restored.get(key)
    )


def _last_words(piece: PieceResult | None) -> str:
    """What a restore said at its end: its errors, or where it has none what it printed."""
    raw = (piece.stderr.strip() or piece.stdout.strip()) if piece else b""
    return raw.decode("utf-8", "replace")[-800:]


def _probe(intent: Intent) -> Probe:
    return Probe(script=intent.probe, user=intent.user, environment=intent.environment)


def _frame(attempt: Attempt) -> Frame:
    intent = attempt.intent
    pieces = [
        Piece(
            name="restore",
            kind=PieceKind.RESTORE,
            script=intent.restore or ":",
            user=intent.user,
            environment=intent.environment,
        )
    ]
    if intent.probe:
        pieces.append(_probe(intent).piece("verify", PieceKind.VERIFY))
    return Frame(
        number=intent.number,
        task=intent.task,
        attempt=intent.attempt,
        undo_try=attempt.tries,
        pieces=tuple(pieces),
        timeout=intent.timeout,
        uncut=True,
    )
