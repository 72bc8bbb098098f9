"""The host's log: what it says of attempts, and that a torn line says nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mplay.channel.hostlog import LogEntry, parse_log, states
from mplay.model.task import Outcome

BOOT = "00000001-0002-0003-0004-000000000005 77"
NUMBERS = {"boot": 1, "started": 2, "apply": 3, "rc": 4}


def record(verb: str, *numbers: int) -> bytes:
    total = NUMBERS[verb]
    for number in numbers:
        total = (total * 31 + number) % 2147483647
    return " ".join([verb, *map(str, numbers), str(total)]).encode() + b"\n"


BEGUN = record("boot", 77, 1, 2, 3, 4, 5)
WHOLE = BEGUN + record("started", 3, 1, 0) + record("apply", 3, 1, 0) + record("rc", 3, 1, 0, 7, 0)


def test_a_whole_log_tells_how_an_attempt_ended() -> None:
    assert parse_log(WHOLE) == {(3, 1, 0): LogEntry(BOOT, applied=True, rc=7)}


@given(st.integers(0, len(WHOLE)))
def test_a_log_torn_anywhere_never_claims_an_end_that_is_not_wholly_there(cut: int) -> None:
    entries = parse_log(WHOLE[:cut])
    for entry in entries.values():
        assert entry.rc is None or cut == len(WHOLE)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_changed_byte_never_makes_a_failure_a_success(place: int, byte: int) -> None:
    changed = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    for entry in parse_log(changed).values():
        assert entry.rc in {None, 7}


def test_what_follows_a_torn_line_is_read() -> None:
    torn = BEGUN + b"started 3 1\n" + record("started", 4, 1, 0)
    assert list(parse_log(torn)) == [(4, 1, 0)]


def test_states_are_as_the_host_stands_now() -> None:
    log = BEGUN + b"".join(record("started", n, 1, 0) for n in range(1, 6))
    log += record("rc", 4, 1, 0, 0, 0) + record("rc", 5, 1, 0, 143, 1)
    known = states(parse_log(log), BOOT, running=["1.1.0"], alive={"2.1.0"})
    assert [s.outcome for s in known] == [
        Outcome.RUNNING,
        Outcome.ORPHAN,
        Outcome.DIED,
        Outcome.DONE,
        Outcome.TIMEOUT,
    ]


def test_after_a_reboot_nothing_of_the_earlier_boot_runs() -> None:
    log = BEGUN + record("started", 1, 1, 0) + record("boot", 99, 1, 2, 3, 4, 6)
    log += record("started", 2, 1, 0)
    now = "00000001-0002-0003-0004-000000000006 99"
    known = states(parse_log(log), now, running=(), alive={"1.1.0"})
    assert [s.outcome for s in known] == [Outcome.REBOOTED, Outcome.DIED]


def test_a_task_in_hand_before_its_first_record_is_running() -> None:
    known = states({}, BOOT, running=["8.2.1"], alive=("9.1.0",))
    assert [(s.number, s.attempt, s.undo_try, s.outcome) for s in known] == [
        (8, 2, 1, Outcome.RUNNING),
        (9, 1, 0, Outcome.ORPHAN),
    ]


def test_how_far_an_attempt_came_is_told() -> None:
    log = BEGUN + record("started", 1, 1, 0) + record("started", 2, 1, 0)
    log += record("apply", 2, 1, 0) + record("started", 2, 1, 1)
    known = states(parse_log(log), BOOT, running=(), alive=())
    assert [s.piece for s in known] == ["save", "apply", "restore"]
