"""Large content: sent once, verified, resumed, and never from a file that changed."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from mplay.channel.protocol import Channel
from mplay.model.change import Blob
from mplay.model.errors import LinkLost, Unreachable, UsageError
from mplay.model.task import Outcome
from tests.unit.channel.ground import Ground, again, work


def show(blob: Blob) -> str:
    file = f'"$MPLAY_BLOBS"/{blob.sha256}'
    return f"sha256sum <{file} | cut -c 1-64; stat -c %a {file}"


def test_content_arrives_whole_and_closed_to_others(ground: Ground) -> None:
    blob = Blob.of_bytes(bytes(range(256)) * 5000)
    reply = ground.greeted().send(work(show(blob), blobs=(blob, blob)))
    assert reply.pieces["apply"].stdout.decode().split() == [blob.sha256, "600"]


def test_a_large_file_is_sent_in_parts_and_only_once(ground: Ground, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"0123456789abcdef" * 1_000_000)
    blob = Blob.of_file(source)
    channel = ground.greeted()
    assert channel.send(work(show(blob), blobs=(blob,))).outcome is Outcome.DONE
    source.unlink()
    assert channel.send(work(show(blob), number=2, blobs=(blob,))).outcome is Outcome.DONE
    fresh, _ = again(ground, channel)
    assert fresh.send(work(show(blob), number=3, blobs=(blob,))).outcome is Outcome.DONE


def test_what_was_sent_before_the_link_was_lost_is_not_sent_again(
    ground: Ground, tmp_path: Path
) -> None:
    content = b"0123456789abcdef" * 100_000
    digest = hashlib.sha256(content).hexdigest()
    channel = ground.greeted()
    channel.send(work())
    (ground.home / "blobs" / f"{digest}.part").write_bytes(content[:1_000_000])
    source = tmp_path / "source"
    source.write_bytes(bytes(1_000_000) + content[1_000_000:])
    blob = Blob(sha256=digest, size=len(content), path=str(source))
    fresh, _ = again(ground, channel)
    reply = fresh.send(work(show(blob), number=2, blobs=(blob,)))
    assert reply.pieces["apply"].stdout.decode().split()[0] == digest


@pytest.mark.parametrize("change", [b"other content" * 8000, b"other content", b"", None])
def test_a_file_that_changed_is_a_located_error_and_its_task_never_begins(
    ground: Ground, tmp_path: Path, change: bytes | None
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"as it was" * 8000)
    blob = Blob.of_file(source)
    if change is None:
        source.unlink()
    else:
        source.write_bytes(change)
    channel = ground.greeted()
    with pytest.raises(UsageError) as refused:
        channel.send(work(f"touch {target}", blobs=(blob,)))
    assert str(source) in str(refused.value)
    _still_works(ground, channel)
    assert not target.exists()


def elsewhere(content: bytes) -> Blob:
    digest = hashlib.sha256(content).hexdigest()
    return Blob(sha256=digest, size=len(content), path="/srv/there", host="db1")


def test_what_a_host_has_of_another_hosts_file_is_not_asked_for_again(ground: Ground) -> None:
    content, asked = b"0123456789abcdef" * 100_000, list[int]()
    blob = elsewhere(content)

    def read(wanted: Blob, offset: int) -> Generator[bytes]:
        assert wanted is blob
        asked.append(offset)
        if not offset:
            yield content[:1_000_000]
            yield content[1_000_000:1_100_000]
            raise Unreachable("db1", "it went away")
        yield from (content[at : at + 70_000] for at in range(offset, len(content), 70_000))

    frame = replace(work(show(blob), blobs=(blob,)), read=read)
    channel = ground.greeted()
    with pytest.raises(Unreachable):
        channel.send(frame)
    with pytest.raises(LinkLost):
        channel.send(work())
    fresh, greeting = again(ground, channel)
    assert greeting.states == ()
    reply = fresh.send(frame)
    assert reply.pieces["apply"].stdout.decode().split() == [blob.sha256, "600"]
    assert asked[0] == 0
    assert 0 < asked[1] <= 1_000_000


@pytest.mark.parametrize("there", [b"", b"shorter", b"as it was, and longer", b"as it wax"])
def test_another_hosts_file_that_changed_is_named_with_its_host(
    ground: Ground, tmp_path: Path, there: bytes
) -> None:
    blob, target = elsewhere(b"as it was"), tmp_path / "target"

    def read(_blob: Blob, _offset: int) -> Generator[bytes]:
        yield there

    frame = replace(work(f"touch {target}", blobs=(blob,)), read=read)
    if there.startswith(b"as it was"):
        assert ground.greeted().send(frame).outcome is Outcome.DONE
        return
    with pytest.raises(UsageError, match="db1:/srv/there"):
        ground.greeted().send(frame)
    assert not target.exists()


def test_forgotten_content_is_gone_and_sent_again_when_needed(ground: Ground) -> None:
    blob = Blob.of_bytes(b"content")
    channel = ground.greeted()
    channel.send(work(blobs=(blob,)))
    channel.forget([blob.sha256])
    assert not list((ground.home / "blobs").iterdir())
    reply = channel.send(work(show(blob), number=2, blobs=(blob,)))
    assert reply.outcome is Outcome.DONE


def _still_works(ground: Ground, channel: Channel) -> None:
    fresh, greeting = again(ground, channel)
    assert greeting.states == ()
    assert fresh.send(work(number=2)).outcome is Outcome.DONE
