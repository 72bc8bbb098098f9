"""What a failure leads to: the four `on_failure`, `max_failed`, hosts that leave the run."""

from __future__ import annotations

import pytest

from mplay.executor.context import Options
from mplay.model.events import Abort
from tests.journeys.local.stage import Stage

TWO = """
name: T
hosts: all
steps:
  - {id: a, DO(a)}
  - {id: b, DO(b)}
  - {id: c, DO(c)}
"""


def test_rollback_host_takes_the_failed_host_back_and_leaves_the_others(stage: Stage) -> None:
    stage.breaks("b@w2")
    told = stage.apply(TWO)
    assert told.said == ("halted", 4)
    assert stage.story_of("w2") == ["+a", "+b", "-b", "-a"]
    assert stage.story_of("w1") == ["+a", "+b"]
    assert "b@w2" in told.ending.why


def test_rollback_takes_everything_back(stage: Stage) -> None:
    stage.breaks("b@w2")
    told = stage.apply(TWO, on_failure="rollback")
    assert told.said == ("rolled-back", 3)
    assert stage.story_of("w1") == ["+a", "+b", "-b", "-a"]
    assert stage.story_of("w2") == ["+a", "+b", "-b", "-a"]
    assert "b@w2" in told.ending.why


def test_halt_leaves_everything_as_it_is(stage: Stage) -> None:
    stage.breaks("b@w2")
    told = stage.apply(TWO, on_failure="halt")
    assert told.said == ("halted", 4)
    assert not [line for line in stage.story() if line.startswith("-") or "c@" in line]


def test_continue_blocks_what_depends_and_goes_on_with_the_rest(stage: Stage) -> None:
    stage.breaks("b@w2")
    text = TWO + "  - {id: free, needs: [a], DO(free)}\n"
    told = stage.apply(text, on_failure="continue")
    assert told.said == ("incomplete", 4)
    assert told.status("c@w1") == "blocked"
    assert [h for h in ("w1", "w2", "w3") if "+free" in stage.story_of(h)] == ["w1", "w2", "w3"]
    assert not [line for line in stage.story() if line.startswith("-")]


def test_a_halted_run_ends_well_by_resume_once_its_cause_is_mended(stage: Stage) -> None:
    stage.breaks("b@w2")
    stage.apply(TWO)
    stage.mends("b@w2")
    told = stage.resume()
    assert told.said == ("succeeded", 0)
    assert stage.story_of("w2") == ["+a", "+b", "-b", "-a", "+a", "+b", "+c"]
    assert stage.story_of("w1") == ["+a", "+b", "+c"]
    assert told.state.task(next(k for k in told.state.tasks if str(k) == "a@w2")).next_attempt == 3
    numbers = [a.intent.number for a in told.state.attempts if a.intent.host == "w2"]
    assert len(numbers) == len(set(numbers))
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story_of("w2")[-3:] == ["-c", "-b", "-a"]


def test_the_innermost_on_failure_wins(stage: Stage) -> None:
    text = """
name: T
hosts: all
on_failure: rollback
steps:
  - {id: a, DO(a)}
  - id: block
    on_failure: halt
    steps:
      - {id: b, DO(b)}
      - {id: c, on_failure: continue, DO(c)}
  - {id: d, DO(d)}
"""
    stage.breaks("c@w1")
    assert stage.apply(text).said == ("incomplete", 4)
    stage.mends("c@w1")
    stage.breaks("b@w1")
    assert stage.apply(text).said == ("halted", 4)
    stage.mends("b@w1")
    stage.breaks("d@w1")
    assert stage.apply(text).said == ("rolled-back", 3)


def test_the_command_line_wins_over_every_on_failure(stage: Stage) -> None:
    stage.breaks("b@w2")
    text = TWO.replace("id: b,", "id: b, on_failure: continue,")
    assert stage.apply(text, on_failure="rollback").said == ("rolled-back", 3)


BATCHES = """
name: T
hosts: all
steps:
  - {id: early, DO(early)}
  - id: block
    serial: SERIAL
    max_failed: MAX
    steps:
      - {id: a, DO(a)}
      - {id: b, DO(b)}
  - {id: last, DO(last)}
"""


def batches(serial: object, most: object) -> str:
    return BATCHES.replace("SERIAL", str(serial)).replace("MAX", str(most))


