from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mplay.model.digest import canonical
from mplay.model.errors import Where
from mplay.model.events import (
    Abort,
    Answered,
    Armed,
    Claimed,
    Debt,
    Disarmed,
    Event,
    HostLost,
    HostSeen,
    Loop,
    Note,
    Order,
    PhaseBegan,
    Pivot,
    Released,
    Reverted,
    RunEnd,
    Skipped,
    Taken,
    Wait,
)
from mplay.model.fold import Fold
from mplay.model.plan import Graph, Plan, PlannedStep
from mplay.model.plan_json import plan_as_json
from mplay.model.playbook import ModuleCall, Step, Text
from mplay.model.state import RunState
from mplay.model.task import TaskKey, TaskStatus
from tests.unit.journal.make import begin, intent, outcome, records, undoing, undone

CONF1 = TaskKey("web/conf", "web1")


def state(*events: Event) -> RunState:
    return RunState.of(records(begin(), *events))


def statuses(found: RunState) -> dict[str, str]:
    return {str(row.key): row.status.value for row in found.rows}


def test_a_run_that_only_began_has_a_pending_row_for_every_step_and_host() -> None:
    found = RunState.of(records(begin({"web/b": ["h2", "h1"], "web/a": ["h1"]})))
    assert list(statuses(found)) == ["web/b@h2", "web/b@h1", "web/a@h1"]
    assert set(statuses(found).values()) == {"pending"}
    assert (found.status, found.phase, found.hosts) == ("running", "gates", ("h2", "h1"))
    assert found.next_number("h1") == 1


def test_nothing_at_all_folds_to_an_empty_state() -> None:
    found = RunState.of([])
    assert (found.run, found.rows, found.hosts, found.name) == ("", (), (), "")


def test_the_rows_keep_file_order_when_the_plan_came_back_sorted_by_name() -> None:
    plan = {"steps": {"a": {"number": 2, "hosts": ["h"]}, "z": {"number": 1, "hosts": ["h"]}}}
    found = RunState.of(records(begin(plan=plan)))
    assert list(statuses(found)) == ["z@h", "a@h"]


def test_the_rows_are_those_of_a_plan_as_it_is_journalled() -> None:
    where = Where("p.yml", 1, 1)
    call = ModuleCall(name=Text("file", where), args={}, where=where)
    step = Step(id="x", where=where, module=call)
    planned = {
        path: PlannedStep(path=path, step=step, number=number, hosts=("h2", "h1"))
        for path, number in (("z", 1), ("a", 2))
    }
    plan = Plan(name="P", hosts=("h1", "h2"), steps=planned, blocks={}, main=Graph())
    journalled = json.loads(canonical(plan_as_json(plan)))
    found = RunState.of(records(begin(plan=journalled)))
    assert list(statuses(found)) == ["z@h2", "z@h1", "a@h2", "a@h1"]


def test_a_task_is_running_from_its_intent_and_then_as_its_outcome_says() -> None:
    assert statuses(state(intent("web/conf@web1")))["web/conf@web1"] == "running"
    found = state(intent("web/conf@web1"), outcome("web/conf@web1"))
    assert statuses(found) == {"web/conf@web1": "changed", "web/conf@web2": "pending"}
    assert found.rows[0].summary == "mode 0600 -> 0644"
    assert found.rows[0].seconds == 1.5


def test_an_ok_task_has_an_outcome_and_nothing_to_undo() -> None:
    found = state(outcome("web/conf@web1", "ok", attempt=0))
    assert statuses(found)["web/conf@web1"] == "ok"
    assert found.standing == ()


def test_what_stands_is_in_the_order_of_happening() -> None:
    found = state(
        intent("web/conf@web2", number=1),
        intent("web/conf@web1", number=1),
        outcome("web/conf@web1"),
        intent("web/more@web1", number=2),
        undoing("web/conf@web1", number=3),
        undone("web/conf@web1"),
    )
    assert [a.intent.task for a in found.standing] == ["web/conf@web2", "web/more@web1"]
    assert [a.intent.task for a in found.began["web1"]] == ["web/conf@web1", "web/more@web1"]
    assert found.next_number("web1") == 4
    assert found.next_number("web2") == 2
    assert statuses(found)["web/conf@web1"] == "undone"


