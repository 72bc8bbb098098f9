"""A supervisor dies or a host reboots in the middle of a task: what it did is asked of it."""

from __future__ import annotations

import pytest

from mplay.channel.protocol import Reply
from mplay.testing import FakeConnector, FakeHost, Fault
from mplay.testing.fake_host import Key
from tests.journeys.local.stage import Stage

APPENDS = "name: T\nhosts: w1\nsteps:\n  - {id: a, DO(a)}\n  - {id: b, DO(b)}\n  - {id: c, DO(c)}\n"
WRITES = """
name: T
hosts: w1
steps:
  - {id: a, DO(a)}
  - {id: b, copy: {content: "new\\n", dest: FILES/b, mode: "0644"}}
  - {id: c, DO(c)}
"""
LOST = [Fault.LOST_BEFORE, Fault.LOST_AFTER]
DEADLY = [fault for fault in Fault if fault not in LOST]


@pytest.fixture
def fake(stage: Stage) -> FakeHost:
    """A host in memory in place of the stage's, which dies as it is told to."""
    host = FakeHost(name="w1", folder=stage.files)
    stage.hosts = FakeConnector([host])
    return host


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_connection_costs_nothing(stage: Stage, fake: FakeHost, fault: Fault) -> None:
    fake.fail(fault, "b@w1")
    assert stage.apply(APPENDS).said == ("succeeded", 0)
    assert stage.story_of("w1") == ["+a", "+b", "+c"]


class Forgetting(dict[Key, Reply]):
    """Answers that a reboot took before they were read."""

    def __setitem__(self, key: Key, reply: Reply) -> None:
        pass


def test_an_answer_that_is_gone_is_made_up_for_by_another_look(
    stage: Stage, fake: FakeHost
) -> None:
    fake.replies = Forgetting()
    fake.fail(Fault.LOST_AFTER, "b@w1")
    told = stage.apply(WRITES)
    assert told.said == ("succeeded", 0)
    assert told.status("b@w1") == "changed"
    assert stage.read("b") == "new\n"


@pytest.mark.parametrize("fault", DEADLY)
def test_a_task_that_was_cut_off_is_undone_and_a_resume_does_it_again(
    stage: Stage, fake: FakeHost, fault: Fault
) -> None:
    fake.fail(fault, "b@w1")
    told = stage.apply(APPENDS)
    assert told.said == ("halted", 4), told.ending
    assert stage.story_of("w1")[-2:] == ["-b", "-a"]
    assert "b@w1" in told.ending.why
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w1")[-3:] == ["+a", "+b", "+c"]


@pytest.mark.parametrize("fault", DEADLY)
def test_after_a_halt_resume_settles_what_was_cut_off_before_it_tries_again(
    stage: Stage, fake: FakeHost, fault: Fault
) -> None:
    stage.file("b", "old\n")
    fake.fail(fault, "b@w1")
    assert stage.apply(WRITES, on_failure="halt").said == ("halted", 4)
    assert stage.resume().said == ("succeeded", 0)
    assert stage.read("b") == "new\n"
    assert stage.story_of("w1") == ["+a", "+c"]
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("b") == "old\n"


@pytest.mark.parametrize("fault", DEADLY)
def test_what_was_cut_off_is_rolled_back_without_a_comparison(
    stage: Stage, fake: FakeHost, fault: Fault
) -> None:
    stage.file("b", "old\n")
    fake.fail(fault, "b@w1")
    stage.apply(WRITES, on_failure="halt")
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("b") == "old\n"
    assert stage.story_of("w1") == ["+a", "-a"]


@pytest.mark.parametrize("fault", list(Fault))
def test_an_undo_that_is_cut_off_is_ended_by_the_next_rollback(
    stage: Stage, fake: FakeHost, fault: Fault
) -> None:
    stage.file("b", "old\n")
    stage.apply(WRITES)
    fake.fail(fault, "b@w1")
    told = stage.rollback()
    if told.ending.exit:
        assert told.said == ("rollback-incomplete", 7)
        assert "b@w1" in told.ending.why
        assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("b") == "old\n"
    assert stage.story_of("w1") == ["+a", "+c", "-c", "-a"]