@pytest.mark.parametrize("most", [1, "40%"])
def test_within_max_failed_a_host_leaves_and_the_others_go_on(stage: Stage, most: object) -> None:
    stage.breaks("b@w1")
    told = stage.apply(batches(2, most))
    assert told.said == ("incomplete", 4)
    assert stage.story_of("w1") == ["+early", "+a", "+b", "-b", "-a"]
    assert stage.story_of("w2") == ["+early", "+a", "+b", "+last"]
    assert stage.story_of("w3") == ["+early", "+a", "+b", "+last"]
    assert told.status("last@w1") == "blocked"
    assert "block/b@w1" in told.ending.why


@pytest.mark.parametrize("most", [0, "30%"])
def test_beyond_max_failed_nothing_new_begins(stage: Stage, most: object) -> None:
    stage.breaks("b@w1")
    told = stage.apply(batches(2, most))
    assert told.said == ("halted", 4)
    assert stage.story_of("w1") == ["+early", "+a", "+b", "-b", "-a"]
    assert stage.story_of("w3") == ["+early"]
    assert "+last" not in stage.story_of("w2")


def test_a_batch_in_which_every_host_failed_stops_the_block(stage: Stage) -> None:
    stage.breaks("b@w1")
    told = stage.apply(batches(1, 2))
    assert told.said == ("halted", 4)
    assert stage.story_of("w2") == ["+early"]
    assert "every host of batch 1" in told.ending.why


def test_without_batches_a_failed_host_may_leave_the_whole_run(stage: Stage) -> None:
    stage.breaks("b@w1")
    told = stage.apply(TWO.replace("hosts: all", "hosts: all\nmax_failed: 1"))
    assert told.said == ("incomplete", 4)
    assert stage.story_of("w1") == ["+a", "+b", "-b", "-a"]
    assert stage.story_of("w3") == ["+a", "+b", "+c"]


def test_a_host_that_left_takes_part_again_at_resume(stage: Stage) -> None:
    stage.breaks("b@w1")
    stage.apply(TWO.replace("hosts: all", "hosts: all\nmax_failed: 1"))
    stage.mends("b@w1")
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w1")[-3:] == ["+a", "+b", "+c"]
    assert stage.story_of("w3") == ["+a", "+b", "+c"]


def test_an_undo_that_fails_while_a_host_leaves_is_told_in_the_end(stage: Stage) -> None:
    bad = '{id: bad, shell: {run: "true", undo: "exit 3"}}'
    text = TWO.replace("hosts: all", "hosts: all\nmax_failed: 1")
    text = text.replace("  - {id: b,", f"  - {bad}\n  - {{id: b,")
    stage.breaks("b@w1")
    told = stage.apply(text)
    assert told.said == ("rollback-incomplete", 7)
    assert "bad@w1" in told.ending.why
    assert stage.story_of("w3") == ["+a", "+b", "+c"]
    assert list(stage.claims()) == ["w1"]


def test_a_host_that_does_not_answer_stops_the_run_before_anything_is_touched(
    stage: Stage,
) -> None:
    stage.hosts.down.add("w2")
    told = stage.apply(TWO)
    assert told.said == ("halted", 4)
    assert stage.story() == []
    assert told.status("a@w2") == "unreachable"
    assert "w2" in told.ending.why
    assert stage.claims() == {}


def test_within_max_failed_a_host_that_does_not_answer_is_left_out(stage: Stage) -> None:
    stage.hosts.down.add("w2")
    told = stage.apply(TWO.replace("hosts: all", "hosts: all\nmax_failed: 1"))
    assert told.said == ("incomplete", 4)
    assert stage.story_of("w1") == stage.story_of("w3") == ["+a", "+b", "+c"]
    assert stage.story_of("w2") == []


def test_a_host_that_does_not_answer_fails_at_each_step_where_the_run_continues(
    stage: Stage,
) -> None:
    stage.hosts.down.add("w2")
    text = TWO + (
        "  - {id: free, needs: [], DO(free)}\n"
        "  - {id: sent, hosts: w1, needs: [], delegate_to: w2, DO(sent)}\n"
        "finally:\n  - {id: tidy, TELL(tidy)}\n"
    )
    told = stage.apply(text, on_failure="continue")
    assert told.said == ("incomplete", 4)
    assert told.status("free@w2") == told.status("sent@w1") == "unreachable"
    assert stage.story_of("w3") == ["+a", "+free", "+tidy"]


