"""Tasks of another account: dropped to it, with a restore point of its own."""

from __future__ import annotations

import os
import pwd

import pytest

from mplay.channel.protocol import Piece, PieceKind
from mplay.model.change import Blob
from mplay.model.errors import UsageError
from mplay.model.task import Outcome
from tests.unit.channel.ground import Ground, work

ACCOUNT = "nobody"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to an account")


@needs_root
def test_a_task_of_an_account_is_that_account_in_every_piece(ground: Ground) -> None:
    _open_up(ground)
    blob = Blob.of_bytes(b"content")
    read = f'cat "$MPLAY_BLOBS"/{blob.sha256}'
    frame = work(
        f'id -un; {read}; echo; cat "$MPLAY_SAVE/x"; echo "$HOME"; echo oops >/dev/stderr',
        save='id -un >"$MPLAY_SAVE/x"',
        verify='fact who "$(id -un)"; fact groups "$(id -G)"',
        user=ACCOUNT,
        environment={"A": "it's"},
        blobs=(blob,),
    )
    reply = ground.greeted().send(frame)
    assert reply.outcome is Outcome.DONE, reply
    assert reply.pieces["apply"].stdout.decode().split() == [
        ACCOUNT,
        "content",
        ACCOUNT,
        pwd.getpwnam(ACCOUNT).pw_dir,
    ]
    assert reply.pieces["apply"].stderr == b"oops\n"
    assert f"who\t{ACCOUNT}".encode() in reply.pieces["verify"].stdout
    point = ground.home / "save/1.1"
    assert point.owner() == ACCOUNT
    assert point.stat().st_mode & 0o777 == 0o700


@needs_root
def test_its_restore_finds_what_its_save_kept(ground: Ground) -> None:
    _open_up(ground)
    channel = ground.greeted()
    channel.send(work(save='echo kept >"$MPLAY_SAVE/x"', user=ACCOUNT))
    reply = channel.send(work(restore='cat "$MPLAY_SAVE/x"; id -un', undo_try=1, user=ACCOUNT))
    assert reply.pieces["restore"].stdout == b"kept\nnobody\n"


@needs_root
def test_looking_drops_too(ground: Ground) -> None:
    script = 'fact who "$(id -un)"; fact long \'' + "x" * 5000 + "'"
    long = Piece(
        name="long",
        kind=PieceKind.PROBE,
        user=ACCOUNT,
        script=": '" + "y" * 300_000 + f"'\n{script}",
    )
    short = Piece(name="short", kind=PieceKind.PROBE, user=ACCOUNT, script="id -un")
    seen = ground.open().look([long, short], become=True)
    assert seen["short"].stdout == f"{ACCOUNT}\n".encode()
    assert seen["long"].stdout.startswith(f"who\t{ACCOUNT}\n".encode())


@needs_root
def test_a_task_of_an_account_past_its_time_is_ended(ground: Ground) -> None:
    reply = ground.greeted().send(work("sleep 600", user=ACCOUNT, timeout=0.3))
    assert reply.outcome is Outcome.TIMEOUT


def test_an_account_that_does_not_exist_fails_before_any_effect(ground: Ground) -> None:
    target = ground.folder / "target"
    reply = ground.greeted().send(work(f"touch {target}", user="no_such_account"))
    assert reply.outcome is Outcome.FAILED
    assert not target.exists()


@pytest.mark.parametrize("name", ["x;id", "a b", "$(id)", "-x", "../x"])
def test_what_cannot_be_an_account_is_refused_before_it_is_sent(ground: Ground, name: str) -> None:
    with pytest.raises(UsageError):
        ground.greeted().send(work(user=name))


def _open_up(ground: Ground) -> None:
    """Let an account pass through pytest's own directories, which are root's alone."""
    for folder in (ground.folder, *ground.folder.parents):
        if folder.stat().st_mode & 0o777 == 0o700:
            folder.chmod(0o711)