def test_a_conflict_or_a_failed_undo_still_stands() -> None:
    for result, status in (("conflict", "conflict"), ("failed", "failed")):
        found = state(
            intent("web/conf@web1"),
            outcome("web/conf@web1"),
            undoing("web/conf@web1"),
            undone("web/conf@web1", result, why="edited by hand"),
        )
        assert len(found.standing) == 1
        assert statuses(found)["web/conf@web1"] == status
        assert found.rows[0].why == "edited by hand"


def test_an_undo_that_was_sent_and_has_no_result_is_known_as_such() -> None:
    found = state(
        intent("web/conf@web1"), outcome("web/conf@web1"), undoing("web/conf@web1", tries=2)
    )
    (attempt,) = found.standing
    assert attempt.undoing
    assert (attempt.tries, attempt.undo_number) == (2, 9)


def test_the_outcome_of_an_undo_is_not_the_outcome_of_the_task() -> None:
    found = state(
        intent("web/conf@web1"),
        outcome("web/conf@web1"),
        undoing("web/conf@web1"),
        outcome("web/conf@web1", "failed"),
    )
    (attempt,) = found.attempts
    assert attempt.outcome is not None
    assert attempt.outcome.status == "changed"
    assert attempt.undo_outcome is not None
    assert statuses(found)["web/conf@web1"] == "changed"


def test_the_changes_of_a_steps_own_rollback_are_no_attempts() -> None:
    found = state(
        intent("web/conf@web1"),
        outcome("web/conf@web1"),
        undoing("web/conf@web1"),
        intent("web/conf@web1", kind="undo", number=12),
    )
    (attempt,) = found.attempts
    assert len(attempt.undo_intents) == 1
    assert found.next_number("web1") == 13


def test_an_undone_task_counts_as_not_begun_and_its_next_attempt_is_a_new_one() -> None:
    done = [
        intent("web/conf@web1"),
        outcome("web/conf@web1", "failed"),
        undoing("web/conf@web1"),
        undone("web/conf@web1"),
    ]
    task = state(*done).task(CONF1)
    assert task.void
    assert task.next_attempt == 2
    again = state(*done, intent("web/conf@web1", 2)).task(CONF1)
    assert not again.void
    assert again.outcome is None
    assert again.status is TaskStatus.RUNNING
    assert [a.standing for a in again.attempts] == [False, True]


def test_after_an_ended_undo_of_a_host_its_decisions_count_no_more() -> None:
    found = state(
        outcome("web/conf@web1", "ok", attempt=0),
        Skipped(task="web/more@web1", why="when said no"),
        outcome("web/conf@web2", "ok", attempt=0),
        Loop(task="other/x@web1", items=["a"]),
        Abort(scope="host", host="web1", block="web", why="failed"),
        RunEnd(status="halted", exit=4),
    )
    void = {str(key): task.void for key, task in found.tasks.items()}
    assert void == {
        "web/conf@web1": True,
        "web/more@web1": True,
        "web/conf@web2": False,
        "other/x@web1": False,
    }
    assert found.skipped == {}
    assert found.open_aborts == ()


def test_an_abort_is_open_until_the_run_ends() -> None:
    found = state(Abort(scope="run", why="failed"))
    assert len(found.open_aborts) == 1
    assert not found.task(CONF1).void


def test_a_task_that_could_not_be_undone_does_not_count_as_not_begun() -> None:
    found = state(
        intent("web/conf@web1"),
        outcome("web/conf@web1"),
        Abort(scope="run", why="x"),
        undoing("web/conf@web1"),
        undone("web/conf@web1", "conflict"),
        RunEnd(status="rollback-incomplete", exit=7),
    )
    assert not found.task(CONF1).void


