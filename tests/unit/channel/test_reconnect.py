"""After a lost controller, link or supervisor: what a fresh connection learns and can do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mplay.channel.protocol import Channel, Frame, Greeting, Piece, PieceKind
from mplay.channel.relay import Manner
from mplay.model.errors import HostRefused, LinkLost
from mplay.model.task import Outcome
from tests.unit.channel.ground import TOKEN, Ground, again, claim, gone, work


def test_an_answer_that_nobody_read_waits_for_the_next_owner(ground: Ground) -> None:
    channel = ground.greeted()
    frame = work("echo effect; echo aside >&2", save=":", verify="fact a b", probe="fact c d")
    _send_and_die(ground, channel, frame)
    fresh, greeting = again(ground, channel)
    assert [state.outcome for state in greeting.states] == [Outcome.DONE]
    reply = fresh.attach(frame)
    assert (reply.outcome, reply.rc) == (Outcome.DONE, 0)
    assert reply.pieces["apply"].stdout == b"effect\n"
    assert reply.pieces["apply"].stderr == b"aside\n"
    assert reply.pieces["verify"].stdout == b"a\tb\n"
    assert reply.pieces["probe"].stdout == b"c\td\n"
    short = Frame(number=1, task=frame.task, attempt=1, pieces=frame.pieces[:3])
    assert list(fresh.attach(short).pieces) == ["save", "apply", "verify"]


def test_a_running_task_is_followed_to_its_end_and_its_output_told_again(ground: Ground) -> None:
    channel = ground.greeted()
    gate = ground.folder / "gate"
    frame = work(
        f"echo begun; until [ -e {gate} ]; do sleep 0.05; done; echo ended", verify="fact a b"
    )
    _send_and_leave(ground, channel, frame)
    fresh, greeting = again(ground, channel)
    assert [state.outcome for state in greeting.states] == [Outcome.RUNNING]
    threading.Timer(0.5, gate.touch).start()
    heard: list[bytes] = []
    reply = fresh.attach(frame, lambda *told: heard.append(told[1]))
    assert reply.outcome is Outcome.DONE
    assert b"".join(heard) == b"begun\nended\n" == reply.pieces["apply"].stdout
    assert reply.pieces["verify"].stdout == b"a\tb\n"


def test_a_task_outlives_its_relay(ground: Ground) -> None:
    channel = ground.greeted()
    target = ground.folder / "target"
    gate = ground.folder / "gate"
    frame = work(f"echo x >>{target}; until [ -e {gate} ]; do sleep 0.05; done; echo y >>{target}")
    _send_and_leave(ground, channel, frame)
    gate.touch()
    fresh, _ = again(ground, channel)
    assert fresh.attach(frame).outcome is Outcome.DONE
    assert target.read_text() == "x\ny\n"


def test_a_task_whose_supervisor_died_is_an_orphan_until_it_ends(ground: Ground) -> None:
    channel = ground.greeted()
    gate, note = ground.folder / "gate", ground.folder / "note"
    frame = work(f"echo begun >{note}; until [ -e {gate} ]; do sleep 0.05; done")
    _send_and_leave(ground, channel, frame, note)
    os.kill(ground.supervisor(), signal.SIGKILL)
    fresh, greeting = again(ground, channel)
    assert [state.outcome for state in greeting.states] == [Outcome.ORPHAN]
    assert fresh.attach(frame).outcome is Outcome.ORPHAN
    gate.touch()
    _until(lambda: len(ground.log()) == 3)
    assert fresh.attach(frame).outcome is Outcome.DONE


def test_an_orphan_can_be_killed_and_then_it_has_died(ground: Ground) -> None:
    channel = ground.greeted()
    note = ground.folder / "process"
    frame = work(f"sh -c 'echo $$ >{note}; exec sleep 600'")
    _send_and_leave(ground, channel, frame, note)
    os.kill(ground.supervisor(), signal.SIGKILL)
    fresh, _ = again(ground, channel)
    fresh.kill(frame)
    assert gone(int(note.read_text()))
    _, greeting = _third(ground)
    assert [state.outcome for state in greeting.states] in ([Outcome.DIED], [Outcome.FAILED])


def test_an_orphan_never_begins_what_it_has_not_begun(ground: Ground) -> None:
    channel = ground.greeted()
    gate, target, note = (ground.folder / name for name in ("gate", "target", "note"))
    save = f"echo begun >{note}; until [ -e {gate} ]; do sleep 0.05; done"
    frame = work(f"touch {target}", save=save)
    _send_and_leave(ground, channel, frame, note)
    os.kill(ground.supervisor(), signal.SIGKILL)
    gate.touch()
    fresh, _ = again(ground, channel)
    _until(lambda: "apply 1 1 0" in ground.log())
    fresh.kill(frame)
    _, greeting = _third(ground)
    assert [(s.outcome, s.piece) for s in greeting.states] == [(Outcome.DIED, "apply")]
    assert not target.exists()


def test_a_running_task_can_be_killed_through_its_supervisor(ground: Ground) -> None:
    channel = ground.greeted()
    frame = work("sleep 600", verify="fact a b")
    _send_and_leave(ground, channel, frame)
    fresh, _ = again(ground, channel)
    fresh.kill(frame)
    reply = fresh.attach(frame)
    assert (reply.outcome, reply.rc) == (Outcome.FAILED, 143)
    assert reply.pieces["verify"].stdout == b"a\tb\n"


def test_a_frame_that_never_arrived_whole_has_never_been(ground: Ground) -> None:
    channel = ground.greeted()
    channel.send(work())
    target = ground.folder / "target"
    relay = next(iter(channel._relays.values()))  # type: ignore[attr-defined]
    relay._send(b"frame %s 100000 2.1.0.torn 2.1.0 1\nmplay_text_1='touch " % (b"c" * 32))
    channel.close()
    fresh, greeting = again(ground, channel)
    assert [state.number for state in greeting.states] == [1]
    assert fresh.attach(work(f"touch {target}", number=2)).outcome is Outcome.NEVER
    assert not list((ground.home / "in").glob("2.1.0.*"))
    assert not target.exists()


def test_a_task_that_kills_its_own_keeper_has_died_and_the_next_one_runs(ground: Ground) -> None:
    channel = ground.greeted()
    reply = channel.send(work("kill -KILL $$"))
    assert (reply.outcome, reply.rc) == (Outcome.DIED, None)
    assert channel.send(work(number=2)).outcome is Outcome.DONE
    _, greeting = again(ground, channel)
    assert [s.outcome for s in greeting.states] == [Outcome.DIED, Outcome.DONE]


def test_a_second_frame_is_refused_while_one_runs(ground: Ground) -> None:
    channel = ground.greeted()
    _send_and_leave(ground, channel, work("sleep 600"))
    fresh, _ = again(ground, channel)
    with pytest.raises(HostRefused, match=r"task 1\.1\.0 is still running"):
        fresh.send(work(number=2))
    with pytest.raises(HostRefused, match="still running"):
        fresh.release()


def test_a_follower_whose_supervisor_is_killed_loses_the_link(ground: Ground) -> None:
    channel = ground.greeted()
    channel.send(work())
    threading.Timer(0.4, os.kill, (ground.supervisor(), signal.SIGKILL)).start()
    with pytest.raises(LinkLost):
        channel.send(work("sleep 5", number=2))


def test_silence_is_a_dead_link(ground: Ground) -> None:
    manner = Manner(beat=60, silence=0.8, grace=0.3, state=str(ground.state))
    channel = ground.open(manner)
    channel.hello(claim())
    with pytest.raises(LinkLost, match=r"no sign of life for 0\.8 s"):
        channel.look([Piece(name="p", kind=PieceKind.PROBE, script="sleep 3")], become=False)


def test_beats_keep_a_silent_task_and_a_silent_probe_alive(ground: Ground) -> None:
    manner = Manner(beat=1, silence=3.0, grace=0.3, state=str(ground.state))
    channel = ground.open(manner)
    channel.hello(claim())
    seen = channel.look(
        [Piece(name="p", kind=PieceKind.PROBE, script="printf a; sleep 4; printf b")], become=False
    )
    assert seen["p"].stdout == b"ab"
    assert channel.send(work("sleep 4")).outcome is Outcome.DONE


def test_closing_from_another_thread_ends_a_follower(ground: Ground) -> None:
    channel = ground.greeted()
    threading.Timer(0.4, channel.close).start()
    with pytest.raises(LinkLost):
        channel.send(work("sleep 600"))


def test_an_idle_supervisor_leaves_and_the_lock_stays(ground: Ground) -> None:
    manner = Manner(beat=1, silence=20.0, grace=0.3, idle=1, state=str(ground.state))
    channel = ground.open(manner)
    channel.hello(claim())
    channel.send(work())
    keeper = ground.supervisor()
    channel.close()
    _until(lambda: gone(keeper))
    fresh = ground.open()
    holder = fresh.about().holder
    assert holder is not None
    fresh.hello(claim(token=TOKEN))
    assert fresh.send(work(number=2)).outcome is Outcome.DONE


def test_what_a_host_owes_to_another_run_is_told(ground: Ground) -> None:
    channel = ground.greeted()
    channel.send(work("kill -KILL $$"))
    (ground.state / "lock").unlink()
    os.kill(ground.supervisor(), signal.SIGKILL)
    greeting = ground.open().hello(claim(run="later", token="d" * 32))
    assert len(greeting.owed) == 1
    assert "attempt 1.1.0" in greeting.owed[0]


def test_another_boot_makes_an_unended_attempt_rebooted(ground: Ground) -> None:
    channel = ground.greeted()
    channel.send(work("kill -KILL $$"))
    os.kill(ground.supervisor(), signal.SIGKILL)
    log = ground.home / "log"
    earlier = log.read_text().replace("boot ", "boot 9", 1)
    words = next(line for line in earlier.splitlines() if line.startswith("boot")).split()
    total = 1
    for word in words[1:-1]:
        total = (total * 31 + int(word, 0)) % 2147483647
    log.write_text(earlier.replace(f" {words[-1]}\n", f" {total}\n", 1))
    _, greeting = again(ground, channel)
    assert [state.outcome for state in greeting.states] == [Outcome.REBOOTED]


def _third(ground: Ground) -> tuple[Channel, Greeting]:
    fresh = ground.open()
    return fresh, fresh.hello(claim(token="e" * 32, superseded=(TOKEN, "b" * 32)))


def _send_and_leave(
    ground: Ground, channel: Channel, frame: Frame, note: Path | None = None
) -> None:
    """Send a frame and end its relay as soon as it has begun."""
    lost: list[BaseException] = []

    def follow() -> None:
        try:
            channel.send(frame)
        except LinkLost as error:
            lost.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    begun = f"started {frame.number} {frame.attempt} {frame.undo_try}"
    _until(lambda: (ground.home / "log").exists() and begun in ground.log())
    _until(lambda: note is None or (note.exists() and note.read_text().endswith("\n")))
    channel.close()
    thread.join()
    assert lost


def _send_and_die(ground: Ground, channel: Channel, frame: Frame) -> None:
    """Send a frame, end the relay with nobody having read the answer, and wait for its end."""
    gate = ground.folder / "gate"
    pieces = list(frame.pieces)
    _send_and_leave(ground, channel, _waiting(frame, gate))
    gate.touch()
    _until(lambda: (ground.home / f"out/{frame.number}.{frame.attempt}.0.res").exists())
    assert pieces


def _waiting(frame: Frame, gate: Path) -> Frame:
    """The same frame, whose first piece waits for a file."""
    first, *rest = frame.pieces
    script = f"until [ -e {gate} ]; do sleep 0.05; done; {first.script}"
    held = Piece(name=first.name, kind=first.kind, script=script)
    return Frame(number=frame.number, task=frame.task, attempt=frame.attempt, pieces=(held, *rest))


def _until(condition: Callable[[], bool], limit: float = 15.0) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
