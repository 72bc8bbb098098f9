from __future__ import annotations

import sqlite3
import threading
import time
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mplay.journal import Journal, new_run_id
from mplay.model.errors import HostLocked, JournalError, UsageError
from mplay.model.events import Claimed, Note, PhaseBegan, RunEnd, Taken
from mplay.model.record import Record
from mplay.model.task import RunStatus
from tests.unit.journal.make import RUN, HeldClock, begin, intent, open_journal, outcome


def test_a_record_is_read_back_as_it_was_appended(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        first = journal.begin(RUN, begin())
        second = journal.append(RUN, intent("web/conf@web1"))
    with open_journal(tmp_path) as journal:
        assert [r.hash for r in journal.records(RUN)] == [first.hash, second.hash]
        assert journal.records(RUN)[0] == first
        assert journal.head(RUN) == second.hash


def test_the_hash_is_that_of_the_sealed_record(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        kept = journal.append(RUN, Note(text='quote " backslash \\ line\n Zoë \ud800 \x00'))
    sealed = Record.sealed(run=RUN, seq=2, at=kept.at, by=kept.by, prev=kept.prev, event=kept.event)
    assert kept == sealed


def test_run_ids_are_short_sortable_and_easy_to_paste() -> None:
    clock = HeldClock()
    early = new_run_id(clock, Random(1))
    clock.sleep(60)
    late = new_run_id(clock, Random(2))
    assert early < late
    assert early.startswith("20261123-0230-")
    assert len(early) == 18
    assert early.replace("-", "").isalnum()


def test_a_second_run_of_the_same_id_is_refused_and_the_journal_goes_on(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        with pytest.raises(UsageError, match="already"):
            journal.begin(RUN, begin())
        assert journal.append(RUN, Note(text="on")).seq == 2


def test_an_event_for_a_run_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal, pytest.raises(JournalError, match="no run"):
        journal.append("nothing", Note(text="x"))


def test_an_event_that_is_no_plain_data_harms_only_its_caller(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        with pytest.raises(ValueError, match="JSON"):
            journal.append(RUN, outcome("a@h", seconds=float("nan")))
        assert journal.append(RUN, Note(text="on")).seq == 2


def test_many_threads_append_and_share_commits(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        start = threading.Barrier(16)

        def work(host: str) -> None:
            start.wait()
            for number in range(10):
                journal.append(RUN, intent(f"web/conf@{host}", number=number))

        threads = [threading.Thread(target=work, args=(f"h{n}",)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(journal.records(RUN)) == 161
        assert journal.verify() == []
        assert journal.groups < 161


def test_what_waits_while_another_process_writes_becomes_one_commit(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        before = journal.groups
        other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        threads = [
            threading.Thread(target=journal.append, args=(RUN, Note(text=str(n))))
            for n in range(20)
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        other.execute("COMMIT")
        other.close()
        for thread in threads:
            thread.join()
        assert len(journal.records(RUN)) == 21
        assert journal.groups - before <= 5


def test_a_commit_holds_all_that_waited_for_it(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        before = journal.groups
        journal.append_all(RUN, [Note(text=str(n)) for n in range(50)])
        assert journal.groups == before + 1


def test_a_closed_journal_refuses_to_write(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.begin(RUN, begin())
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(RUN, Note(text="late"))


def test_runs_are_listed_newest_first_with_status_and_phase(tmp_path: Path) -> None:
    clock = HeldClock()
    with open_journal(tmp_path, clock=clock) as journal:
        journal.begin("20261123-0230-aaaa", begin())
        clock.sleep(1)
        journal.begin("20261123-0230-0000", begin(environment="production"))
        journal.append("20261123-0230-0000", PhaseBegan(phase="steps"))
        journal.append("20261123-0230-0000", RunEnd(status="halted", exit=4))
        newest, oldest = journal.runs()
        assert journal.runs(limit=1) == [newest]
    assert (newest.run, newest.status, newest.phase) == ("20261123-0230-0000", "halted", "steps")
    assert (newest.exit, newest.environment) == (4, "production")
    assert oldest.run == "20261123-0230-aaaa"


def test_a_run_that_was_taken_up_again_is_running_and_has_no_exit(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        journal.append(RUN, RunEnd(status="halted", exit=4))
        journal.append(RUN, Taken(what="resume", owner={"user": "bob", "host": "there"}))
        row = journal.row(RUN)
    assert (row.status, row.exit, row.owner) == (RunStatus.RUNNING, None, "bob@there")


def test_a_run_is_found_by_id_unique_prefix_and_last(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        for run in ("20261123-0230-aaaa", "20261123-0230-aabb", "20261124-0000-cccc"):
            journal.begin(run, begin())
        assert journal.find("20261123-0230-aaaa") == "20261123-0230-aaaa"
        assert journal.find("20261124") == "20261124-0000-cccc"
        assert journal.find("last") == "20261124-0000-cccc"


@pytest.mark.parametrize("text", ["nothing", "", "%", "2026112_"])
def test_a_run_that_does_not_exist_is_refused(tmp_path: Path, text: str) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        with pytest.raises(UsageError, match="mplay runs"):
            journal.find(text)


def test_an_ambiguous_run_is_refused_with_the_candidates_named(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin("20261123-0230-aaaa", begin())
        journal.begin("20261123-0230-bbbb", begin())
        with pytest.raises(UsageError) as caught:
            journal.find("2026")
    assert "20261123-0230-aaaa" in str(caught.value)
    assert "20261123-0230-bbbb" in str(caught.value)


def test_last_of_an_empty_journal_is_refused(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal, pytest.raises(UsageError, match="no run yet"):
        journal.find("last")


def test_of_two_runs_exactly_one_gets_a_host_and_nothing_else_of_the_other(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin("one", begin())
        journal.begin("two", begin())
        record = journal.claim("one", ["web1", "web2"])
        assert record.event == Claimed(hosts=["web1", "web2"])
        with pytest.raises(HostLocked) as caught:
            journal.claim("two", ["web3", "web2"])
        assert journal.claims() == {"web1": "one", "web2": "one"}
        assert len(journal.records("two")) == 1
    told = str(caught.value)
    assert "web2 locked by run one of ann@here since 2026-11-23T02:30:00.000Z" in told
    assert "mplay resume one" in told
    assert "mplay rollback one" in told


def test_a_host_of_a_living_run_is_said_to_be_in_work(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal, journal.executor_lock("one"):
        journal.begin("one", begin())
        journal.begin("two", begin())
        journal.claim("one", ["web1"])
        with pytest.raises(HostLocked, match="mplay show one"):
            journal.claim("two", ["web1"])


def test_claims_outlive_the_process_and_may_be_taken_again_by_their_run(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin("one", begin())
        journal.begin("two", begin())
        journal.claim("one", ["web1", "web2"])
    with open_journal(tmp_path) as journal:
        journal.claim("one", ["web2", "web3"])
        journal.unclaim("two", ["web1"])
        journal.unclaim("one", ["web1"])
        assert journal.claims("one") == {"web2": "one", "web3": "one"}
        journal.claim("two", ["web1"])
        journal.release_claims("one")
        assert journal.claims() == {"web1": "two"}


def test_a_claim_for_a_run_that_is_not_there_claims_nothing(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        with pytest.raises(JournalError, match="no run"):
            journal.claim("nothing", ["web1"])
        assert journal.claims() == {}


def test_thousands_of_hosts_are_claimed_at_once(tmp_path: Path) -> None:
    hosts = [f"h{n}" for n in range(3000)]
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        journal.claim(RUN, hosts)
        assert len(journal.claims(RUN)) == 3000
        journal.unclaim(RUN, hosts)
        assert journal.claims(RUN) == {}


def test_a_run_of_this_machine_that_nobody_executes_is_interrupted(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        with journal.executor_lock(RUN):
            assert journal.row(RUN).status is RunStatus.RUNNING
        row = journal.row(RUN)
    assert row.status is RunStatus.INTERRUPTED
    assert row.silent == "ann@here silent since 2026-11-23T02:30:00.000Z"


def test_a_run_of_another_machine_is_interrupted_after_a_minute_of_silence(tmp_path: Path) -> None:
    clock = HeldClock()
    with open_journal(tmp_path, clock=clock, by="bob@elsewhere") as journal:
        journal.begin(RUN, begin())
        clock.moment += timedelta(seconds=50)
        journal.beat(RUN)
        clock.moment += timedelta(seconds=60)
        assert journal.row(RUN).status is RunStatus.RUNNING
        clock.moment += timedelta(seconds=1)
        row = journal.row(RUN)
    assert row.status is RunStatus.INTERRUPTED
    assert row.silent == "ann@here silent since 2026-11-23T02:30:50.000Z"


def test_the_projections_can_be_made_anew_from_the_events(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        journal.append(RUN, intent("web/conf@web1"))
        journal.append(RUN, outcome("web/conf@web1"))
        journal.append(RUN, RunEnd(status="succeeded", exit=0))
        before = (journal.runs(), journal.task_statuses(RUN))
        assert journal.rebuild() == 1
        assert (journal.runs(), journal.task_statuses(RUN)) == before
    assert before[1] == {"web/conf@web1": "changed"}


def test_a_run_may_be_executed_once_at_a_time(tmp_path: Path) -> None:
    with open_journal(tmp_path) as first, open_journal(tmp_path) as second:
        with first.executor_lock(RUN):
            assert second.executing(RUN)
            with pytest.raises(HostLocked, match="pid"), second.executor_lock(RUN):
                pass
            with second.executor_lock("another"):
                pass
        assert not second.executing(RUN)
        with second.executor_lock(RUN):
            pass


def test_the_state_of_a_run_is_read_from_its_records(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        journal.append(RUN, intent("web/conf@web1"))
        state = journal.state(RUN)
    assert [str(row.key) for row in state.rows] == ["web/conf@web1", "web/conf@web2"]
    assert len(state.standing) == 1


def test_a_second_journal_object_sees_what_the_first_wrote(tmp_path: Path) -> None:
    with open_journal(tmp_path) as first, open_journal(tmp_path) as second:
        first.begin(RUN, begin())
        assert second.append(RUN, Note(text="a note by a colleague")).seq == 2
        assert first.append(RUN, Note(text="on")).seq == 3
        assert Journal.verify(first) == []
