"""Several small tasks in one message under systemd share files, and never each other's words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mplay.channel.protocol import Frame, Piece, PieceKind
from mplay.model.task import Outcome
from tests.faults.channel.bed import RUN, Bed, claim
from tests.faults.channel.lab_bed import lab_bed
from tests.lab.fixtures import LabHosts

pytestmark = pytest.mark.lab

BIG = 1024 * 1024


@pytest.fixture
def bed(staging: LabHosts) -> Iterator[Bed]:
    bed = lab_bed(staging["stg-web1"])
    bed.clear()
    yield bed
    bed.shell("pkill -f '^sleep 47'")
    bed.clear()


def small(number: int, apply: str, verify: str = "fact of {n}") -> Frame:
    pieces = (
        Piece(name="apply", kind=PieceKind.APPLY, script=apply),
        Piece(name="verify", kind=PieceKind.VERIFY, script=verify.format(n=number)),
    )
    return Frame(number=number, task=f"t{number}@web", attempt=1, pieces=pieces, confined=True)


def test_each_answer_is_its_own_whatever_was_printed_before_it(bed: Bed) -> None:
    channel = bed.open()
    channel.hello(claim("a"))
    frames = [
        small(1, "echo long words of the first"),
        small(2, "true"),
        small(3, "printf 'no\\0text'; echo aside >&2"),
        small(4, f"head -c {BIG} /dev/zero | tr '\\0' x"),
        small(5, "echo short", verify="fact of {n}; fact more '{n} words'"),
    ]
    replies = channel.send_all(frames)
    assert [r.outcome for r in replies] == [Outcome.DONE] * 5
    out = [r.pieces["apply"].stdout for r in replies]
    assert out[:3] == [b"long words of the first\n", b"", b"no\0text"]
    assert (out[3][:1], out[4]) == (b"x", b"short\n")
    assert replies[3].pieces["apply"].truncated
    assert [r.pieces["apply"].stderr for r in replies] == [b"", b"", b"aside\n", b"", b""]
    assert [r.pieces["verify"].stdout.split(b"\n")[0] for r in replies] == [
        f"of\t{n}".encode() for n in range(1, 6)
    ]
    channel.release()
    channel.close()


def test_a_process_that_is_left_all_the_same_writes_into_no_later_answer(bed: Bed) -> None:
    channel = bed.open()
    channel.hello(claim("a"))
    frames = [
        small(1, "( sleep 0.3; echo late; exec sleep 47 ) & echo first"),
        small(2, "sleep 0.6; echo second"),
        small(3, "echo third"),
    ]
    replies = channel.send_all(frames)
    assert [r.pieces["apply"].stdout for r in replies] == [b"first\n", b"second\n", b"third\n"]
    assert len(replies[0].lingering) > 0
    assert [r.pieces["verify"].stdout for r in replies[1:]] == [b"of\t2\n", b"of\t3\n"]
    channel.release()
    channel.close()


def test_a_release_leaves_nothing_of_a_run_in_memory_and_only_its_record_on_disk(bed: Bed) -> None:
    channel = bed.open()
    channel.hello(claim("a"))
    channel.send_all([small(1, "echo one"), small(2, "echo two")])
    assert {"in", "out"} <= set(bed.shell(f"ls /run/mplay/{RUN}").split())
    channel.release()
    channel.close()
    assert bed.shell("ls /run/mplay 2>/dev/null").split() == []
    assert bed.shell(f"ls {bed.home}").split() == ["log", "save"]
