"""One frame: what its pieces see, when each runs, and what comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.channel.protocol import Frame, Piece, PieceKind
from mplay.model.task import Outcome
from tests.unit.channel.ground import Ground, work


def test_a_frame_saves_applies_verifies_and_asks_the_next_probe_in_one_message(
    ground: Ground,
) -> None:
    target = ground.folder / "target"
    target.write_text("old")
    frame = work(
        f"echo new >{target}; echo done",
        save=f'cp {target} "$MPLAY_SAVE/old"',
        verify=f'fact content "$(cat {target})"',
        probe="fact next yes; echo aside >&2",
    )
    reply = ground.greeted().send(frame)
    assert (reply.outcome, reply.rc) == (Outcome.DONE, 0)
    assert reply.pieces["apply"].stdout == b"done\n"
    assert reply.pieces["verify"].stdout == b"content\tnew\n"
    assert reply.pieces["probe"].stdout == b"next\tyes\n"
    assert reply.pieces["probe"].stderr == b"aside\n"
    assert (ground.home / "save/1.1/old").read_text() == "old"
    assert ground.log() == ["started 1 1 0", "apply 1 1 0", "rc 1 1 0 0 0"]


def test_a_failed_save_ends_the_attempt_before_its_effect(ground: Ground) -> None:
    target = ground.folder / "target"
    frame = work(f"touch {target}", save="echo no room >&2; exit 3", verify="fact a b", probe=":")
    reply = ground.greeted().send(frame)
    assert (reply.outcome, reply.rc) == (Outcome.FAILED, 3)
    assert not target.exists()
    assert reply.pieces["apply"].rc is None
    assert reply.pieces["verify"].stdout == b"a\tb\n"
    assert reply.pieces["probe"].rc is None
    assert ground.log() == ["started 1 1 0", "rc 1 1 0 3 0"]


def test_verify_runs_after_a_failed_apply_and_the_next_probe_does_not(ground: Ground) -> None:
    reply = ground.greeted().send(work("echo half; false; echo never", verify=":", probe=":"))
    assert (reply.outcome, reply.rc) == (Outcome.FAILED, 1)
    assert reply.pieces["apply"].stdout == b"half\n"
    assert reply.pieces["verify"].rc == 0
    assert reply.pieces["probe"].rc is None


def test_an_undo_finds_the_restore_point_of_its_attempt(ground: Ground) -> None:
    channel = ground.greeted()
    channel.send(work(save='echo kept >"$MPLAY_SAVE/x"'))
    reply = channel.send(work(restore='cat "$MPLAY_SAVE/x"', undo_try=1))
    assert reply.pieces["restore"].stdout == b"kept\n"
    assert ground.log()[-3:] == ["started 1 1 1", "apply 1 1 1", "rc 1 1 1 0 0"]


def test_a_piece_has_a_clean_environment_its_own_words_and_no_stdin(ground: Ground) -> None:
    frame = work(
        'env | sort; echo "[$#]"; cat; pwd',
        environment={"GREETING": 'it\'s $HOME `id` "x"', "LANG": "C"},
        cwd="/usr",
    )
    printed = ground.greeted().send(frame).pieces["apply"].stdout.decode().splitlines()
    names = {line.partition("=")[0] for line in printed if "=" in line}
    assert names <= {
        "DEBIAN_FRONTEND",
        "GREETING",
        "HOME",
        "LANG",
        "MPLAY_BLOBS",
        "MPLAY_SAVE",
        "MPLAY_TASK",
        "NEEDRESTART_SUSPEND",
        "OLDPWD",
        "PATH",
        "PWD",
    }
    assert 'GREETING=it\'s $HOME `id` "x"' in printed
    assert "DEBIAN_FRONTEND=noninteractive" in printed
    assert printed[-2:] == ["[0]", "/usr"]


def test_a_piece_sees_no_variable_and_no_function_of_the_engine(ground: Ground) -> None:
    words = "number save text count name record start step commit members base run flags own"
    script = f'for w in {words}; do command -v "$w" || eval "echo \\${{$w-none}}"; done'
    reply = ground.greeted().send(work(script, probe=script))
    for piece in ("apply", "probe"):
        assert set(reply.pieces[piece].stdout.decode().split()) == {"none"}


def test_work_stops_at_the_first_error_and_an_unset_variable_is_one(ground: Ground) -> None:
    channel = ground.greeted()
    assert channel.send(work("false; echo on")).pieces["apply"].stdout == b""
    reply = channel.send(work('echo "$nothing_set"; echo on', number=2))
    assert reply.outcome is Outcome.FAILED
    assert b"nothing_set" in reply.pieces["apply"].stderr


def test_a_syntax_error_fails_its_piece_alone(ground: Ground) -> None:
    reply = ground.greeted().send(work('echo "', verify="fact a b"))
    assert reply.outcome is Outcome.FAILED
    assert reply.pieces["verify"].stdout == b"a\tb\n"


def test_a_task_starts_with_ordinary_signals_and_file_modes(ground: Ground) -> None:
    target = ground.folder / "made"
    frame = work(
        f"grep -E '^Sig(Ign|Blk)' /proc/self/status; touch {target}\n"
        "sh -c 'kill -INT $$' || echo $?"
    )
    printed = ground.greeted().send(frame).pieces["apply"].stdout.decode().split()
    assert (printed[0], printed[2], printed[4]) == ("SigBlk:", "SigIgn:", "130")
    # Signals 32 and 33 are the C library's own, and come with whoever started the tests.
    assert [int(mask, 16) & ~(3 << 31) for mask in (printed[1], printed[3])] == [0, 0]
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_task_holds_no_descriptor_of_the_engine(ground: Ground) -> None:
    printed = ground.greeted().send(work("ls -l /proc/self/fd | sed 's/.*-> //'")).pieces["apply"]
    assert not [
        line for line in printed.stdout.decode().split() if "bell" in line or "alive" in line
    ]


def test_an_attempt_that_is_sent_twice_runs_once(ground: Ground) -> None:
    channel = ground.greeted()
    counter = ground.folder / "counter"
    frame = work(f"echo x >>{counter}")
    first, second = channel.send(frame), channel.send(frame)
    assert first.outcome is second.outcome is Outcome.DONE
    assert counter.read_text() == "x\n"


def test_processes_that_a_task_leaves_running_are_named_and_let_live(ground: Ground) -> None:
    channel = ground.greeted()
    reply = channel.send(work("sleep 30 >/dev/null 2>&1 & echo $!"))
    left = int(reply.pieces["apply"].stdout)
    assert reply.lingering == (f"{left} sleep",)
    assert Path(f"/proc/{left}").exists()
    assert channel.send(work("true", number=2)).lingering == ()
    channel.send(work(f"kill {left}", number=3))


def test_a_script_of_a_megabyte_with_every_character_arrives_as_it_was_sent(ground: Ground) -> None:
    text = "".join(chr(c) for c in range(1, 0x250)).replace("\n", "") * 2000
    frame = work(f"cat <<'END_OF_TEXT' | tail -c +1\n{text}\nEND_OF_TEXT\n")
    reply = ground.greeted().send(frame)
    assert reply.outcome is Outcome.DONE
    assert reply.pieces["apply"].truncated
    assert text.encode().startswith(reply.pieces["apply"].stdout[:100_000])


def test_many_frames_sweep_what_was_acknowledged(ground: Ground) -> None:
    channel = ground.greeted()
    for number in range(1, 21):
        channel.send(work(number=number))
    assert len(list((ground.home / "out").glob("*.res"))) < 12
    assert len(list((ground.home / "in").iterdir())) < 12


def test_a_frame_of_probes_only_leaves_no_record_and_starts_no_supervisor(ground: Ground) -> None:
    pieces = tuple(
        Piece(name=f"p{i}", kind=PieceKind.PROBE, script=f"fact n {i}; exit {i}") for i in range(3)
    )
    reply = ground.greeted().send(Frame(number=0, task="", attempt=1, pieces=pieces))
    assert reply.outcome is Outcome.DONE
    assert [(r.rc, r.stdout) for r in reply.pieces.values()] == [
        (0, b"n\t0\n"),
        (1, b"n\t1\n"),
        (2, b"n\t2\n"),
    ]
    assert not ground.home.exists()


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("printf 'a\\tb\\n\\n  c\\\\d\\t'", b"a\tb\n\n  c\\d\t"),
        ("printf 'a\\0b\\nc'", b"a\0b\nc"),
        ("echo one; echo longer >/dev/stdout; echo", b"long\nr\n"),
        ("i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo 12345678; done", b"12345678\n" * 500),
    ],
    ids=["without a last newline", "with a NUL", "to a file of its own", "more than a few"],
)
def test_what_a_check_prints_arrives_byte_for_byte(
    ground: Ground, script: str, printed: bytes
) -> None:
    reply = ground.greeted().send(work(verify=script, probe="printf tail"))
    assert reply.pieces["verify"].stdout == printed
    assert reply.pieces["probe"].stdout == b"tail"
