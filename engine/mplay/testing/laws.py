"""The laws: what every module must keep on a real host (design section 6).

- Probing changes nothing, and moves no fact that must hold after an undo.
- After apply, `expect` holds, and a state has nothing left to do.
- `restore` brings back what was: from nothing begun, save only, killed half-way, and done; done
  twice it is as done once; and it needs nothing but the text that the journal keeps.
- A later change by somebody else is seen in the facts.
- A secret is found nowhere but where the step was asked to put it.

`Trial` tries them with one scenario on one host; a broken law is an AssertionError.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mplay.sdk import Action, Certainty, Change, Check, Facts, Script, State, unmet
from mplay.testing.hostshell import Ended, HostShell
from mplay.testing.scenario import SECRET, Scenario

APART = 5
"""Seconds between two probes that must see the same."""

MOST_CUTS = 4
"""So many places at which a script is cut short, spread over it."""

_UNVERIFIED = frozenset({"shell", "command", "script", "notify"})
"""Modules that may expect nothing: rc 0, or that a service took a message, is all there is."""

_SEARCHED = ("/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr/local", "/var")


class Surface(Protocol):
    """All that counts about a host at one time."""

    def differences(self, later: Any, /) -> Sequence[str]:
        """A line for each thing that differs; none: the two are the same."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One scenario on one host; `look` sees all that counts about the host."""

    scenario: Scenario
    host: HostShell
    look: Callable[[], Surface]

    def set_up(self) -> None:
        """Bring the host into the state before."""
        self._must(self.scenario.setup)

    def clean_up(self) -> None:
        """Take all of it away."""
        self._must(self.scenario.cleanup)
        self.host.forget()

    def seen(self) -> Facts:
        """What the probe sees now."""
        return {**self.host.facts(self.scenario.call().probe()), **self._elsewhere()}

    def _elsewhere(self) -> Facts:
        """What the module must know of another host; this one stands for it."""
        wanted = self.scenario.call().elsewhere()
        return wanted.facts(self.host.facts(wanted.probe)) if wanted else {}

    def verdict_is_as_said(self) -> None:
        """A check judges as the scenario says."""
        module = self.scenario.call()
        assert isinstance(module, Check)
        found = module.judge(self.seen())
        assert found.judgement == self.scenario.verdict, found.reasons

    def apply_keeps_its_word(self) -> None:
        """Save and apply succeed, `expect` holds, and a state has nothing left to do."""
        module, change = self.scenario.call(), self.change()
        assert change.expect or self.name in _UNVERIFIED, "nothing is expected of the change"
        self._done(change, "word")
        after = self._settled(change)
        if isinstance(module, State) and module.certainty() is Certainty.CERTAIN:
            assert module.plan(after) is None, "applied twice, it would change again"

    def restore_brings_back(self) -> None:
        """However far it came, what was is there again, and again after a second restore."""
        change, before, start = self.change(), self.seen(), self.look()
        for number, (way, steps) in enumerate(self._ways(change)):
            save = f"way-{number}"
            for step in steps:
                step(save)
            self._restored(change, before, start, save, way)
        self._restored(change, before, start, save, f"{way}, restored a second time")

    def a_foreign_change_is_seen(self) -> None:
        """After apply and a change by somebody else, facts are neither after nor before."""
        change, before = self.change(), self.seen()
        self._done(change, "foreign")
        self._settled(change)
        self._must(self.scenario.foreign)
        now = self.seen()
        assert unmet(change.expect, now), "the facts are still those after apply"
        assert unmet(_restored(change, before), now), "the facts are those before apply"

    def the_secret_stays_where_it_belongs(self) -> None:
        """It is in no fact, no part of the change, no output, and in no other file."""
        assert SECRET not in json.dumps(dict(self.seen())), "a fact holds the secret"
        change = self.change()
        assert SECRET not in json.dumps(change.as_json()), "the change holds the secret"
        for ended in self._done(change, "secret"):
            assert SECRET not in ended.err + ended.out.decode(errors="replace")
        assert SECRET not in json.dumps(dict(self.seen())), "a fact holds the secret"
        found = self.host.find(SECRET, _SEARCHED)
        assert set(found) <= set(self.scenario.secret_in), "the secret is in other files"
        self._must(change.restore or ":", "secret")

    @property
    def name(self) -> str:
        """The module's name."""
        return self.scenario.module.__module__.rpartition(".")[2]

    def change(self) -> Change:
        """What is planned now, as it comes out of the journal; its blobs are on the host."""
        module = self.scenario.call()
        assert isinstance(module, State | Action)
        change = module.plan(self.seen())
        assert change is not None, "the scenario leaves nothing to do"
        for blob in change.blobs:
            self.host.put(blob)
        return Change.from_json(json.loads(json.dumps(change.as_json())))

    def _done(self, change: Change, save: str) -> list[Ended]:
        return [self._must(change.save, save), self._must(change.apply, save)]

    def _settled(self, change: Change) -> Facts:
        """The facts once `expect` holds; it has `settle` seconds for that, and at least one try.

        A host that reboots gives no answer for a while.
        """
        rounds = int(change.settle / 0.5) + 1
        now: Facts = {}
        for _ in range(rounds):
            try:
                now = self.host.facts(change.probe or self.scenario.call().probe())
            except AssertionError:
                if not change.reconnect:
                    raise
            if not unmet(change.expect, now):
                return {**now, **self._elsewhere()}
            time.sleep(0.5)
        raise AssertionError(f"not as expected (wanted, got): {unmet(change.expect, now)}")

    def _ways(self, change: Change) -> Iterator[tuple[str, list[Callable[[str], object]]]]:
        """How far an attempt may come before its undo begins."""

        def whole(script: Script) -> Callable[[str], object]:
            return lambda save: self._must(script, save)

        def cut(script: Script, after: float = 0.0) -> Callable[[str], object]:
            return lambda save: self.host.run(script, save=save, kill_after=after)

        yield "nothing begun", []
        for number, script in enumerate(cuts(change.save), 1):
            yield f"killed at place {number} of save", [cut(script)]
        yield "save only", [whole(change.save)]
        for number, script in enumerate(cuts(change.apply), 1):
            yield f"killed at place {number} of apply", [whole(change.save), cut(script)]
        for after in self.scenario.kills:
            killed = cut(change.apply, after)
            yield f"killed {after} s after apply began", [whole(change.save), killed]
        for script in cuts(change.restore or "")[-1:]:
            done = [whole(change.save), whole(change.apply)]
            yield "done, and the restore killed near its end", [*done, cut(script)]
        yield "done", [whole(change.save), whole(change.apply)]

    def _restored(self, change: Change, before: Facts, start: Surface, save: str, way: str) -> None:
        ended = self.host.run(change.restore or ":", save=save)
        assert ended.rc == 0, f"{way}: restore failed with {ended.rc}: {ended.err}"
        wrong = unmet(_restored(change, before), self.seen())
        assert not wrong, f"{way}: facts are not as before (wanted, got): {wrong}"
        moved = [
            line
            for line in start.differences(self.look())
            if not line.startswith(tuple(self.scenario.besides))
        ]
        assert not moved, f"{way}: the host is not the same: {moved}"

    def _must(self, script: Script, save: str = "0") -> Ended:
        ended = self.host.run(script, save=save)
        assert ended.rc == 0, f"rc {ended.rc}: {ended.err}"
        return ended


