"""Signals, a journal that refuses, a machine that is another one: nothing is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mplay.journal import Journal
from mplay.model.clock import SystemClock
from mplay.model.errors import HostLocked, JournalError, PersonNeeded
from mplay.model.events import Event, HostSeen, Intent, OutcomeSeen, Undoing
from mplay.model.record import Record
from tests.faults.ground import DyingProject
from tests.journeys.local.stage import Stage
from tests.journeys.local.test_brackets import out, pool

ROOT = Path(__file__).parents[3]
SLOW = """
name: T
hosts: all
steps:
  - {id: a, shell: {run: "sleep 0.3; echo +a@SELF >>FILES/log", undo: "echo -a@SELF >>FILES/log"}}
  - {id: b, DO(b)}
  - {id: c, DO(c)}
"""


def interrupt_at(kind: type[Event], task: str) -> Callable[[Record], None]:
    """Send this process an interrupt when that record is durable."""

    def at(record: Record) -> None:
        if isinstance(record.event, kind) and record.event.data()["task"] == task:
            os.kill(os.getpid(), signal.SIGINT)

    return at


def test_an_interrupt_lets_what_runs_end_and_begins_nothing(stage: Stage) -> None:
    told = stage.apply(SLOW, at=interrupt_at(Intent, "a@w1"))
    assert told.said == ("interrupted", 130)
    assert set(stage.story()) <= {"+a@w1", "+a@w2", "+a@w3"}
    assert "+a@w1" in stage.story()
    assert stage.claims() == {}
    assert stage.resume().said == ("succeeded", 0)
    assert sorted(stage.story()) == sorted(f"+{s}@{h}" for s in "abc" for h in ("w1", "w2", "w3"))


def test_an_interrupt_puts_hosts_back_into_service_where_their_check_passes(
    stage: Stage,
) -> None:
    told = stage.apply(pool(), at=interrupt_at(Intent, "block/work@w1"))
    assert told.said == ("interrupted", 130)
    assert stage.story() == ["out@w1", "+work@w1", "in@w1"]
    assert stage.claims() == {}
    assert stage.resume().said == ("succeeded", 0)
    assert out(stage) == []
    assert stage.story().count("+work@w1") == 1


def test_an_interrupt_leaves_an_ill_host_out_of_service_and_names_it(stage: Stage) -> None:
    stage.file("ill-w1")
    told = stage.apply(pool(), at=interrupt_at(Intent, "block/work@w1"))
    assert told.said == ("interrupted", 130)
    assert out(stage) == ["out-w1"]
    assert "w1 is out of service (block)" in told.ending.why
    assert "w1" in stage.claims()


def test_after_an_interrupt_a_failure_undoes_nothing_on_its_own(stage: Stage) -> None:
    stage.breaks("b@w1")
    told = stage.apply(SLOW, limit="w1", at=interrupt_at(Intent, "b@w1"))
    assert told.said == ("interrupted", 130)
    assert stage.story() == ["+a@w1", "+b@w1"]
    stage.mends("b@w1")
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story() == ["+a@w1", "+b@w1", "-b@w1", "+b@w1", "+c@w1"]


def test_an_interrupt_while_a_host_leaves_is_not_forgotten(stage: Stage) -> None:
    stage.breaks("b@w1")
    text = SLOW.replace("hosts: all", "hosts: all\nmax_failed: 1")
    told = stage.apply(text, at=interrupt_at(Undoing, "b@w1"))
    assert told.said == ("interrupted", 130)
    assert "+c@w2" not in stage.story()
    stage.mends("b@w1")
    while (told := stage.resume()).said == ("halted", 4):
        continue
    assert told.said == ("succeeded", 0)
    assert stage.story_of("w1").count("+a") - stage.story_of("w1").count("-a") == 1
    assert stage.story_of("w2") == ["+a", "+b", "+c"]


@pytest.mark.parametrize("goes_on", ["resume", "rollback"])
def test_an_interrupted_rollback_goes_on_backwards(stage: Stage, goes_on: str) -> None:
    stage.apply(SLOW)
    told = stage.rollback(at=interrupt_at(Undoing, "c@w1"))
    assert told.said == ("interrupted", 130)
    assert "-a@w1" not in stage.story()
    again = stage.resume(yes=True) if goes_on == "resume" else stage.rollback()
    assert again.said == ("rolled-back", 0)
    assert stage.story_of("w1") == ["+a", "+b", "+c", "-c", "-b", "-a"]


def test_an_interrupted_rollback_in_a_bracket_leaves_no_well_host_out_of_service(
    stage: Stage,
) -> None:
    stage.apply(pool())
    told = stage.rollback(at=interrupt_at(Undoing, "block/work@w3"))
    assert told.said == ("interrupted", 130)
    assert out(stage) == []
    assert stage.rollback().said == ("rolled-back", 0)
    assert out(stage) == []
    assert not (stage.files / "w1").exists()


def test_two_interrupts_leave_at_once_and_say_who_is_in_the_middle(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    text = (
        "name: T\nhosts: w1\nsteps:\n"
        '  - {id: a, shell: {run: "touch FILES/began; while ! [ -e FILES/go ]; do sleep 0.05;'
        ' done; echo +a@w1 >>FILES/log", undo: "true"}}\n  - {id: b, DO(b)}\n'
    )
    (tmp_path / "text.yml").write_text(text)
    argv = [sys.executable, "-m", "tests.journeys.local.driver", str(tmp_path), "apply"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    wait_for(stage.files / "began", process)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGHUP)
    while True:
        process.send_signal(signal.SIGINT)  # two that come too close together are one
        with contextlib.suppress(subprocess.TimeoutExpired):
            said = process.communicate(timeout=0.3)[1]
            break
    assert process.returncode == 130
    assert "w1 is in the middle of a@w1" in said
    assert "mplay resume" in said
    stage.file("go")
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story() == ["+a@w1", "+b@w1"]


def wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    clock = SystemClock()
    while not file.exists():
        assert process.poll() is None
        clock.sleep(0.02)


class RefusingJournal(Journal):
    """A journal whose disk is full from some record on."""

    refuses: Callable[[Event], bool] = staticmethod(lambda _: False)
    full = False

    def append(self, run: str, event: Event) -> Record:
        return self.append_all(run, [event])[0]

    def append_all(self, run: str, new: Sequence[Event]) -> list[Record]:
        if self.full or any(type(self).refuses(event) for event in new):
            self.full = True
            raise JournalError("no space left on device", where="journal", hint="Make room.")
        return super().append_all(run, new)


class RefusingProject(DyingProject):
    """A project with such a journal."""

    def journal(self, *, create: bool = False) -> Journal:
        return RefusingJournal.open(self.journal_url, clock=self.clock, create=create)


@pytest.mark.parametrize("kind", [Intent, OutcomeSeen])
def test_a_journal_that_refuses_stops_the_run_and_resume_goes_on(
    stage: Stage, kind: type[Event]
) -> None:
    good = stage.project
    stage.project = RefusingProject(
        config=good.config, inventory=good.inventory, journal_url=good.journal_url
    )
    RefusingJournal.refuses = staticmethod(
        lambda event: isinstance(event, kind) and event.data()["task"] == "b@w1"
    )
    with pytest.raises(JournalError, match="mplay resume"):
        stage.apply(SLOW)
    RefusingJournal.refuses = staticmethod(lambda _: False)
    stage.project = good
    assert not [line for line in stage.story() if line.startswith(("-", "+c"))]
    assert ("+b@w1" in stage.story()) is (kind is OutcomeSeen)
    assert stage.resume().said == ("succeeded", 0)
    assert sorted(stage.story()) == sorted(f"+{s}@{h}" for s in "abc" for h in ("w1", "w2", "w3"))


def test_another_machine_under_the_same_name_is_refused_as_long_as_it_is_there(
    stage: Stage,
) -> None:
    stage.breaks("b@w1")
    told = stage.apply(SLOW, on_failure="halt")
    seen = told.state.hosts_seen["w2"]
    other = HostSeen(host="w2", machine_id="f" * 32, boot=seen.boot, token="x")
    with stage.project.journal() as journal:
        journal.append(told.state.run, other)
    before = stage.story()
    for _ in range(2):
        with pytest.raises(PersonNeeded, match="another machine answers as w2"):
            stage.resume()
        with pytest.raises(PersonNeeded, match="another machine answers as w2"):
            stage.rollback()
    assert stage.story() == before


def test_a_run_that_another_process_executes_is_not_taken_up(stage: Stage) -> None:
    refused: list[str] = []

    def at(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task == "b@w1":
            with pytest.raises(HostLocked) as error:
                stage.resume(record.run)
            refused.append(str(error.value))

    assert stage.apply(SLOW, at=at).said == ("succeeded", 0)
    assert "another process executes this run" in refused[0]
