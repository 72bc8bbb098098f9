"""Batches, `around` and `between`: who leaves service, who comes back, who is asked."""

from __future__ import annotations

import pytest

from mplay.model.events import Answered, Order, Released, Skipped, Wait
from mplay.model.record import Record
from tests.faults.ground import Killed
from tests.journeys.local.stage import Stage

POOL = """
name: T
hosts: all
steps:
  - id: block
    serial: 1
    ON_FAILURE
    around:
      enter: [{id: out, delegate_to: w3, OUT}]
      check: [{id: well, query: {run: "! [ -e FILES/ill-SELF ]"}}]
      leave: [{id: in, delegate_to: w3, IN}]
    steps:
      - {id: conf, copy: {content: "new\\n", dest: "FILES/SELF", mode: "0644"}}
      - {id: work, unless: x, DO(work)}
  - {id: last, DO(last)}
"""
_OUT = (
    'shell: {run: "echo out@SELF >>FILES/log; touch FILES/out-SELF",'
    ' state: "if [ -e FILES/out-SELF ]; then echo out; else echo in; fi", expect: out}'
)
_IN = (
    'shell: {run: "echo in@SELF >>FILES/log; rm -f FILES/out-SELF",'
    ' state: "if [ -e FILES/out-SELF ]; then echo out; else echo in; fi", expect: in}'
)


def pool(on_failure: str = "", *, work: bool = True) -> str:
    text = POOL.replace("OUT}", f"{_OUT}}}").replace("IN}", f"{_IN}}}").replace(" unless: x,", "")
    text = text.replace("ON_FAILURE", f"on_failure: {on_failure}" if on_failure else "tags: []")
    return text if work else text.replace("      - {id: work, DO(work)}\n", "")


def out(stage: Stage) -> list[str]:
    return sorted(path.name for path in stage.files.glob("out-*"))


def test_each_host_leaves_service_is_changed_and_comes_back_batch_by_batch(stage: Stage) -> None:
    told = stage.apply(pool())
    assert told.said == ("succeeded", 0)
    assert stage.story()[:9] == [
        *("out@w1", "+work@w1", "in@w1"),
        *("out@w2", "+work@w2", "in@w2"),
        *("out@w3", "+work@w3", "in@w3"),
    ]
    assert [o.hosts for o in told.events(Order)] == [["w1"], ["w2"], ["w3"]]


def test_a_host_on_which_nothing_would_change_stays_in_service(stage: Stage) -> None:
    stage.file("w2", "new\n").chmod(0o644)
    told = stage.apply(pool(work=False))
    assert told.said == ("succeeded", 0)
    assert "out@w2" not in stage.story()
    assert "out@w1" in stage.story()
    assert told.status("block/enter/out@w2") == "skipped"
    assert told.status("block/conf@w2") == "ok"


def test_a_rollback_takes_each_host_out_again_last_batch_first(stage: Stage) -> None:
    stage.file("w2", "new\n").chmod(0o644)
    stage.apply(pool(work=False))
    begun = len(stage.story())
    assert stage.rollback().said == ("rolled-back", 0)
    undone = [line for line in stage.story()[begun:] if not line.startswith("-last")]
    assert undone == ["out@w3", "in@w3", "out@w1", "in@w1"]
    assert not (stage.files / "w1").exists()


def test_a_host_whose_check_fails_stays_out_of_service_and_is_named(stage: Stage) -> None:
    stage.file("ill-w1")
    told = stage.apply(pool("halt"))
    assert told.said == ("halted", 4)
    assert out(stage) == ["out-w1"]
    assert "in@w1" not in stage.story()
    assert "w1 is out of service (block)" in told.ending.why
    assert set(stage.claims()) == {"w1", "w3"}
    (stage.files / "ill-w1").unlink()
    assert stage.resume().said == ("succeeded", 0)
    assert out(stage) == []
    assert stage.story().count("+work@w1") == 1
    assert stage.claims() == {}


def test_a_host_that_is_undone_and_still_ill_stays_out_of_service(stage: Stage) -> None:
    stage.file("ill-w1")
    told = stage.apply(pool())
    assert told.said == ("rollback-incomplete", 7)
    assert stage.story() == ["out@w1", "+work@w1", "-work@w1"]
    assert "w1 is out of service (block)" in told.ending.why
    assert "w1" in stage.claims()
    (stage.files / "ill-w1").unlink()
    assert stage.resume().said == ("halted", 4)
    assert out(stage) == []
    assert stage.resume().said == ("succeeded", 0)


def test_a_step_that_fails_in_a_bracket_is_undone_before_the_host_comes_back(
    stage: Stage,
) -> None:
    stage.breaks("work@w2")
    told = stage.apply(pool())
    assert told.said == ("halted", 4)
    assert stage.story()[3:] == ["out@w2", "+work@w2", "-work@w2", "in@w2"]
    assert not (stage.files / "w2").exists()
    assert stage.claims() == {}


def test_a_failed_batch_with_rollback_undoes_all_batches_through_their_brackets(
    stage: Stage,
) -> None:
    stage.breaks("work@w2")
    told = stage.apply(pool("rollback"))
    assert told.said == ("rolled-back", 3)
    assert stage.story()[3:] == [
        *("out@w2", "+work@w2", "-work@w2", "in@w2"),
        *("out@w1", "-work@w1", "in@w1"),
    ]


