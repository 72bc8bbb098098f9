"""A link outlives lost connections, and waits for a host that is gone only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.channel.protocol import Claim, Frame, Piece, PieceKind
from mplay.executor.link import Link
from mplay.model.errors import LinkLost, Unreachable
from mplay.model.host import Host
from mplay.model.task import Outcome
from mplay.testing import FakeClock, FakeConnector, FakeHost, Fault


def frame(script: str, number: int = 1) -> Frame:
    piece = Piece(name="apply", kind=PieceKind.APPLY, script=script)
    return Frame(number=number, task=f"{'abc'[number - 1]}@w1", attempt=1, pieces=(piece,))


def link(fake: FakeHost, clock: FakeClock, told: list[str]) -> Link:
    made = Link(
        Host(name="w1"),
        FakeConnector([fake]),
        clock,
        claim=Claim(run="r", token="t", owner="me"),
        on_lost=lambda host, _why: told.append(f"{host} lost"),
        on_found=lambda host, _greeting: told.append(f"{host} found"),
        reconnect=60.0,
    )
    made.open()
    return made


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_frame_runs_once_however_its_connection_is_lost(tmp_path: Path, fault: Fault) -> None:
    fake, told = FakeHost(name="w1", folder=tmp_path), list[str]()
    fake.fail(fault)
    held = link(fake, FakeClock(), told)
    assert held.deliver(frame("echo x >>ran")).outcome is Outcome.DONE
    assert (tmp_path / "ran").read_text() == "x\n"
    assert told == ["w1 found", "w1 lost", "w1 found"]


def test_a_host_that_stays_away_is_waited_for_once(tmp_path: Path) -> None:
    fake, clock = FakeHost(name="w1", folder=tmp_path), FakeClock()
    held = link(fake, clock, [])
    fake.fail(Fault.LOST_BEFORE)
    fake.unreachable = -1
    with pytest.raises(LinkLost, match=r"within 60 s[\s\S]*mplay resume r"):
        held.deliver(frame("true"))
    waited = clock.monotonic()
    assert waited >= 60.0
    with pytest.raises(LinkLost):
        held.deliver(frame("true"))
    assert clock.monotonic() == waited


def test_a_host_that_comes_back_in_time_is_asked_what_it_did(tmp_path: Path) -> None:
    fake, clock = FakeHost(name="w1", folder=tmp_path), FakeClock()
    held = link(fake, clock, [])
    fake.fail(Fault.LOST_AFTER)
    fake.unreachable = 5
    assert held.deliver(frame("echo x >>ran")).outcome is Outcome.DONE
    assert (tmp_path / "ran").read_text() == "x\n"


@pytest.mark.parametrize("task", ["a@w1", "b@w1", "c@w1"])
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_several_frames_run_once_each_in_order_wherever_their_connection_is_lost(
    tmp_path: Path, fault: Fault, task: str
) -> None:
    fake = FakeHost(name="w1", folder=tmp_path)
    fake.fail(fault, task=task)
    held = link(fake, FakeClock(), [])
    frames = [frame(f"echo {n} >>ran", n) for n in (1, 2, 3)]
    assert [r.outcome for r in held.deliver_all(frames)] == [Outcome.DONE] * 3
    assert (tmp_path / "ran").read_text() == "1\n2\n3\n"


@pytest.mark.parametrize("task", ["a@w1", "b@w1"])
@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_after_a_lost_connection_too_none_is_begun_after_one_that_failed(
    tmp_path: Path, fault: Fault, task: str
) -> None:
    fake = FakeHost(name="w1", folder=tmp_path)
    fake.fail(fault, task=task)
    held = link(fake, FakeClock(), [])
    frames = [frame("true"), frame("false", 2), frame("touch ran", 3)]
    assert [r.outcome for r in held.deliver_all(frames)] == [
        Outcome.DONE,
        Outcome.FAILED,
        Outcome.NEVER,
    ]
    assert not (tmp_path / "ran").exists()


def test_a_host_whose_idle_connection_was_lost_is_given_back_all_the_same(tmp_path: Path) -> None:
    fake, told = FakeHost(name="w1", folder=tmp_path), list[str]()
    held = link(fake, FakeClock(), told)
    held.channel.close()
    held.release()
    assert fake.holder is None
    assert told == ["w1 found", "w1 found"]


def test_a_host_that_cannot_be_reached_at_the_end_keeps_its_lock(tmp_path: Path) -> None:
    fake = FakeHost(name="w1", folder=tmp_path)
    held = link(fake, FakeClock(), [])
    held.channel.close()
    fake.unreachable = -1
    with pytest.raises(Unreachable):
        held.release()
    assert fake.holder is not None
