"""Several frames in one message: their order, their end, and what another owner hears of them."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from mplay.channel.protocol import Channel, Frame
from mplay.model.errors import LinkLost
from mplay.model.task import Outcome
from tests.unit.channel.ground import Ground, again, work

BIG = 3 * 1024 * 1024


def outcomes(channel: Channel, *frames: Frame) -> list[Outcome]:
    return [reply.outcome for reply in channel.send_all(frames)]


def test_they_end_one_after_another_each_with_its_own_answer(ground: Ground) -> None:
    file = ground.folder / "order"
    frames = [
        work(f"echo {n} >>{file}; echo did {n}", number=n, verify=f'fact n {n}; fact "{n}" yes')
        for n in (1, 2, 3)
    ]
    replies = ground.greeted().send_all(frames)
    assert [r.outcome for r in replies] == [Outcome.DONE] * 3
    assert [r.pieces["apply"].stdout for r in replies] == [b"did 1\n", b"did 2\n", b"did 3\n"]
    assert [r.pieces["verify"].stdout for r in replies] == [
        f"n\t{n}\n{n}\tyes\n".encode() for n in (1, 2, 3)
    ]
    assert file.read_text() == "1\n2\n3\n"
    assert ground.log() == [
        line
        for n in (1, 2, 3)
        for line in (f"started {n} 1 0", f"apply {n} 1 0", f"rc {n} 1 0 0 0")
    ]


def test_after_one_that_failed_none_is_begun_and_the_host_takes_others(ground: Ground) -> None:
    file = ground.folder / "ran"
    channel = ground.greeted()
    frames = [work("true"), work("exit 3", number=2), work(f"touch {file}", number=3)]
    assert outcomes(channel, *frames) == [Outcome.DONE, Outcome.FAILED, Outcome.NEVER]
    assert not file.exists()
    assert not [line for line in ground.log() if line.startswith("started 3")]
    assert channel.send(work(f"touch {file}", number=4)).outcome is Outcome.DONE
    assert file.exists()


def test_after_one_whose_way_back_could_not_be_kept_none_is_begun(ground: Ground) -> None:
    frames = [work(save="exit 1"), work("true", number=2)]
    assert outcomes(ground.greeted(), *frames) == [Outcome.FAILED, Outcome.NEVER]


def test_one_that_is_cut_at_its_time_limit_ends_the_message(ground: Ground) -> None:
    # It ends well when it is told to end: that is no reason to go on.
    script = "trap 'exit 0' TERM; sleep 20 & wait"
    frames = [work(script, timeout=0.3), work("true", number=2)]
    assert outcomes(ground.greeted(), *frames) == [Outcome.TIMEOUT, Outcome.NEVER]


def test_outputs_that_are_left_out_in_the_middle_are_those_of_their_own_frame(
    ground: Ground,
) -> None:
    frames = [
        work(f"head -c {BIG} /dev/zero | tr '\\0' {letter}; echo end {letter}", number=n)
        for n, letter in enumerate("abc", 1)
    ]
    for letter, reply in zip(b"abc", ground.greeted().send_all(frames), strict=True):
        out = reply.pieces["apply"].stdout
        assert reply.pieces["apply"].truncated
        assert (out[0], out[-2]) == (letter, letter)
        assert len(out) < BIG


def lose(ground: Ground, channel: Channel, frames: list[Frame], begun: str) -> None:
    """Send frames, and lose the channel once a file is there."""

    def cut() -> None:
        while not (ground.folder / begun).exists():
            pass
        channel.close()

    thread = threading.Thread(target=cut)
    thread.start()
    with pytest.raises((LinkLost, ValueError)):
        channel.send_all(frames)
    thread.join()


def three(ground: Ground, middle: str = "true") -> list[Frame]:
    """The first says that it has begun, and takes a while; the last leaves a file."""
    return [
        work(f"touch {ground.folder}/begun; sleep 0.8; echo one"),
        work(f"{middle}; echo two", number=2),
        work(f"touch {ground.folder}/last; echo three", number=3),
    ]


def test_a_successor_is_told_that_those_to_come_are_in_hand_and_hears_each(ground: Ground) -> None:
    channel, frames = ground.greeted(), three(ground)
    lose(ground, channel, frames, "begun")
    successor, greeting = again(ground, channel)
    assert {s.number: s.outcome for s in greeting.states} == {
        1: Outcome.RUNNING,
        2: Outcome.RUNNING,
        3: Outcome.RUNNING,
    }
    replies = [successor.attach(frame) for frame in frames]
    assert [r.pieces["apply"].stdout for r in replies] == [b"one\n", b"two\n", b"three\n"]
    assert [line for line in ground.log() if line.startswith("started")] == [
        "started 1 1 0",
        "started 2 1 0",
        "started 3 1 0",
    ]


def test_a_successor_hears_that_one_after_a_failed_one_never_began(ground: Ground) -> None:
    channel, frames = ground.greeted(), three(ground, middle="exit 1")
    lose(ground, channel, frames, "begun")
    successor, _ = again(ground, channel)
    assert successor.attach(frames[2]).outcome is Outcome.NEVER
    assert successor.attach(frames[1]).outcome is Outcome.FAILED
    assert not (ground.folder / "last").exists()


def test_to_end_one_that_is_in_hand_keeps_those_after_it_from_beginning(ground: Ground) -> None:
    channel, frames = ground.greeted(), three(ground)
    lose(ground, channel, frames, "begun")
    successor, _ = again(ground, channel)
    successor.kill(frames[1])
    assert successor.attach(frames[0]).outcome is Outcome.DONE
    assert successor.attach(frames[1]).outcome is Outcome.NEVER
    assert not (ground.folder / "last").exists()


def test_a_supervisor_that_dies_takes_those_to_come_with_it(ground: Ground) -> None:
    channel = ground.greeted()
    lose(ground, channel, three(ground), "begun")
    os.kill(ground.supervisor(), signal.SIGKILL)
    successor, greeting = again(ground, channel)
    assert [(s.number, s.outcome) for s in greeting.states] == [(1, Outcome.ORPHAN)]
    successor.kill(work("true"))
    assert not (ground.folder / "last").exists()


def test_a_message_that_is_sent_twice_runs_once(ground: Ground) -> None:
    file = ground.folder / "ran"
    channel = ground.greeted()
    frames = [work(f"echo 1 >>{file}"), work(f"echo 2 >>{file}", number=2)]
    assert outcomes(channel, *frames) == [Outcome.DONE, Outcome.DONE]
    assert outcomes(channel, *frames) == [Outcome.DONE, Outcome.DONE]
    assert file.read_text() == "1\n2\n"
