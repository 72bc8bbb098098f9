"""Time and output of every task are bounded."""

from __future__ import annotations

from mplay.channel.replies import KEPT
from mplay.model.task import Outcome
from tests.unit.channel.ground import Ground, again, work


def test_a_task_past_its_time_is_ended_and_the_host_says_so(ground: Ground) -> None:
    channel = ground.greeted()
    reply = channel.send(work("echo begun; sleep 600", verify="fact a b", timeout=0.3))
    assert reply.outcome is Outcome.TIMEOUT
    assert reply.pieces["apply"].rc == 124
    assert reply.pieces["apply"].stdout == b"begun\n"
    assert reply.pieces["verify"].stdout == b"a\tb\n"
    _, greeting = again(ground, channel)
    assert [state.outcome for state in greeting.states] == [Outcome.TIMEOUT]


def test_a_task_that_ignores_being_told_is_killed_with_its_children(ground: Ground) -> None:
    script = (
        "trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & while :; do sleep 0.1; done"
    )
    reply = ground.greeted().send(work(script, timeout=0.3))
    assert reply.outcome is Outcome.TIMEOUT
    assert reply.lingering == ()


def test_a_task_that_must_not_be_cut_is_waited_for(ground: Ground) -> None:
    reply = ground.greeted().send(work("sleep 0.9; echo whole", timeout=0.2, uncut=True))
    assert reply.outcome is Outcome.DONE
    assert reply.pieces["apply"].stdout == b"whole\n"


def test_a_save_past_its_time_never_reaches_apply(ground: Ground) -> None:
    target = ground.folder / "target"
    reply = ground.greeted().send(work(f"touch {target}", save="sleep 600", timeout=0.3))
    assert reply.outcome is Outcome.TIMEOUT
    assert not target.exists()


def test_a_verification_past_its_time_leaves_the_outcome_of_the_work(ground: Ground) -> None:
    reply = ground.greeted().send(work("true", verify="sleep 600", timeout=0.3))
    assert (reply.outcome, reply.pieces["verify"].rc) == (Outcome.DONE, 124)


def test_of_a_flood_head_and_tail_are_kept_and_the_middle_is_counted(ground: Ground) -> None:
    script = "echo first; head -c 300000000 /dev/zero | tr '\\0' x; echo; echo last"
    reply = ground.greeted().send(work(script, verify="fact a b"))
    output = reply.pieces["apply"]
    assert reply.outcome is Outcome.DONE
    assert output.truncated
    assert output.stdout.startswith(b"first\nxxx")
    assert output.stdout.endswith(b"xxx\nlast\n")
    assert b" bytes left out]\n" in output.stdout
    assert len(output.stdout) < 2 * KEPT + 100
    assert reply.pieces["verify"].stdout == b"a\tb\n"


def test_a_flood_takes_little_room_on_the_host(ground: Ground) -> None:
    script = f"head -c 400000000 /dev/zero; sleep 0.9; du -sm {ground.home}/out >&2"
    reply = ground.greeted().send(work(script))
    assert int(reply.pieces["apply"].stderr.split()[0]) < 40


def test_both_outputs_may_flood_at_once(ground: Ground) -> None:
    script = "head -c 20000000 /dev/zero & head -c 20000000 /dev/zero >&2; wait"
    reply = ground.greeted().send(work(script))
    assert reply.outcome is Outcome.DONE
    assert len(reply.pieces["apply"].stdout) > KEPT
    assert len(reply.pieces["apply"].stderr) > KEPT


def test_output_is_told_as_it_comes_each_byte_once(ground: Ground) -> None:
    heard: list[tuple[str, bytes]] = []
    script = "for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done; echo end"
    reply = ground.greeted().send(work(script, verify="fact a b"), lambda *told: heard.append(told))
    assert b"".join(data for _, data in heard) == reply.pieces["apply"].stdout
    assert {name for name, _ in heard} == {"apply"}
    assert len(heard) > 1


def test_a_probe_over_a_mebibyte_is_marked(ground: Ground) -> None:
    reply = ground.greeted().send(work(verify="head -c 1100000 /dev/zero"))
    assert reply.pieces["verify"].truncated


def test_output_that_imitates_the_protocol_is_only_output(ground: Ground) -> None:
    script = (
        'for f in "$MPLAY_BLOBS"/../mark.*; do cat "$f" 2>/dev/null || :; done; '
        "echo 'work 0 0'; echo end; echo 'reply 1o'; echo 'piece 1 0 0 0'; exit 5"
    )
    reply = ground.greeted().send(work(script, verify="echo 'work 9 1'; fact a b"))
    assert (reply.outcome, reply.rc) == (Outcome.FAILED, 5)
    assert reply.pieces["apply"].stdout.endswith(b"work 0 0\nend\nreply 1o\npiece 1 0 0 0\n")
