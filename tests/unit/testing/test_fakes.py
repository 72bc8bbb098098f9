"""The fake channel keeps the protocol's word, and fails as it is told to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mplay.channel.protocol import Channel, Claim, Connector, Frame, Piece, PieceKind, PieceResult
from mplay.model.change import Blob
from mplay.model.errors import HostLocked, HostRefused, LinkLost, PersonNeeded, Unreachable
from mplay.model.host import Host
from mplay.model.task import Outcome
from mplay.sdk import parse_facts
from mplay.testing import FakeChannel, FakeClock, FakeConnector, FakeHost, Fault, printed

HOST = Host(name="web1")
CLAIM = Claim(run="r1", token="t1", owner="ann")


@pytest.fixture
def fake(tmp_path: Path) -> FakeHost:
    return FakeHost(name="web1", folder=tmp_path)


def opened(fake: FakeHost, claim: Claim = CLAIM) -> FakeChannel:
    channel = FakeConnector([fake]).open(HOST)
    channel.hello(claim)
    return channel


def frame(number: int = 1, *, apply: str = "echo done >made", undo_try: int = 0) -> Frame:
    work = (
        Piece(name="save", kind=PieceKind.SAVE, script='echo old >"$MPLAY_SAVE/old"'),
        Piece(name="apply", kind=PieceKind.APPLY, script=apply),
        Piece(name="verify", kind=PieceKind.VERIFY, script='fact made "$(cat made)"'),
    )
    undo = (Piece(name="restore", kind=PieceKind.RESTORE, script='cat "$MPLAY_SAVE/old"'),)
    return Frame(
        number=number,
        task="conf@web1",
        attempt=1,
        pieces=undo if undo_try else work,
        undo_try=undo_try,
    )


def outcomes(channel: FakeChannel) -> list[tuple[Outcome, str]]:
    return [(state.outcome, state.piece) for state in channel.hello(CLAIM).states]


def test_the_fakes_speak_the_protocol(fake: FakeHost) -> None:
    connector: Connector = FakeConnector([fake])
    channel: Channel = connector.open(HOST)
    assert (channel.host, channel.login) == ("web1", "root")


def test_a_frame_runs_its_pieces_in_a_real_shell_with_its_restore_point(fake: FakeHost) -> None:
    channel = opened(fake)
    heard: list[tuple[str, bytes]] = []
    reply = channel.send(frame(), lambda name, text: heard.append((name, text)))
    assert (reply.outcome, reply.rc) == (Outcome.DONE, 0)
    assert parse_facts(reply.pieces["verify"].stdout) == {"made": "done"}
    assert heard == [("verify", b"made\tdone\n")]
    assert channel.send(frame(undo_try=1)).pieces["restore"].stdout == b"old\n"
    assert outcomes(channel) == [(Outcome.DONE, "apply"), (Outcome.DONE, "restore")]


def test_apply_that_fails_is_failed_and_still_looked_at(fake: FakeHost) -> None:
    (fake.folder / "made").write_text("before")
    reply = opened(fake).send(frame(apply="exit 3"))
    assert (reply.outcome, reply.rc) == (Outcome.FAILED, 3)
    assert reply.pieces["verify"].rc == 0


def test_apply_is_not_begun_where_save_failed(fake: FakeHost) -> None:
    whole = frame()
    broken = Piece(name="save", kind=PieceKind.SAVE, script="exit 1")
    reply = opened(fake).send(
        Frame(number=1, task="t", attempt=1, pieces=(broken, *whole.pieces[1:]))
    )
    assert reply.outcome is Outcome.FAILED
    assert reply.pieces["apply"].rc is None
    assert not (fake.folder / "made").exists()


def test_work_that_takes_too_long_is_a_timeout(fake: FakeHost) -> None:
    piece = Piece(name="apply", kind=PieceKind.APPLY, script="sleep 5", timeout=0.05)
    reply = opened(fake).send(Frame(number=1, task="t", attempt=1, pieces=(piece,)))
    assert reply.outcome is Outcome.TIMEOUT


def test_an_answer_by_rote_comes_before_the_shell(fake: FakeHost) -> None:
    def answer(piece: Piece) -> PieceResult | None:
        return printed({"made": "by rote"}) if piece.kind is PieceKind.VERIFY else None

    fake.answers = [answer]
    reply = opened(fake).send(frame())
    assert parse_facts(reply.pieces["verify"].stdout) == {"made": "by rote"}
    assert (fake.folder / "made").read_text() == "done\n"
    assert fake.log == [("conf@web1", n) for n in ("save", "apply", "verify")]


def test_a_host_that_another_token_holds_refuses_and_names_its_holder(fake: FakeHost) -> None:
    fake.hold("r0", "bob", since="yesterday", token="t0")
    with pytest.raises(HostLocked, match="run r0 of bob since yesterday"):
        opened(fake)
    opened(fake, Claim(run="r1", token="t1", owner="ann", superseded=("t0",)))
    assert fake.token == "t1"


def test_an_owner_that_was_superseded_sends_nothing_more(fake: FakeHost) -> None:
    first = opened(fake)
    opened(fake, Claim(run="r1", token="t2", owner="ann", superseded=("t1",)))
    with pytest.raises(HostLocked):
        first.send(frame())
    assert fake.frames == []


def test_the_lock_is_given_back_and_can_be_broken(fake: FakeHost) -> None:
    channel = opened(fake)
    channel.release()
    assert channel.about().holder is None
    with pytest.raises(HostLocked):
        channel.send(frame())
    channel = opened(fake)
    assert channel.unlock("other") is False
    assert channel.unlock("r1") is True


def test_another_machine_is_refused(fake: FakeHost) -> None:
    with pytest.raises(PersonNeeded, match="another machine answers"):
        opened(fake, Claim(run="r1", token="t1", owner="ann", machine_id="else"))


def test_a_host_that_is_down_comes_back_after_so_many_attempts(fake: FakeHost) -> None:
    fake.unreachable = 1
    connector = FakeConnector([fake])
    with pytest.raises(Unreachable):
        connector.open(HOST)
    connector.open(HOST)
    with pytest.raises(Unreachable):
        connector.open(Host(name="nobody"))


def test_nothing_is_sent_without_hello_or_after_close(fake: FakeHost) -> None:
    channel = FakeConnector([fake]).open(HOST)
    with pytest.raises(HostRefused):
        channel.send(frame())
    channel.close()
    with pytest.raises(LinkLost):
        channel.look([], become=False)


def test_a_frame_lost_on_its_way_never_was(fake: FakeHost) -> None:
    fake.fail(Fault.LOST_BEFORE)
    with pytest.raises(LinkLost):
        opened(fake).send(frame())
    again = opened(fake)
    assert outcomes(again) == []
    assert again.attach(frame()).outcome is Outcome.NEVER


def test_a_reply_that_was_lost_waits_on_the_host(fake: FakeHost) -> None:
    fake.fail(Fault.LOST_AFTER, task="conf@web1")
    with pytest.raises(LinkLost):
        opened(fake).send(frame())
    assert opened(fake).attach(frame()).pieces["verify"].stdout == b"made\tdone\n"
    assert len(fake.frames) == 1


@pytest.mark.parametrize(
    ("fault", "outcome", "piece", "made"),
    [
        (Fault.DIES_BEFORE, Outcome.DIED, "save", False),
        (Fault.DIES_AFTER, Outcome.DIED, "apply", True),
        (Fault.ORPHANS, Outcome.ORPHAN, "apply", True),
    ],
)
def test_a_supervisor_dies_before_or_after_the_effect(
    fake: FakeHost, fault: Fault, outcome: Outcome, piece: str, *, made: bool
) -> None:
    fake.fail(fault, kind=PieceKind.APPLY)
    channel = opened(fake)
    assert channel.send(frame()).outcome is outcome
    assert outcomes(channel) == [(outcome, piece)]
    assert (fake.folder / "made").exists() is made
    channel.kill(frame())
    assert outcomes(channel) == [(Outcome.DIED, piece)]


def test_a_host_that_reboots_has_another_boot_identity_and_keeps_its_lock(fake: FakeHost) -> None:
    fake.fail(Fault.REBOOTS_AFTER)
    with pytest.raises(LinkLost):
        opened(fake).send(frame())
    greeting = opened(fake).hello(CLAIM)
    assert greeting.boot == "boot-2"
    assert [s.outcome for s in greeting.states] == [Outcome.REBOOTED]
    assert fake.holder is not None


def test_a_fault_waits_for_its_task_and_happens_once(fake: FakeHost) -> None:
    fake.fail(Fault.LOST_BEFORE, task="other@web1")
    channel = opened(fake)
    assert channel.send(frame()).outcome is Outcome.DONE
    assert len(fake.pending) == 1


def test_looking_keeps_nothing(fake: FakeHost) -> None:
    probe = Piece(name="p", kind=PieceKind.PROBE, script="fact here yes")
    channel = FakeConnector([fake]).open(HOST)
    assert channel.look([probe], become=True)["p"].stdout == b"here\tyes\n"
    assert channel.about().holder is None
    assert fake.states == {}


def test_blobs_and_restore_points_are_kept_until_they_are_forgotten(fake: FakeHost) -> None:
    blob = Blob.of_bytes(b"content")
    read = f'cat "$MPLAY_BLOBS/{blob.sha256}" >made'
    channel = opened(fake)
    whole = frame(apply=read)
    channel.send(
        Frame(number=1, task="t", attempt=1, pieces=whole.pieces, blobs=(blob,)),
    )
    assert (fake.folder / "made").read_bytes() == b"content"
    assert fake.blobs() == {blob.sha256}
    channel.forget([blob.sha256])
    assert fake.blobs() == set()
    assert fake.restore_points("r1").exists()
    channel.prune("r1")
    assert not fake.restore_points("r1").exists()


def test_the_clock_moves_only_when_told_or_slept_on() -> None:
    clock = FakeClock()
    begun = clock.now()
    clock.sleep(2.5)
    clock.advance(60)
    assert clock.now() - begun == timedelta(seconds=62.5)
    assert clock.monotonic() == 62.5
    assert clock.slept == [2.5]
