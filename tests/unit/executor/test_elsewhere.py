"""Reading another host: in parts, over lost connections, one answer for all who wait."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mplay.channel.protocol import Channel, Piece, PieceResult
from mplay.executor.elsewhere import PART, PARTS, ROOM, OtherHost, OtherHosts, Reader
from mplay.executor.probing import ProbeFailed
from mplay.model.change import Blob
from mplay.model.errors import LinkLost, Unreachable, UsageError
from mplay.model.host import Host
from mplay.testing import FakeClock, FakeConnector, FakeHost

SIZE = PART * (PARTS + 1) + 12345


class Watched:
    """A channel that counts questions, and loses its connection at some of them."""

    def __init__(self, inner: Channel, watch: Watching) -> None:
        self._inner = inner
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def look(self, pieces: Sequence[Piece], *, become: bool) -> Mapping[str, PieceResult]:
        watch = self._watch
        watch.asked.append(len(pieces))
        watch.became.add(become)
        if len(watch.asked) in watch.lost_at:
            raise LinkLost("db1", "cut")
        watch.hold.wait(10)
        return self._inner.look(pieces, become=become)


class Watching(FakeConnector):
    """Opens such channels to one host in memory."""

    def __init__(self, fake: FakeHost) -> None:
        super().__init__([fake])
        self.asked: list[int] = []
        self.became: set[bool] = set()
        self.lost_at: set[int] = set()
        self.hold = threading.Event()
        self.hold.set()

    def open(self, host: Host) -> Any:
        return Watched(super().open(host), self)


@pytest.fixture
def fake(tmp_path: Path) -> FakeHost:
    return FakeHost(name="db1", folder=tmp_path)


@pytest.fixture
def watch(fake: FakeHost) -> Watching:
    return Watching(fake)


def other(watch: Watching, patience: float = 0.0) -> OtherHost:
    return OtherHost(Host(name="db1"), watch, FakeClock(), patience)


def large(folder: Path) -> tuple[Blob, bytes]:
    content = bytes(range(251)) * (SIZE // 251 + 1)
    path = folder / "it's large"
    path.write_bytes(content[:SIZE])
    digest = hashlib.sha256(content[:SIZE]).hexdigest()
    return Blob(sha256=digest, size=SIZE, path=str(path), host="db1"), content[:SIZE]


@pytest.mark.parametrize("offset", [0, 1, PART, SIZE - 1, SIZE])
def test_a_file_comes_in_parts_from_any_offset(
    tmp_path: Path, watch: Watching, offset: int
) -> None:
    blob, content = large(tmp_path)
    parts = list(other(watch).read(blob, offset, Reader()))
    assert b"".join(parts) == content[offset:]
    assert all(len(part) <= PART for part in parts)
    assert all(count <= PARTS for count in watch.asked)


@pytest.mark.parametrize("lost_at", [{1}, {2}, {1, 2, 4}])
def test_after_a_lost_connection_it_goes_on_where_it_was(
    tmp_path: Path, watch: Watching, fake: FakeHost, lost_at: set[int]
) -> None:
    blob, content = large(tmp_path)
    watch.lost_at = lost_at
    assert b"".join(other(watch, patience=60.0).read(blob, 0, Reader())) == content
    assert len(watch.asked) == -(-SIZE // (PART * PARTS)) + len(lost_at)
    assert fake.connections == 1 + len(lost_at)


def test_a_host_that_stays_away_is_no_lost_link_of_whoever_reads_it(
    tmp_path: Path, watch: Watching, fake: FakeHost
) -> None:
    blob, _ = large(tmp_path)
    fake.unreachable = -1
    with pytest.raises(Unreachable, match="db1"):
        list(other(watch, patience=30.0).read(blob, 0, Reader()))


def test_what_is_missing_at_the_end_is_not_made_up(tmp_path: Path, watch: Watching) -> None:
    blob, content = large(tmp_path)
    Path(blob.path).write_bytes(content[:10])
    assert b"".join(other(watch).read(blob, 0, Reader())) == content[:10]
    Path(blob.path).unlink()
    assert list(other(watch).read(blob, 0, Reader())) == []


def test_of_many_readers_a_few_have_parts_in_memory_and_one_that_is_closed_leaves_its_place(
    tmp_path: Path, watch: Watching
) -> None:
    blob, content = large(tmp_path)
    host = other(watch)
    readers = [host.read(blob, 0, Reader()) for _ in range(ROOM)]
    assert all(next(reader) == content[:PART] for reader in readers)
    assert len(watch.asked) == ROOM
    late, got = host.read(blob, 0, Reader()), list[bytes]()
    thread = threading.Thread(target=lambda: got.extend(late))
    thread.start()
    thread.join(0.2)
    assert len(watch.asked) == ROOM, "there is no room for another one"
    readers[0].close()
    thread.join()
    assert b"".join(got) == content
    for reader in readers[1:]:
        assert b"".join(reader) == content[PART:]


def test_those_who_wait_share_an_answer_that_was_asked_for_after_they_came(
    watch: Watching,
) -> None:
    host, found = other(watch), list[Mapping[str, str]]()
    watch.hold.clear()
    threads = [
        threading.Thread(target=lambda: found.append(host.facts("fact a 1", Reader())))
        for _ in range(9)
    ]
    for thread in threads:
        thread.start()
    watch.hold.set()
    for thread in threads:
        thread.join()
    assert found == [{"a": "1"}] * 9
    assert len(watch.asked) <= 9
    before = len(watch.asked)
    host.facts("fact a 1", Reader())
    assert len(watch.asked) == before + 1, "whoever comes later asks anew"


def test_a_probe_that_fails_there_says_what_it_said(watch: Watching) -> None:
    with pytest.raises(ProbeFailed, match="permission denied"):
        other(watch).facts("echo permission denied >&2; exit 1", Reader(become=True))
    assert watch.became == {True}


def test_a_host_that_the_run_may_not_read_is_refused(watch: Watching) -> None:
    hosts = OtherHosts(hosts={"db1": Host(name="db1")}, connector=watch, clock=FakeClock())
    assert hosts.of("db1") is hosts.of("db1")
    with pytest.raises(UsageError, match="may not read files of 'prd-db1'"):
        hosts.of("prd-db1")
    hosts.close()