def _restored(change: Change, before: Facts) -> Facts:
    return before if change.restored is None else change.restored


def probing_is_steady(trials: Sequence[Trial], apart: float = APART) -> None:
    """Probing twice, some seconds apart, moves no fact of `restored` and changes no host."""
    first = [trial.seen() for trial in trials]
    starts = [trial.look() for trial in trials[:1]]
    kept = [_kept(trial, facts) for trial, facts in zip(trials, first, strict=True)]
    for trial in trials[:1]:
        trial.host.raw(f"sleep {apart}")
    for trial, facts in zip(trials, kept, strict=True):
        moved = unmet(facts, trial.seen())
        assert not moved, f"{trial.scenario}: facts moved by themselves (was, is): {moved}"
    for trial, start in zip(trials[:1], starts, strict=True):
        assert not start.differences(trial.look()), "probing has changed the host"


def _kept(trial: Trial, seen: Facts) -> Facts:
    """The facts that may not move: those that must hold after an undo, or all."""
    module = trial.scenario.call()
    if isinstance(module, Check):
        return {}
    change = module.plan(seen)
    return seen if change is None else _restored(change, seen)


def cuts(script: Script) -> list[Script]:
    """The script ended by SIGKILL after some of its lines, where a line ends a command."""
    parts = script.split("\n")
    heads = ["\n".join(parts[:count]) for count in range(1, len(parts))]
    whole = [head for head in heads if _is_complete(head)]
    step = max(1, -(-len(whole) // MOST_CUTS))
    return [f"{head}\nkill -9 $$\n" for head in whole[::step]]


def _is_complete(script: Script) -> bool:
    done = subprocess.run(["sh", "-n", "-c", script], capture_output=True, check=False)
    return done.returncode == 0 and not script.rstrip().endswith("\\")