def test_a_step_of_a_bracket_that_when_decides_against_runs_in_neither_direction(
    stage: Stage,
) -> None:
    text = pool(work=False).replace("{id: in,", "{id: in, when: \"letter != 'a'\",")
    stage.apply(text)
    assert "in@w1" not in stage.story()
    stage.rollback()
    assert "in@w1" not in stage.story()
    assert stage.story().count("in@w2") == 2


ASK = """
name: T
hosts: all
steps:
  - id: block
    serial: 1
    between: {ask: HOW}
    steps:
      - {id: conf, copy: {content: "new\\n", dest: "FILES/SELF", mode: "0644"}}
"""


def present(stage: Stage) -> list[str]:
    return [h for h in ("w1", "w2", "w3") if (stage.files / h).exists()]


def test_after_the_first_batch_a_person_is_asked_and_hosts_are_free_meanwhile(
    stage: Stage,
) -> None:
    told = stage.apply(ASK.replace("HOW", "first"))
    assert told.said == ("waiting", 8)
    assert present(stage) == ["w1"]
    assert stage.claims() == {}
    assert {r.host for r in told.events(Released)} == {"w1", "w2", "w3"}
    assert "block" in told.events(Wait)[0].ask
    assert stage.resume().said == ("waiting", 8)
    again = stage.resume(yes=True)
    assert again.said == ("succeeded", 0)
    assert present(stage) == ["w1", "w2", "w3"]
    assert len(again.events(Answered)) == 1


def test_after_each_batch_a_person_is_asked(stage: Stage) -> None:
    assert stage.apply(ASK.replace("HOW", "each")).said == ("waiting", 8)
    told = stage.resume(evidence={"block/between/ask": "looks good"})
    assert told.said == ("succeeded", 0)


def test_a_batch_in_which_nothing_changed_asks_nobody(stage: Stage) -> None:
    stage.file("w1", "new\n").chmod(0o644)
    told = stage.apply(ASK.replace("HOW", "first"))
    assert told.said == ("succeeded", 0)
    stage.rollback()
    (stage.files / "w1").unlink()
    assert stage.apply(ASK.replace("HOW", "each")).said == ("waiting", 8)
    assert present(stage) == ["w1"]


def test_a_run_that_waits_can_be_rolled_back(stage: Stage) -> None:
    stage.apply(ASK.replace("HOW", "first"))
    assert stage.rollback().said == ("rolled-back", 0)
    assert present(stage) == []


MANUAL = """
name: T
hosts: all
steps:
  - {id: docs, manual: {ask: "Update the runbook", evidence: required}}
  - {id: a, DO(a)}
"""


def test_a_manual_step_waits_for_evidence_and_goes_on_with_it(stage: Stage) -> None:
    told = stage.apply(MANUAL)
    assert told.said == ("waiting", 8)
    assert stage.story() == []
    assert stage.resume(evidence={"docs": "  "}).said == ("waiting", 8)
    assert stage.resume(yes=True).said == ("waiting", 8)
    again = stage.resume(evidence={"docs": "https://wiki/17"})
    assert again.said == ("succeeded", 0)
    assert [a.evidence for a in again.events(Answered)] == ["https://wiki/17"]
    assert len(stage.story()) == 3


def test_what_does_not_need_the_answer_goes_on_meanwhile(stage: Stage) -> None:
    told = stage.apply(MANUAL + "  - {id: b, needs: [], DO(b)}\n")
    assert told.said == ("waiting", 8)
    assert sorted(stage.story()) == ["+b@w1", "+b@w2", "+b@w3"]


def test_an_answer_is_not_asked_for_again(stage: Stage) -> None:
    stage.breaks("a@w1")
    stage.options = type(stage.options)(evidence={"docs": "done"})
    assert stage.apply(MANUAL, on_failure="halt").said == ("halted", 4)
    stage.mends("a@w1")
    assert stage.resume().said == ("succeeded", 0)


def test_a_bracket_that_was_cut_open_is_closed_by_the_resume(stage: Stage) -> None:
    def die(record: Record) -> None:
        if record.event.KIND == "INTENT" and record.event.data()["task"] == "block/work@w1":
            raise Killed

    with pytest.raises(Killed):
        stage.apply(pool(), at=die)
    assert out(stage) == ["out-w1"]
    assert stage.resume().said == ("succeeded", 0)
    assert out(stage) == []
    assert stage.story().count("+work@w1") == 1


def test_a_host_that_has_to_leave_service_after_all_does_so_at_resume(stage: Stage) -> None:
    def die(record: Record) -> None:
        if isinstance(record.event, Skipped) and record.event.task == "block/enter/out@w1":
            raise Killed

    stage.file("w1", "new\n").chmod(0o644)
    with pytest.raises(Killed):
        stage.apply(pool(work=False), at=die)
    stage.file("w1", "somebody else's\n")
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story()[:2] == ["out@w1", "in@w1"]
    assert stage.read("w1") == "new\n"


def test_what_is_done_takes_no_host_out_of_service_at_resume(stage: Stage) -> None:
    stage.file("w1", "new\n").chmod(0o644)
    stage.breaks("last@w1")
    assert stage.apply(pool(work=False), on_failure="halt").said == ("halted", 4)
    stage.file("w1", "somebody else's\n")
    stage.mends("last@w1")
    assert stage.resume().said == ("succeeded", 0)
    assert "out@w1" not in stage.story()
    assert stage.read("w1") == "somebody else's\n"
