"""Who owns a host: one run, by its token, until it gives the host back."""

from __future__ import annotations

import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from mplay.model.errors import HostLocked, HostRefused, PersonNeeded
from mplay.model.task import Outcome
from tests.unit.channel.ground import RUN, SUCCESSOR, TOKEN, Ground, claim, gone, work


def test_another_run_is_refused_and_told_who_since_when_and_what_clears_it(ground: Ground) -> None:
    ground.greeted().send(work())
    with pytest.raises(HostLocked) as refused:
        ground.open().hello(claim(run="other", token=SUCCESSOR))
    text = str(refused.value)
    assert f"locked by run {RUN} of ops@laptop since 20" in text
    assert "last sign of life 20" in text
    assert f"mplay unlock {RUN}" in text


def test_of_two_claims_at_once_one_wins(ground: Ground) -> None:
    def compete(index: int) -> bool:
        try:
            ground.open().hello(claim(run=f"run{index}", token=str(index) * 32))
        except HostLocked:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(compete, range(4))) == [False, False, False, True]


def test_the_lock_is_a_file_that_outlives_its_supervisor(ground: Ground) -> None:
    ground.greeted().send(work())
    os.kill(ground.supervisor(), signal.SIGKILL)
    with pytest.raises(HostLocked):
        ground.open().hello(claim(run="other", token=SUCCESSOR))


def test_a_superseded_owner_is_refused_at_its_next_word(ground: Ground) -> None:
    old = ground.greeted()
    old.send(work())
    ground.open().hello(claim(token=SUCCESSOR, superseded=(TOKEN,)))
    target = ground.folder / "target"
    with pytest.raises(HostLocked):
        old.send(work(f"touch {target}", number=2))
    with pytest.raises(HostLocked):
        old.send(work(number=0, apply="", probe=":"))
    with pytest.raises(HostLocked):
        old.release()
    assert not target.exists()


def test_a_token_that_was_not_said_to_be_superseded_is_not_replaced(ground: Ground) -> None:
    ground.greeted()
    with pytest.raises(HostLocked):
        ground.open().hello(claim(token=SUCCESSOR, superseded=("c" * 32,)))
    assert _holds(ground, TOKEN)


def test_a_run_takes_its_host_over_while_a_supervisor_lives_and_after_it_died(
    ground: Ground,
) -> None:
    ground.greeted().send(work())
    fresh = ground.open()
    assert fresh.hello(claim(token=SUCCESSOR, superseded=(TOKEN,))).states
    assert fresh.send(work(number=2)).outcome is Outcome.DONE
    os.kill(ground.supervisor(), signal.SIGKILL)
    third = ground.open()
    third.hello(claim(token="c" * 32, superseded=(TOKEN, SUCCESSOR)))
    assert third.send(work(number=3)).outcome is Outcome.DONE


def test_release_gives_the_host_back_and_leaves_restore_points_and_log(ground: Ground) -> None:
    channel = ground.greeted()
    channel.send(work(save='echo x >"$MPLAY_SAVE/x"'))
    keeper = ground.supervisor()
    channel.release()
    assert channel.about().holder is None
    assert gone(keeper)
    assert sorted(path.name for path in ground.home.iterdir()) == ["log", "save"]
    ground.open().hello(claim(run="other", token=SUCCESSOR))


def test_releasing_twice_is_releasing_once(ground: Ground) -> None:
    channel = ground.greeted()
    channel.release()
    channel.release()
    assert channel.about().holder is None


def test_unlock_removes_the_lock_of_the_named_run_only(ground: Ground) -> None:
    ground.greeted().send(work())
    operator = ground.open()
    assert operator.unlock("other") is False
    assert operator.unlock(RUN) is True
    assert operator.about().holder is None
    assert operator.unlock(RUN) is False


def test_prune_deletes_restore_points_but_not_the_log_and_not_of_a_run_that_holds_the_host(
    ground: Ground,
) -> None:
    channel = ground.greeted()
    channel.send(work(save='echo x >"$MPLAY_SAVE/x"'))
    with pytest.raises(HostLocked):
        channel.prune(RUN)
    channel.release()
    channel.prune(RUN)
    assert [path.name for path in ground.home.iterdir()] == ["log"]


def test_a_torn_lock_file_was_never_acknowledged_and_holds_nobody_off(ground: Ground) -> None:
    ground.state.mkdir()
    (ground.state / "lock").write_text("run other\ntoken cc")
    assert ground.open().about().holder is None
    ground.greeted()
    assert _holds(ground, TOKEN)


def test_a_reader_sees_who_holds_the_host_without_taking_it(ground: Ground) -> None:
    ground.greeted()
    holder = ground.open().about().holder
    assert holder is not None
    assert (holder.run, holder.owner) == (RUN, "ops@laptop")
    assert _holds(ground, TOKEN)


def test_another_machine_than_the_journal_knows_is_sent_nothing(ground: Ground) -> None:
    asked = claim()
    asked = type(asked)(run=asked.run, token=TOKEN, owner="me", machine_id="0" * 32)
    with pytest.raises(PersonNeeded, match="another machine answers"):
        ground.open().hello(asked)
    assert not ground.state.exists()


def test_the_state_directory_is_closed_to_others(ground: Ground) -> None:
    ground.greeted().send(work(save='echo x >"$MPLAY_SAVE/x"'))
    for path in (ground.state, *ground.state.rglob("*")):
        assert not stat.S_IMODE(path.lstat().st_mode) & 0o077, path


def test_an_owner_with_control_characters_cannot_forge_a_lock(ground: Ground) -> None:
    channel = ground.open()
    channel.hello(type(claim())(run=RUN, token=TOKEN, owner="me\ntoken forged\x1b[2J"))
    assert _holds(ground, TOKEN)
    holder = channel.about().holder
    assert holder is not None
    assert holder.owner == "me?token forged?[2J"


def test_a_state_directory_that_cannot_be_written_is_a_refusal(ground: Ground) -> None:
    ground.state.write_text("a file where the directory should be")
    with pytest.raises(HostRefused, match="cannot be written"):
        ground.open().hello(claim())


def _holds(ground: Ground, token: str) -> bool:
    return f"token {token}\n" in (ground.state / "lock").read_text()
