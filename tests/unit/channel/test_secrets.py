"""Secrets reach their task, and are in nothing else: no file, no argument, no environment."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mplay.channel.connect import Connectors
from mplay.channel.discreet import MOST
from mplay.channel.protocol import Channel, Frame, Piece, PieceResult
from mplay.channel.relay import Manner
from mplay.model.change import Blob
from mplay.model.errors import UsageError
from mplay.model.host import localhost
from mplay.model.secrets import Secrets
from mplay.model.task import Outcome
from mplay.sdk import sh
from tests.unit.channel.ground import Ground, again, claim, gone, probe, work

CANARY = "canary'7f3a"
LONG = "\n".join(f"{CANARY} line {number} é" for number in range(150))

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to an account")

SEEN = (
    "printf '%s\\n' {canary} | grep -laF -f - /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null"
    " || true"
)
"""Shell that says which process shows the canary; a search for it shows none."""


class Secret(Ground):
    """Channels that know the secrets."""

    def open(self, manner: Manner | None = None) -> Channel:
        manner = manner or Manner(beat=1, silence=20.0, grace=0.3, state=str(self.state))
        secrets = Secrets([LONG])
        secrets.add(CANARY, "vault:1")
        channel = Connectors(manner, secrets=secrets).open(localhost())
        self._channels.append(channel)
        return channel


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Secret]:
    made = Secret(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["", pytest.param("nobody", marks=needs_root)])
def account(request: pytest.FixtureRequest, host: Secret) -> str:
    if request.param:
        for folder in (host.folder, *host.folder.parents[:3]):
            folder.chmod(0o755)
    return str(request.param)


def traces(host: Secret) -> list[Path]:
    """The files of the host's state that hold the canary."""
    files = [path for path in host.state.rglob("*") if path.is_file()]
    return [path for path in files if b"canary" in path.read_bytes()]


def test_a_secret_arrives_whole_and_no_process_and_no_file_shows_it(
    host: Secret, account: str
) -> None:
    frame = work(
        sh("printf '<%s>' {short}; printf '<%s>' {long}\n", short=CANARY, long=LONG)
        + sh(SEEN, canary=CANARY),
        save=sh('x={short}; [ "$x" ]', short=CANARY),
        verify=sh("fact it {short}", short=f"a{CANARY}b"),
        user=account,
    )
    channel = host.greeted()
    reply = channel.send(frame)
    assert reply.outcome is Outcome.DONE, reply
    assert reply.pieces["apply"].stdout.decode() == f"<{CANARY}><{LONG}>"
    assert f"it\ta{CANARY}b".encode() in reply.pieces["verify"].stdout
    # What a task prints is its own.
    assert {path.parent.name for path in traces(host)} == {"out"}


def test_it_is_known_to_no_task_after_it(host: Secret) -> None:
    channel = host.greeted()
    channel.send(work(sh("x={short}", short=CANARY)))
    reply = channel.send(work("set; export -p", number=2))
    assert b"canary" not in reply.pieces["apply"].stdout
    assert b"MPLAY_SECRET" not in reply.pieces["apply"].stdout


def test_it_is_not_in_the_environment_of_what_a_task_starts(host: Secret, account: str) -> None:
    frame = work(sh("x={short}; env; sh -c set", short=CANARY), user=account)
    reply = host.greeted().send(frame)
    assert reply.outcome is Outcome.DONE
    assert b"canary" not in reply.pieces["apply"].stdout


def test_what_environment_asks_for_is_exported_to_that_task_alone(
    host: Secret, account: str
) -> None:
    channel = host.greeted()
    frame = work("sh -c 'printf %s \"$PASSWORD\"'", environment={"PASSWORD": CANARY}, user=account)
    assert channel.send(frame).pieces["apply"].stdout.decode() == CANARY
    reply = channel.send(work('printf %s "${PASSWORD-none}"', number=2))
    assert reply.pieces["apply"].stdout == b"none"
    assert not [path for path in traces(host) if path.parent.name != "out"]