def test_when_the_host_answers_again_resume_does_the_rest(stage: Stage) -> None:
    stage.hosts.down.add("w2")
    stage.apply(TWO, on_failure="continue")
    stage.hosts.down.clear()
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w2") == stage.story_of("w1") == ["+a", "+b", "+c"]


def test_a_delegate_that_does_not_answer_fails_its_subjects_only(stage: Stage) -> None:
    stage.hosts.down.add("w3")
    text = (
        "name: T\nhosts: all\non_failure: continue\nsteps:\n"
        '  - {id: a, hosts: "w1:w2", needs: [], delegate_to: w3, DO(a)}\n'
        '  - {id: b, hosts: "w1:w2", needs: [], DO(b)}\n'
    )
    told = stage.apply(text)
    assert told.said == ("incomplete", 4)
    assert sorted(stage.story()) == ["+b@w1", "+b@w2"]


def test_an_unreachable_host_is_no_reason_to_undo_it_or_others(stage: Stage) -> None:
    stage.options = Options(reconnect=0.3)
    lost = (
        '  - {id: cut, hosts: w2, shell: {run: "touch FILES/cut; sleep 0.8; echo +cut@w2'
        ' >>FILES/log", undo: "echo -cut@w2 >>FILES/log"}}\n'
    )
    stage.hosts.cut_when["w2"] = stage.files / "cut"
    told = stage.apply(TWO + lost)
    assert told.said == ("halted", 7)
    assert told.status("cut@w2") == "unreachable"
    assert "blocked on w2" in told.ending.why
    assert not told.events(Abort)
    assert "w2" in stage.claims()
    stage.hosts.cut_when.clear()
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w2") == ["+a", "+b", "+c", "+cut"]


def test_a_run_with_a_lost_host_is_undone_as_far_as_it_goes(stage: Stage) -> None:
    stage.options = Options(reconnect=0.3)
    lost = '  - {id: cut, hosts: w2, shell: {run: "touch FILES/cut; sleep 0.8", undo: "true"}}\n'
    stage.hosts.cut_when["w2"] = stage.files / "cut"
    told = stage.apply(TWO + lost, on_failure="rollback")
    assert told.said == ("rollback-incomplete", 7)
    assert "cut@w2" in told.ending.why
    stage.hosts.cut_when.clear()
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story_of("w1") == ["+a", "+b", "+c", "-c", "-b", "-a"]


VALIDATE = """
name: T
hosts: all
steps:
  - {id: a, DO(a)}
validate:
  - {id: good, hosts: w1, query: {run: "test -e FILES/good"}}
finally:
  - {id: tidy, hosts: w1, TELL(tidy)}
"""


@pytest.mark.parametrize(
    ("policy", "said"),
    [("rollback", ("rolled-back", 3)), ("halt", ("halted", 4)), ("rollback-host", ("halted", 4))],
)
def test_a_failed_validate_applies_on_failure_and_finally_runs(
    stage: Stage, policy: str, said: tuple[str, int]
) -> None:
    told = stage.apply(VALIDATE, on_failure=policy)
    assert told.said == said
    assert "validate/good@w1" in told.ending.why
    undone = {"rollback": 3, "halt": 0, "rollback-host": 1}[policy]
    assert len([line for line in stage.story() if line.startswith("-a")]) == undone
    assert stage.story()[-1] == "+tidy@w1"


def test_finally_runs_after_success_and_again_after_a_rollback_and_is_never_undone(
    stage: Stage,
) -> None:
    stage.file("good")
    assert stage.apply(VALIDATE).said == ("succeeded", 0)
    assert stage.story()[-1] == "+tidy@w1"
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story().count("+tidy@w1") == 2
    assert stage.story()[-1] == "+tidy@w1"
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story().count("+tidy@w1") == 2


def test_a_finally_that_fails_changes_no_outcome(stage: Stage) -> None:
    stage.file("good")
    text = VALIDATE + (
        '  - {id: bad, hosts: w1, shell: {run: "exit 1", undo: "true"}}\n'
        "  - {id: after, hosts: w1, TELL(after)}\n  - {id: other, needs: [], TELL(other)}\n"
    )
    told = stage.apply(text)
    assert told.said == ("succeeded", 0)
    assert told.status("finally/bad@w1") == "failed"
    assert "+after@w1" not in stage.story()
    assert "+other@w3" in stage.story()
