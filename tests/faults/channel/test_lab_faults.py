"""What networks and hosts do in the middle of a task: the host still knows what it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from mplay.channel.protocol import Channel, Frame, Greeting, Piece, PieceKind
from mplay.lab.faults import link_down
from mplay.model.errors import HostLocked, LinkLost, Unreachable
from mplay.model.task import Outcome
from tests.faults.channel.bed import RUN, Bed, claim
from tests.faults.channel.lab_bed import lab_bed
from tests.lab.fixtures import LabHost, LabHosts

pytestmark = pytest.mark.lab

FILE = "/var/tmp/channel-fault"


@pytest.fixture
def web(staging: LabHosts) -> LabHost:
    return staging["stg-web1"]


@pytest.fixture
def bed(web: LabHost) -> Bed:
    bed = lab_bed(web)
    bed.clear()
    bed.shell(f"rm -f {FILE}")
    return bed


def slow(seconds: float) -> Frame:
    """A task that begins its effect at once and ends it after some time."""
    scripts = (
        (PieceKind.APPLY, f"printf x >>{FILE}; sleep {seconds}; printf y >>{FILE}; echo ended"),
        (PieceKind.VERIFY, f'fact content "$(cat {FILE})"'),
    )
    pieces = tuple(Piece(name=kind.value, kind=kind, script=script) for kind, script in scripts)
    return Frame(number=1, task="slow@web", attempt=1, pieces=pieces)


def begin(bed: Bed, frame: Frame, fault: Callable[[], object]) -> None:
    """Send, do the fault when the effect has begun, and see the link lost."""

    def when_begun() -> None:
        bed.shell(f"for i in $(seq 200); do [ -s {FILE} ] && break; sleep 0.05; done")
        fault()

    channel = bed.open(silence=3.0)
    channel.hello(claim("a"))
    thread = threading.Thread(target=when_begun)
    thread.start()
    with pytest.raises(LinkLost):
        channel.send(frame)
    thread.join()
    channel.close()


def come_back(bed: Bed) -> tuple[Channel, Greeting]:
    end = time.monotonic() + 60
    while True:
        try:
            channel = bed.open()
            return channel, channel.hello(claim("b", "a"))
        except (Unreachable, LinkLost):
            assert time.monotonic() < end
            time.sleep(0.3)


def test_a_superseded_owner_is_refused_by_the_host_itself(bed: Bed) -> None:
    old = bed.open()
    old.hello(claim("a"))
    new = bed.open()
    new.hello(claim("b", "a"))
    with pytest.raises(HostLocked):
        old.send(slow(0.1))
    assert bed.shell(f"[ -e {FILE} ] && echo touched || echo untouched").strip() == "untouched"
    old.close()
    new.release()
    new.close()


def test_a_restart_of_sshd_does_not_touch_a_task(bed: Bed, web: LabHost) -> None:
    channel = bed.open()
    channel.hello(claim("a"))
    threading.Timer(0.7, web.ssh, ("systemctl restart ssh; systemctl daemon-reexec",)).start()
    reply = channel.send(slow(2))
    assert (reply.outcome, reply.pieces["verify"].stdout) == (Outcome.DONE, b"content\txy\n")
    channel.release()
    channel.close()


def test_a_session_that_is_killed_on_the_host_does_not_touch_a_task(bed: Bed, web: LabHost) -> None:
    begin(bed, slow(2), lambda: web.ssh("pkill -9 -f 'sshd: root@notty'"))
    channel, greeting = come_back(bed)
    assert [s.outcome for s in greeting.states] in ([Outcome.RUNNING], [Outcome.DONE])
    reply = channel.attach(slow(2))
    assert (reply.outcome, reply.pieces["apply"].stdout) == (Outcome.DONE, b"ended\n")
    assert reply.pieces["verify"].stdout == b"content\txy\n"
    channel.release()
    channel.close()


def test_a_link_cut_for_five_seconds_is_noticed_and_the_task_is_found_again(
    bed: Bed, web: LabHost
) -> None:
    record = web.lab.record(web.name)
    begin(bed, slow(7), lambda: link_down(web.lab.place, record, seconds=5))
    channel, greeting = come_back(bed)
    assert [s.outcome for s in greeting.states] in ([Outcome.RUNNING], [Outcome.DONE])
    reply = channel.attach(slow(7))
    assert (reply.outcome, reply.pieces["verify"].stdout) == (Outcome.DONE, b"content\txy\n")
    channel.release()
    channel.close()


def test_a_reboot_in_the_middle_of_a_task_is_told_from_every_other_end(
    bed: Bed, web: LabHost
) -> None:
    begin(bed, slow(60), lambda: web.ssh("systemctl reboot"))
    channel, greeting = come_back(bed)
    assert [(s.outcome, s.piece) for s in greeting.states] == [(Outcome.REBOOTED, "apply")]
    assert channel.attach(slow(60)).outcome is Outcome.REBOOTED
    frame = Frame(
        number=1,
        task="slow@web",
        attempt=1,
        undo_try=1,
        pieces=(Piece(name="undo", kind=PieceKind.RESTORE, script=f"rm -f {FILE}"),),
    )
    assert channel.send(frame).outcome is Outcome.DONE
    channel.release()
    channel.close()
    assert bed.shell(f"cat /var/lib/mplay/runs/{RUN}/log | grep -c boot").strip() == "2"


def test_a_task_of_a_supervisor_under_systemd_lives_in_a_cgroup_of_its_own(bed: Bed) -> None:
    channel = bed.open()
    channel.hello(claim("a"))
    # A process that was just forked still has its parent's name.
    named = 'until read -r name </proc/$!/comm && [ "$name" = sleep ]; do :; done'
    script = f"grep ^0:: /proc/self/cgroup; sleep 30 >/dev/null 2>&1 & {named}; echo $!"
    pieces = (Piece(name="apply", kind=PieceKind.APPLY, script=script),)
    reply = channel.send(Frame(number=1, task="t@web", attempt=1, pieces=pieces))
    where, left = reply.pieces["apply"].stdout.decode().split()[-2:]
    assert where == f"0::/system.slice/mplay-{RUN}.service/task1"
    assert reply.lingering == (f"{left} sleep",)
    again = channel.send(Frame(number=2, task="t@web", attempt=1, pieces=pieces))
    assert again.pieces["apply"].stdout.decode().split()[0].endswith("/task2")
    channel.release()
    channel.close()
    bed.shell(f"kill {left}; pkill -f '^sleep 30'")


def test_a_task_past_its_time_is_ended_in_its_cgroup(bed: Bed) -> None:
    channel = bed.open()
    channel.hello(claim("a"))
    script = "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 0.1; done' & wait"
    pieces = (Piece(name="apply", kind=PieceKind.APPLY, script=script),)
    reply = channel.send(Frame(number=1, task="t@web", attempt=1, pieces=pieces, timeout=0.5))
    assert reply.outcome is Outcome.TIMEOUT
    assert reply.lingering == ()
    channel.release()
    channel.close()
