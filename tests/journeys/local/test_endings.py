"""Every ending names how the run stands, what failed where, and the next command to paste."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mplay.model.errors import HostRefused
from mplay.model.events import Intent
from mplay.model.record import Record
from mplay.report.ending import write_ending
from mplay.report.writer import Writer
from tests.journeys.local.stage import Stage, Told
from tests.journeys.local.test_brackets import ASK, MANUAL

PLAIN = "name: T\nhosts: 'w1:w2'\nsteps:\n  - {id: a, DO(a)}\n  - {id: b, DO(b)}\n"


def text(told: Told) -> str:
    out = io.StringIO()
    write_ending(Writer(out), told.state)
    return out.getvalue()


def succeeded(stage: Stage) -> Told:
    return stage.apply(PLAIN)


def halted(stage: Stage) -> Told:
    stage.breaks("b@w2")
    return stage.apply(PLAIN)


def rolled_back(stage: Stage) -> Told:
    stage.breaks("b@w2")
    return stage.apply(PLAIN, on_failure="rollback")


def incomplete(stage: Stage) -> Told:
    stage.breaks("b@w2")
    return stage.apply(PLAIN, on_failure="continue")


def stuck(stage: Stage) -> Told:
    stage.breaks("b@w2")
    hard = '  - {id: a, shell: {run: "true", undo: "echo not so; exit 3"}}\n'
    return stage.apply(PLAIN.replace("  - {id: a, DO(a)}\n", hard))


def waiting_for_evidence(stage: Stage) -> Told:
    return stage.apply(MANUAL)


def waiting_for_a_yes(stage: Stage) -> Told:
    return stage.apply(ASK.replace("HOW", "first"))


def interrupted(stage: Stage) -> Told:
    def at(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task == "b@w2":
            os.kill(os.getpid(), signal.SIGINT)

    slow = PLAIN + "  - {id: c, DO(c)}\n"
    return stage.apply(slow, at=at)


def no_answer(stage: Stage) -> Told:
    stage.hosts.down.add("w2")
    return stage.apply(PLAIN)


ENDINGS: list[tuple[Callable[[Stage], Told], list[str]]] = [
    (succeeded, ["succeeded", "mplay rollback RUN"]),
    (halted, ["halted: b@w2", "mplay show RUN b --host w2", "mplay resume RUN"]),
    (rolled_back, ["rolled-back: b@w2", "mplay apply PLAYBOOK"]),
    (incomplete, ["incomplete: b@w2", "mplay resume RUN", "mplay rollback RUN"]),
    (stuck, ["rollback-incomplete: b@w2", "a@w2", "not so", "mplay rollback RUN"]),
    (waiting_for_evidence, ["waiting", "runbook", "mplay resume RUN --evidence docs=TEXT"]),
    (waiting_for_a_yes, ["waiting", "go on?", "mplay resume RUN --yes"]),
    (interrupted, ["interrupted", "mplay resume RUN", "mplay rollback RUN"]),
    (no_answer, ["halted: a@w2", "no route to host", "mplay resume RUN"]),
]


@pytest.mark.parametrize(("ends", "wanted"), ENDINGS, ids=[e.__name__ for e, _ in ENDINGS])
def test_an_ending_says_how_it_stands_why_and_what_to_do_next(
    stage: Stage, ends: Callable[[Stage], Told], wanted: list[str], tmp_path: Path
) -> None:
    told = ends(stage)
    said = text(told)
    for word in wanted:
        meant = word.replace("RUN", told.state.run).replace(
            "PLAYBOOK", str(stage.folder / "playbook.yml")
        )
        assert meant in said, said


def test_the_command_that_an_incomplete_rollback_names_does_the_rest(stage: Stage) -> None:
    told = stuck(stage)
    assert told.said == ("rollback-incomplete", 7)
    assert "restore ended with" in told.ending.why
    assert set(stage.claims()) == {"w2"}


def test_all_hosts_that_refuse_are_named_with_what_to_do_and_nothing_is_touched(
    stage: Stage,
) -> None:
    stage.hosts.refusing = {"w1", "w2"}
    for command in (stage.apply, stage.dry_run):
        with pytest.raises(HostRefused) as caught:
            command(PLAIN)
        assert str(caught.value).splitlines() == [
            "w1: it refused the login",
            "    try: ssh w1",
            "w2: it refused the login",
            "    try: ssh w2",
        ]
    assert not stage.story()
    assert not stage.claims()
    with stage.project.journal() as journal:
        (row,) = journal.runs()
        assert journal.state(row.run).why == "w1: it refused the login; w2: it refused the login"
