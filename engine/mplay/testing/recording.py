"""``--record``: a golden case takes what a real host says in place of what was written by hand."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.sdk import Action, CannotPlan, Check, State, parse_facts
from mplay.sdk.facts import PROLOGUE
from mplay.testing import casefile
from mplay.testing.golden import GoldenCase
from mplay.testing.hostshell import HostShell

STATE = "/var/lib/mplay-record"


def record(case: GoldenCase, prefix: Sequence[str], state: str = STATE) -> None:
    """Bring the host into the case's state, ask it, apply the change, ask again, take all away.

    A case without ``setup`` is left as it is. AssertionError when a script of the case fails.
    """
    if "setup" not in case.sections:
        return
    host = HostShell(prefix=prefix, state=state)
    try:
        _must(host, case.sections["setup"])
        _record_on(case, host)
    finally:
        _must(host, case.sections.get("cleanup", ":"))
        host.forget()


def _record_on(case: GoldenCase, host: HostShell) -> None:
    module = case.call()
    if not isinstance(module, State | Action | Check):
        return
    before = _said(host, module)
    _rewrite(case, "host says", before)
    if isinstance(module, Check):
        return
    try:
        change = module.plan(parse_facts(before))
    except CannotPlan:
        return
    if change is None:
        return
    for blob in change.blobs:
        host.put(blob)
    for script in (change.save, change.apply):
        _must(host, script)
    _rewrite(case, "then host says", _said(host, module))
    _must(host, change.restore or ":")


def _said(host: HostShell, module: State | Action | Check) -> str:
    """What the host says; where the module asks another one too, this one stands for it."""
    wanted = module.elsewhere()
    there = _printed(host, wanted.probe).splitlines(keepends=True) if wanted else []
    return _printed(host, module.probe()) + "".join(wanted.key(line) for line in there if wanted)


def _printed(host: HostShell, probe: str) -> str:
    done = host.run(f"{PROLOGUE}{probe}", options="-u")
    assert done.rc == 0, f"the probe failed with {done.rc}: {done.err}"
    return done.out.decode()


def _must(host: HostShell, script: str) -> None:
    done = host.run(script)
    assert done.rc == 0, f"rc {done.rc}: {done.err}"


def _rewrite(case: GoldenCase, section: str, said: str) -> None:
    case.path.write_text(casefile.replace(case.path.read_text(), section, said))