def test_content_that_holds_it_is_no_file_of_the_run(host: Secret) -> None:
    blob = Blob.of_bytes(f"password={CANARY}\n".encode() + b"\0\xff")
    target = host.folder / "target"
    apply = sh('cat -- "$MPLAY_BLOBS"/{sum} >{target}', sum=blob.sha256, target=str(target))
    reply = host.greeted().send(work(apply, blobs=(blob,)))
    assert reply.outcome is Outcome.DONE, reply
    assert target.read_bytes() == blob.data
    assert traces(host) == []


def test_a_text_for_a_shell_does_its_work(host: Secret) -> None:
    text = f"printf '%s|%s' \"$0\" {CANARY!r}; cat"
    script = (
        sh("printf in | ( exec /bin/sh -c {text} )", text=text) + "\n" + sh(SEEN, canary=CANARY)
    )
    reply = host.greeted().send(work(script))
    assert reply.pieces["apply"].stdout.decode() == f"/bin/sh|{CANARY}in"


def test_frames_of_one_message_have_their_own(host: Secret) -> None:
    frames = [
        work(sh("printf %s {x}", x=f"{number}{CANARY}"), number=number) for number in range(1, 5)
    ]
    replies = host.greeted().send_all(frames)
    said = [reply.pieces["apply"].stdout.decode() for reply in replies]
    assert said == [f"{number}{CANARY}" for number in range(1, 5)]


def content(number: int, size: int) -> Frame:
    blob = Blob.of_bytes(f"{CANARY}{number}".encode() + b"x" * size)
    apply = sh('cat -- "$MPLAY_BLOBS"/{sum} | wc -c', sum=blob.sha256)
    return work(apply, number=number, blobs=(blob,))


def test_more_than_one_message_can_bring_goes_one_after_another(host: Secret) -> None:
    replies = host.greeted().send_all([content(number, MOST // 2) for number in (1, 2, 3)])
    assert [reply.outcome for reply in replies] == [Outcome.DONE] * 3
    assert int(replies[2].pieces["apply"].stdout) == MOST // 2 + len(CANARY) + 1


def test_the_largest_secret_arrives_and_a_larger_one_is_refused(host: Secret) -> None:
    channel = host.greeted()
    reply = channel.send(content(1, MOST - len(CANARY) - 1))
    assert int(reply.pieces["apply"].stdout) == MOST
    with pytest.raises(UsageError, match="are the most"):
        channel.send(content(2, MOST))


def test_a_lost_supervisor_is_given_them_again(host: Secret) -> None:
    channel = host.greeted()
    frame = work(sh("printf %s {x}", x=CANARY))
    channel.send(frame)
    process = host.supervisor()
    os.kill(process, signal.SIGKILL)
    while not gone(process):
        pass
    fresh, _ = again(host, channel)
    reply = fresh.send(work(sh("printf %s {x}", x=CANARY), number=2))
    assert reply.pieces["apply"].stdout.decode() == CANARY


def test_a_probe_has_them_too(host: Secret, account: str) -> None:
    pieces = [
        probe(sh("fact it {x}\n", x=CANARY) + sh(SEEN, canary=CANARY), "one", user=account),
        probe('fact none "${PASSWORD-none}"', "two", user=account),
    ]
    channel = host.open()
    for found in (channel.look(pieces, become=False), _owned(host, pieces)):
        assert found["one"].stdout.decode() == f"it\t{CANARY}\n"
        assert found["two"].stdout == b"none\tnone\n"
    assert traces(host) == []


def _owned(host: Secret, pieces: list[Piece]) -> Mapping[str, PieceResult]:
    channel = host.open()
    channel.hello(claim())
    frame = Frame(number=0, task="probe", attempt=0, pieces=tuple(pieces))
    return channel.send(frame).pieces
