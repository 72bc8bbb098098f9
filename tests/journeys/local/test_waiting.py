"""Steps that wait: for a time, for a person's yes, for something to come to be."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from mplay.executor.context import Options
from mplay.model.events import Answered, Intent, OutcomeSeen, PhaseBegan
from mplay.model.record import Record
from tests.journeys.local.stage import Stage

HEAD = "name: T\nhosts: w1\nsteps:\n"


def outcomes(told: list[OutcomeSeen], task: str) -> list[tuple[str, str]]:
    return [(o.status, o.summary) for o in told if o.task == task]


def test_a_pause_goes_on_by_itself(stage: Stage) -> None:
    told = stage.apply(HEAD + "  - {id: while, pause: {seconds: 0.2}}\n  - {id: b, DO(b)}\n")
    assert told.said == ("succeeded", 0), told.ending.why
    assert outcomes(told.events(OutcomeSeen), "while@localhost") == [("ok", "waited 0.2 s")]
    assert stage.story() == ["+b@w1"]


def test_a_pause_for_a_person_waits_until_somebody_answers(stage: Stage) -> None:
    text = HEAD + "  - {id: look, pause: {prompt: 'All flat?'}}\n  - {id: b, DO(b)}\n"
    assert stage.apply(text).said == ("waiting", 8)
    assert stage.story() == []
    assert stage.resume(evidence={"look": ""}).said == ("succeeded", 0)
    assert stage.story() == ["+b@w1"]


def test_a_dry_run_waits_for_nothing(stage: Stage) -> None:
    forecast = stage.dry_run(
        HEAD + "  - {id: while, pause: {minutes: 5}}\n"
        "  - {id: ask, approve: {ask: 'Go on?'}}\n"
        "  - {id: ready, wait_for: {path: FILES/ready, delay: 60, timeout: 90}}\n"
        "  - {id: there, wait_for: {path: FILES}}\n"
    )
    rows = {row.key.path: (str(row.status), row.summary, row.why) for row in forecast.rows}
    assert rows["while"] == ("ok", "waits 300 s", "")
    assert rows["ask"] == ("ok", "asks: Go on?", "")
    assert rows["ready"][0] == "unknown"
    assert rows["ready"][2].startswith("not yet, and a run waits up to 90 s: ")
    assert rows["there"][0] == "unknown", "what is waited for may change all that follows"


APPROVED = HEAD + "  - {id: ok, approve: {ask: 'Purge?'}}\n  - {id: b, DO(b)}\n"


def test_a_yes_lets_the_run_go_on_and_is_kept_with_its_reason(stage: Stage) -> None:
    assert stage.apply(APPROVED).said == ("waiting", 8)
    told = stage.resume(evidence={"ok": "Yes, see change 17"})
    assert told.said == ("succeeded", 0)
    assert [a.evidence for a in told.events(Answered)] == ["Yes, see change 17"]
    assert stage.story() == ["+b@w1"]


@pytest.mark.parametrize("answer", ["", "perhaps", "yesterday"])
def test_what_is_neither_yes_nor_no_is_no_answer(stage: Stage, answer: str) -> None:
    stage.options = Options(evidence={"ok": answer})
    told = stage.apply(APPROVED)
    assert told.said == ("waiting", 8)
    assert told.events(Answered) == []


def test_a_no_fails_the_step_and_a_resume_asks_anew(stage: Stage) -> None:
    stage.options = Options(evidence={"ok": "no: not in May"})
    told = stage.apply(APPROVED, on_failure="halt")
    assert told.said == ("halted", 4)
    assert "refused: no: not in May" in told.ending.why
    assert stage.resume().said == ("waiting", 8)
    assert stage.resume(evidence={"ok": "yes"}).said == ("succeeded", 0)


def test_who_began_the_run_cannot_decide_for_another(stage: Stage) -> None:
    stage.options = Options(evidence={"ok": "yes"})
    told = stage.apply(APPROVED.replace("'Purge?'", "'Purge?', by: other"))
    assert told.said == ("waiting", 8)
    assert stage.story() == []


def test_it_is_waited_for_what_a_step_before_has_set_going(stage: Stage) -> None:
    text = (
        HEAD + '  - {id: a, shell: {run: "(sleep 0.3; touch FILES/ready) >/dev/null 2>&1 &",'
        ' undo: "true"}}\n'
        "  - {id: b, wait_for: {path: FILES/ready, sleep: 0.1, timeout: 20}}\n"
    )
    assert stage.apply(text).said == ("succeeded", 0)


def test_what_does_not_come_in_time_has_failed(stage: Stage) -> None:
    told = stage.apply(
        HEAD + "  - {id: b, wait_for: {path: FILES/ready, sleep: 0.1, timeout: 0.3, msg: Slow}}\n"
    )
    assert told.said == ("halted", 4)
    assert "Slow; " in told.ending.why


def test_a_check_alone_takes_no_host_out_of_service(stage: Stage) -> None:
    stage.file("ready")
    told = stage.apply(
        "name: T\nhosts: w1\nsteps:\n  - id: web\n    serial: 1\n"
        "    around: {enter: [{id: drain, TELL(drain)}], leave: [{id: join, TELL(join)}]}\n"
        "    steps:\n      - {id: late, wait_for: {path: FILES/ready}}\n"
    )
    assert told.said == ("succeeded", 0)
    assert stage.story() == []


WAITS = {
    "pause": "pause: {minutes: 10}",
    "wait_for": "wait_for: {path: FILES/never, timeout: 600}",
    "until": "until: 10m\n    delay: 300s\n    query: {run: 'false'}",
    "retries": "retries: 9\n    delay: 300s\n    shell: {run: 'false', undo: 'true'}",
}


@pytest.mark.parametrize("waits", WAITS.values(), ids=WAITS)
def test_an_interrupt_ends_a_wait_and_a_resume_begins_it_again(stage: Stage, waits: str) -> None:
    text = HEAD + f"  - {{id: a, DO(a)}}\n  - id: b\n    {waits}\n  - {{id: c, DO(c)}}\n"

    def interrupt(record: Record) -> None:
        if isinstance(record.event, OutcomeSeen) and record.event.task == "a@w1":
            threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()

    told = stage.apply(text, at=interrupt)
    assert told.said == ("interrupted", 130), told.ending.why
    assert stage.story() == ["+a@w1"]
    ended = [o for o in told.events(OutcomeSeen) if o.task.startswith("b@") and o.attempt == 0]
    assert ended == []
    again = stage.resume(at=interrupt_soon)
    assert again.said == ("interrupted", 130), "it waits again"
    assert stage.story() == ["+a@w1"]


def interrupt_soon(record: Record) -> None:
    if isinstance(record.event, PhaseBegan):
        threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_an_interrupt_does_not_cut_the_check_by_which_a_host_comes_back(stage: Stage) -> None:
    def interrupt(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task.startswith("web/work@"):
            os.kill(os.getpid(), signal.SIGINT)

    told = stage.apply(
        "name: T\nhosts: w1\nsteps:\n  - id: web\n    serial: 1\n"
        "    around:\n      enter: [{id: drain, TELL(drain)}]\n"
        "      check: [{id: well, until: 20s, delay: 0.2, query: {run: 'test -e FILES/up'}}]\n"
        "      leave: [{id: join, TELL(join)}]\n"
        "    steps:\n      - id: work\n        shell: {undo: 'true',"
        ' run: "echo +work@w1 >>FILES/log; (sleep 1; touch FILES/up) >/dev/null 2>&1 &"}\n'
        "      - {id: more, DO(more)}\n",
        at=interrupt,
    )
    assert told.said == ("interrupted", 130)
    assert stage.story_of("w1") == ["+drain", "+work", "+join"]


def test_the_machine_that_runs_mplay_is_not_rebooted(stage: Stage) -> None:
    (stage.folder / "modules" / "gone.py").write_text(
        "from mplay.sdk import Action, Change\n\n\n"
        "class Gone(Action):\n"
        "    def probe(self):\n        return 'fact gone:is no'\n\n"
        "    def plan(self, seen):\n"
        "        return Change(summary='go', apply='touch FILES/gone', restore=None,\n"
        "                      expect={'gone:is': 'yes'}, restored={}, reconnect=True)\n".replace(
            "FILES", str(stage.files)
        )
    )
    stage.forget_modules()
    [row] = stage.dry_run(HEAD + "  - {id: a, gone: {}}\n").rows
    assert str(row.status) == "failed"
    assert "w1 is the machine that runs mplay" in row.why
    told = stage.apply(HEAD + "  - {id: a, gone: {}}\n")
    assert told.said == ("halted", 4)
    assert "w1 is the machine that runs mplay" in told.ending.why
    assert not (stage.files / "gone").exists()