def test_batches_tokens_hosts_and_claims() -> None:
    found = state(
        Claimed(hosts=["web1", "web2"]),
        HostSeen(host="web1", machine_id="m", boot="b1", token="t1"),
        HostSeen(host="web1", machine_id="m", boot="b2", token="t2"),
        HostLost(host="web2", why="no route"),
        Order(block="web", batch=1, hosts=["web2"]),
        Order(block="web", batch=0, hosts=["web1"]),
        Released(host="web1"),
    )
    assert found.tokens == {"web1": ("t2", "t1")}
    assert found.hosts_seen["web1"].boot == "b2"
    assert found.lost == {"web2": "no route"}
    assert found.claimed == ("web2",)
    assert list(found.batches["web"].items()) == [(0, ("web1",)), (1, ("web2",))]


def test_a_host_that_answers_again_is_not_lost() -> None:
    seen = HostSeen(host="web1", machine_id="m", boot="b", token="t")
    assert state(HostLost(host="web1", why="x"), seen).lost == {}


def test_a_loop_has_one_row_with_its_items_nested() -> None:
    found = state(
        Loop(task="web/conf@web1", items=["a", "b", "c"]),
        intent("web/conf@web1#0"),
        outcome("web/conf@web1#0"),
        intent("web/conf@web1#1"),
        outcome("web/conf@web1#1", "failed", why="disk full"),
    )
    row = found.rows[0]
    assert (row.status, row.why, row.seconds) == ("failed", "disk full", 3.0)
    assert [i.status for i in row.items] == ["changed", "failed", "pending"]
    assert found.loops == {CONF1: ("a", "b", "c")}


def test_an_outcome_of_the_loop_itself_is_the_rows() -> None:
    found = state(
        Loop(task="web/conf@web1", items=["a"]),
        intent("web/conf@web1#0"),
        outcome("web/conf@web1#0"),
        outcome("web/conf@web1", "changed", attempt=0, summary="1 of 1"),
    )
    assert found.rows[0].summary == "1 of 1"
    assert len(found.rows[0].items) == 1


def test_a_loop_over_nothing_is_ok() -> None:
    row = state(Loop(task="web/conf@web1", items=[])).rows[0]
    assert (row.status, row.items) == ("ok", ())


def test_a_task_of_several_uses_stands_as_its_last_use() -> None:
    found = state(
        intent("web/conf@web1"),
        outcome("web/conf@web1"),
        outcome("web/conf@web1~2", "failed", attempt=0),
    )
    row = found.rows[0]
    assert str(row.key) == "web/conf@web1"
    assert row.status == "failed"
    assert [str(use.key) for use in row.uses] == ["web/conf@web1", "web/conf@web1~2"]
    assert found.last_use(CONF1) == 2
    assert found.last_use(TaskKey("web/conf", "web2")) == 0


def test_a_delegated_task_names_the_host_that_it_ran_on() -> None:
    found = state(intent("web/enter/drain@web1", host="lb1", number=3))
    row = found.rows[-1]
    assert (str(row.key), row.runs_on) == ("web/enter/drain@web1", "lb1")
    assert found.next_number("lb1") == 4


def test_a_question_waits_until_it_is_answered() -> None:
    ask = Wait(task="docs@localhost", ask="Update the runbook", evidence=True)
    asked = state(ask)
    assert asked.waits == (ask,)
    assert statuses(asked)["docs@localhost"] == "waiting"
    told = state(ask, Answered(task="docs@localhost", who="ann", evidence="link"))
    assert told.waits == ()
    assert told.answers[TaskKey("docs", "localhost")].evidence == "link"


def test_a_debt_is_paid_by_its_reaction_and_not_by_a_failed_one() -> None:
    debt = Debt(task="web/conf@web1", reaction="web/reload@web1")
    assert state(debt).debts == (debt,)
    assert state(debt, debt).debts == (debt,)
    assert state(debt, outcome("web/reload@web1", "failed")).debts == (debt,)
    assert state(debt, outcome("web/reload@web1~2")).debts == ()
    assert state(debt, Skipped(task="web/reload@web1", why="no")).debts == ()
    assert state(outcome("web/reload@web1"), debt).debts == (debt,)
    by_path = Debt(task="web/conf@web1", reaction="web/reload")
    assert state(by_path, outcome("web/reload@web2")).debts == (by_path,)
    assert state(by_path, outcome("web/reload@web1")).debts == ()


