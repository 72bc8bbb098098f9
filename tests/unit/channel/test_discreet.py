from __future__ import annotations

from collections.abc import Mapping

import pytest

from mplay.channel.discreet import MOST, discreet, discreet_pieces, secret_lines
from mplay.channel.protocol import Frame, Piece, PieceKind
from mplay.model.change import Blob
from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets
from mplay.sdk import sh
from tests.unit.channel.test_holes import run

SECRET = "hunter22 it's"


def known() -> Secrets:
    secrets = Secrets()
    secrets.add(SECRET, "vault:1")
    return secrets


def reading(blob: Blob) -> str:
    return sh('cat -- "$MPLAY_BLOBS"/{sum} >{new}', sum=blob.sha256, new="/dev/stdout")


def frame(
    script: str, *blobs: Blob, environment: Mapping[str, str] | None = None, number: int = 1
) -> Frame:
    piece = Piece(name="apply", kind=PieceKind.APPLY, script=script, environment=environment or {})
    return Frame(number=number, task="t", attempt=1, pieces=(piece,), blobs=blobs)


def test_a_frame_without_secrets_is_left_as_it_is() -> None:
    plain = frame("echo x", Blob.of_bytes(b"y"), environment={"LANG": "C"})
    found = discreet([plain], known())
    assert found.frames == (plain,)
    assert found.values == {}


def test_secrets_of_all_frames_travel_beside_them() -> None:
    frames = [frame(sh("printf %s {x}", x=SECRET)), frame("echo x", number=2)]
    found = discreet(frames, known())
    assert "hunter22" not in repr(found.frames)
    assert list(found.values.values()) == [SECRET]


@pytest.mark.parametrize(
    "data", [f"a\nb={SECRET}\n\n".encode(), b"\0\xff" + SECRET.encode() + b"\0\n", b"\xff" * 9]
)
def test_content_that_holds_a_secret_is_no_blob_and_arrives_all_the_same(data: bytes) -> None:
    blob, other = Blob.of_bytes(data), Blob.of_bytes(b"nothing of it")
    secrets = known()
    secrets.add("\udcff" * 9, "vault:2")
    found = discreet([frame(reading(blob), blob, other)], secrets)
    (sent,) = found.frames
    assert sent.blobs == (other,)
    assert "hunter22" not in repr(sent)
    printed = run(sent.pieces[0].script + "\nprintf .", dict(found.values))
    assert printed.encode("utf-8", "surrogateescape") == data + b"."


def test_lines_around_a_secret_in_content_do_not_become_secrets() -> None:
    secrets, blob = known(), Blob.of_bytes(f"listen 80;\npw={SECRET}\n".encode())
    discreet([frame(reading(blob), blob)], secrets)
    assert not secrets.found_in("listen 80;")


def test_content_that_is_read_otherwise_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be sent in this way"):
        discreet([frame("tar x", Blob.of_bytes(SECRET.encode()))], known())


def test_a_secret_of_the_environment_is_exported_by_the_script_itself() -> None:
    sent = frame("sh -c 'printf %s \"$PGPASSWORD\"'", environment={"L": "C", "PGPASSWORD": SECRET})
    found = discreet([sent], known())
    (piece,) = found.frames[0].pieces
    assert dict(piece.environment) == {"L": "C"}
    assert "hunter22" not in piece.script
    assert run(piece.script, dict(found.values)) == SECRET


def test_a_secret_that_only_the_journal_knew_is_asked_for() -> None:
    script = known().marked(sh("printf %s {x}", x=SECRET))
    piece = frame(script).pieces[0]
    with pytest.raises(UsageError, match="needs a secret that is not known here"):
        discreet_pieces([piece], Secrets())


def test_lines_are_short_enough_for_a_pipe_and_hold_the_value_as_hex() -> None:
    lines = secret_lines({"A": "x" * 4000, "B": "é"}).splitlines()
    assert max(map(len, lines)) < 4000
    assert [line.split()[:2] for line in lines] == [
        *([b"A", b"1/3"], [b"A", b"2/3"], [b"A", b"3/3"], [b"B", b"1/1"])
    ]
    joined = b"".join(line.split()[2] for line in lines[:3])
    assert bytes.fromhex(joined.decode()) == b"x" * 4000
    assert lines[3].split()[2] == "é".encode().hex().encode()


def test_more_than_a_pipe_takes_is_refused() -> None:
    with pytest.raises(UsageError, match="24576 are the most"):
        secret_lines({"A": "x" * (MOST + 1)})