def test_pivots_switches_notes_and_phases() -> None:
    found = state(
        Pivot(task="web/conf@web1", why="users log in again"),
        Armed(task="web/conf@web1", host="web1", deadline=9.0),
        Armed(task="web/conf@web2", host="web2", deadline=9.0),
        Disarmed(task="web/conf@web1", host="web1"),
        Note(text="hello"),
        PhaseBegan(phase="steps"),
    )
    assert list(found.pivots) == ["web/conf@web1"]
    assert [a.host for a in found.armed] == ["web2"]
    assert found.notes[0].text == "hello"
    assert found.phase == "steps"


def test_a_reverted_task_is_said_to_be() -> None:
    found = state(
        intent("web/conf@web1"),
        Armed(task="web/conf@web1", host="web1", deadline=9.0),
        Reverted(task="web/conf@web1", host="web1"),
    )
    assert statuses(found)["web/conf@web1"] == "reverted"
    assert found.attempts[0].reverted
    assert found.armed == ()


def test_the_end_and_a_new_beginning() -> None:
    ended = state(RunEnd(status="halted", exit=4, why="web1 failed"))
    assert (ended.status, ended.exit, ended.why) == ("halted", 4, "web1 failed")
    assert ended.ended == "2026-11-23T02:30:02.000Z"
    taken = Taken(what="resume", owner={"user": "bob", "host": "there"})
    again = state(RunEnd(status="halted", exit=4), taken)
    assert (again.status, again.exit, again.owner["user"]) == ("running", None, "bob")
    assert again.taken == (taken,)


def test_the_diff_of_a_step_without_log_is_not_shown() -> None:
    diff = [{"title": "/a", "before": "x\n", "after": "y\n"}]
    assert state(intent("web/conf@web1", diff=diff)).rows[0].diff[0].title == "/a"
    assert state(intent("web/conf@web1", diff=diff, no_log=True)).rows[0].diff == ()


_TASKS = st.sampled_from(["s@a", "s@b", "t@a", "t@a#0", "t@a#1", "r@a", "r@a~2"])
_EVENTS = st.one_of(
    st.builds(intent, _TASKS, st.integers(1, 3), number=st.integers(1, 50)),
    st.builds(outcome, _TASKS, st.sampled_from(["ok", "changed", "failed"]), st.integers(0, 3)),
    st.builds(undoing, _TASKS, st.integers(1, 3), number=st.integers(1, 50)),
    st.builds(
        undone,
        _TASKS,
        st.sampled_from(["undone", "already", "never", "conflict", "failed", "harmless"]),
        st.integers(1, 3),
    ),
    st.builds(Skipped, task=_TASKS, why=st.text(max_size=3)),
    st.builds(Debt, task=_TASKS, reaction=_TASKS),
    st.builds(Abort, scope=st.sampled_from(["run", "host"]), why=st.just("x"), host=st.just("a")),
    st.builds(RunEnd, status=st.sampled_from(["halted", "succeeded"]), exit=st.just(4)),
)


@given(st.lists(_EVENTS, max_size=30))
def test_any_order_of_events_folds_and_keeps_its_promises(events: list[Event]) -> None:
    every = records(begin({"s": ["a", "b"], "t": ["a"]}), *events)
    found = RunState.of(every)
    fold = Fold()
    for record in every:
        fold.feed(record)
        RunState.after(fold)
    assert RunState.after(fold) == found
    assert {str(row.key) for row in found.rows[:3]} == {"s@a", "s@b", "t@a"}
    assert [a.seq for a in found.attempts] == sorted(a.seq for a in found.attempts)
    assert [a for a in found.attempts if a.standing] == list(found.standing)
    used = [
        e.data()["number"]
        for e in events
        if e.KIND in {"INTENT", "UNDOING"} and e.data()["host"] == "a"
    ]
    assert found.next_number("a") > max(used, default=0)
    assert all(not a.standing for t in found.tasks.values() if t.void for a in t.attempts)
    assert found.head == every[-1].hash
