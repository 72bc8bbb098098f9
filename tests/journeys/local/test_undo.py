"""Undoing: compared, verified, once, in reverse; what cannot be undone is said."""

from __future__ import annotations

import pytest

from mplay.app.rollback import Wish
from mplay.app.unlock import unlock
from mplay.executor.context import Options
from mplay.model.errors import HostLocked, UsageError
from mplay.model.events import Intent, Note, Pivot, Undone
from mplay.model.record import Record
from tests.faults.ground import Killed
from tests.journeys.local.stage import Stage

FILES = """
name: T
hosts: all
steps:
  - {id: one, copy: {content: "new\\n", dest: "FILES/one-SELF", mode: "0644"}}
  - {id: two, copy: {content: "new\\n", dest: "FILES/two-SELF", mode: "0644"}}
"""


def test_a_rollback_brings_every_file_back_and_twice_is_once(stage: Stage) -> None:
    stage.file("one-w1", "old\n").chmod(0o600)
    stage.apply(FILES)
    assert stage.rollback(yes=False).said == ("rolled-back", 0)
    assert stage.read("one-w1") == "old\n"
    assert (stage.files / "one-w1").stat().st_mode & 0o777 == 0o600
    assert not (stage.files / "two-w3").exists()
    stage.file("one-w1", "newer\n")
    again = stage.rollback(yes=False)
    assert again.said == ("rolled-back", 0)
    assert stage.read("one-w1") == "newer\n"
    assert not again.watcher.records


def test_what_somebody_changed_since_is_shown_three_ways_and_left_alone(stage: Stage) -> None:
    stage.file("one-w1", "old\n")
    stage.apply(FILES)
    stage.file("one-w1", "theirs\n")
    told = stage.rollback()
    assert told.said == ("rollback-incomplete", 7)
    assert stage.read("one-w1") == "theirs\n"
    assert not (stage.files / "two-w1").exists()
    (conflict,) = [u for u in told.events(Undone) if u.result == "conflict"]
    assert {frozenset(c) for c in conflict.conflict} == {
        frozenset({"key", "before", "after", "now"})
    }
    assert "one@w1" in told.ending.why
    assert told.status("one@w1") == "conflict"


def test_a_conflict_is_a_conflict_again_until_a_person_mends_it(stage: Stage) -> None:
    stage.file("one-w1", "old\n").chmod(0o644)
    stage.apply(FILES)
    stage.file("one-w1", "theirs\n")
    stage.rollback()
    assert stage.rollback().said == ("rollback-incomplete", 7)
    assert stage.read("one-w1") == "theirs\n"
    assert stage.resume().said == ("rollback-incomplete", 7)
    stage.file("one-w1", "old\n")
    told = stage.rollback()
    assert told.said == ("rolled-back", 0)
    assert [u.result for u in told.events(Undone)] == ["already"]
    assert stage.claims() == {}


def test_a_conflict_names_the_later_run_that_made_it(stage: Stage) -> None:
    first = stage.apply(FILES)
    later = stage.apply(FILES.replace("new", "newer"))
    told = stage.rollback(first.state.run)
    assert told.said == ("rollback-incomplete", 7)
    assert later.state.run in told.ending.why
    with pytest.raises(HostLocked, match=f"mplay unlock {first.state.run}"):
        stage.rollback(later.state.run)
    unlock(stage.project, first.state.run, (), stage.hosts)
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.rollback(first.state.run).said == ("rolled-back", 0)
    assert not (stage.files / "one-w1").exists()


def test_what_is_as_before_already_counts_as_undone(stage: Stage) -> None:
    stage.apply(FILES, limit="w1")
    (stage.files / "one-w1").unlink()
    told = stage.rollback()
    assert told.said == ("rolled-back", 0)
    assert sorted(u.result for u in told.events(Undone)) == ["already", "undone"]


def test_a_shell_without_state_asks_before_it_is_undone_later(stage: Stage) -> None:
    stage.apply("name: T\nhosts: w1\nsteps:\n  - {id: a, DO(a)}\n")
    told = stage.rollback(yes=False)
    assert told.said == ("rollback-incomplete", 7)
    assert "--yes" in told.ending.why
    assert stage.story() == ["+a@w1"]
    assert stage.rollback(yes=True).said == ("rolled-back", 0)
    assert stage.story() == ["+a@w1", "-a@w1"]


def test_a_shell_with_state_is_compared_and_its_undo_verified(stage: Stage) -> None:
    stage.file("state", "off\n")
    text = (
        "name: T\nhosts: w1\nsteps:\n"
        '  - {id: a, shell: {run: "echo on >FILES/state", undo: "echo off >FILES/state",'
        ' state: "cat FILES/state"}}\n'
    )
    stage.apply(text)
    stage.file("state", "else\n")
    assert stage.rollback(yes=False).said == ("rollback-incomplete", 7)
    stage.file("state", "on\n")
    assert stage.rollback(yes=False).said == ("rolled-back", 0)
    assert stage.read("state") == "off\n"


def test_an_undo_that_does_not_bring_back_what_was_is_a_failure(stage: Stage) -> None:
    stage.file("state", "off\n")
    text = (
        "name: T\nhosts: w1\nsteps:\n"
        '  - {id: a, shell: {run: "echo on >FILES/state", undo: "echo odd >FILES/state",'
        ' state: "cat FILES/state"}}\n'
    )
    stage.apply(text)
    told = stage.rollback()
    assert told.said == ("rollback-incomplete", 7)
    assert "not as before" in told.ending.why


def test_a_rolled_back_run_cannot_be_resumed_and_a_succeeded_one_is_complete(
    stage: Stage,
) -> None:
    stage.apply(FILES)
    assert stage.resume().said == ("succeeded", 0)
    stage.rollback()
    with pytest.raises(UsageError, match="apply again"):
        stage.resume()


def test_a_rollback_of_a_run_that_began_nothing_gives_its_hosts_back(stage: Stage) -> None:
    def die(record: Record) -> None:
        if record.event.KIND == "PHASE":
            raise Killed

    with pytest.raises(Killed):
        stage.apply(FILES, at=die)
    with pytest.raises(HostLocked):
        stage.apply(FILES)
    with stage.project.journal() as journal:
        first = journal.runs()[-1].run
    assert stage.rollback(first).said == ("rolled-back", 0)
    assert stage.claims() == {}
    assert stage.apply(FILES).said == ("succeeded", 0)


def test_a_rollback_gives_back_hosts_on_which_nothing_was_begun(stage: Stage) -> None:
    def die(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task == "two@w1":
            raise Killed

    with pytest.raises(Killed):
        stage.apply(FILES.replace("id: one,", "id: one, hosts: w1,"), at=die)
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.claims() == {}
    assert stage.apply(FILES).said == ("succeeded", 0)


def test_the_dry_run_of_a_rollback_says_order_conflicts_and_what_is_possible(
    stage: Stage,
) -> None:
    stage.apply(
        FILES + "  - {id: three, DO(three)}\n  - {id: four, TELL(four)}\n"
        '  - {id: five, irreversible: gone, shell: {run: "true"}}\n',
        limit="w1",
    )
    stage.file("one-w1", "theirs\n")
    said = [(step.task, step.verdict) for step in stage.foresee()]
    assert said == [
        ("five@w1", "irreversible"),
        ("four@w1", "nothing to undo"),
        ("three@w1", "conflict"),
        ("two@w1", "would undo"),
        ("one@w1", "conflict"),
    ]
    assert stage.story() == ["+three@w1", "+four@w1"]
    stage.rollback()
    assert stage.foresee(Wish(step="four")) == []


IRREVERSIBLE = """
name: T
hosts: w1
steps:
  - {id: a, DO(a)}
  - {id: gone, irreversible: "nobody needs it", shell: {run: "echo +gone@w1 >>FILES/log"}}
  - {id: b, DO(b)}
"""


def test_an_automatic_rollback_stops_at_what_cannot_be_undone_and_says_so(stage: Stage) -> None:
    stage.breaks("b@w1")
    told = stage.apply(IRREVERSIBLE)
    assert told.said == ("rollback-incomplete", 7)
    assert stage.story() == ["+a@w1", "+gone@w1", "+b@w1", "-b@w1"]
    assert "gone@w1" in told.ending.why
    assert "nobody needs it" in told.ending.why
    assert [p.task for p in told.events(Pivot)] == ["gone@w1"]


def test_a_rollback_by_hand_passes_over_what_cannot_be_undone(stage: Stage) -> None:
    stage.breaks("b@w1")
    stage.apply(IRREVERSIBLE)
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story()[-1] == "-a@w1"


CALLS = """
name: T
hosts: w1
steps:
  - id: a
    copy: {content: "new\\n", dest: FILES/a, mode: "0644"}
    rollback:
      - copy: {content: "{{ before['file:FILES/a:mode'] }}", dest: FILES/undone, mode: "0644"}
      - tell: {path: FILES/log, text: "called@{{ inventory_hostname }}"}
"""


def test_a_steps_own_rollback_replaces_the_modules_and_reads_what_was_before(
    stage: Stage,
) -> None:
    stage.file("a", "old\n").chmod(0o640)
    told = stage.apply(CALLS)
    intent = told.events(Intent)[0]
    assert [call["name"] for call in intent.undo_calls or ()] == ["copy", "tell"]
    assert stage.rollback().said == ("rolled-back", 0)
    assert "640" in stage.read("undone")
    assert stage.read("a") == "new\n"
    assert stage.story() == ["called@w1"]


def test_a_steps_own_rollback_is_compared_first_like_any_other(stage: Stage) -> None:
    stage.file("a", "old\n").chmod(0o640)
    stage.apply(CALLS)
    stage.file("a", "theirs\n")
    assert stage.rollback().said == ("rollback-incomplete", 7)
    assert stage.story() == []


VERIFY = """
name: T
hosts: w1
steps:
  - id: a
    copy: {content: "new\\n", dest: FILES/a, mode: "0644"}
    verify:
      - query: {run: "! [ -e FILES/ill ]"}
"""


def test_a_change_whose_verify_fails_has_failed_and_is_undone(stage: Stage) -> None:
    stage.file("a", "old\n")
    text = VERIFY.replace("! [ -e FILES/ill ]", "grep -q old FILES/a")
    told = stage.apply(text)
    assert told.said == ("halted", 4)
    assert "verify 1 (query)" in told.ending.why
    assert stage.read("a") == "old\n"


def test_verify_must_hold_after_the_undo_too(stage: Stage) -> None:
    stage.file("a", "old\n")
    stage.apply(VERIFY)
    stage.file("ill")
    told = stage.rollback()
    assert told.said == ("rollback-incomplete", 7)
    assert "after the undo" in told.ending.why
    (stage.files / "ill").unlink()
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("a") == "old\n"


def test_a_rollback_does_without_a_verify_whose_module_is_gone(stage: Stage) -> None:
    check = (
        "from mplay.sdk import Check, Judgement, Verdict\n\n\n"
        'class Fine(Check):\n    """Fine."""\n\n'
        '    def probe(self):\n        return "fact fine yes"\n\n'
        "    def judge(self, seen):\n        return Verdict(judgement=Judgement.OK)\n"
    )
    module = stage.folder / "modules" / "fine.py"
    module.write_text(check)
    stage.file("a", "old\n")
    text = VERIFY.replace('query: {run: "! [ -e FILES/ill ]"}', "fine: {}")
    assert stage.apply(text).said == ("succeeded", 0)
    module.unlink()
    stage.forget_modules()
    told = stage.rollback()
    assert told.said == ("rolled-back", 0)
    assert stage.read("a") == "old\n"
    assert "fine" in told.events(Note)[0].text


def test_a_task_past_its_timeout_has_failed_and_is_undone(stage: Stage) -> None:
    stage.options = Options()
    told = stage.apply(
        "name: T\nhosts: w1\nsteps:\n  - id: a\n    timeout: 1s\n"
        '    shell: {run: "echo +a@w1 >>FILES/log; exec sleep 60",'
        ' undo: "echo -a@w1 >>FILES/log"}\n'
    )
    assert told.said == ("halted", 4)
    assert "timeout" in told.ending.why
    assert stage.story() == ["+a@w1", "-a@w1"]
    assert told.state.attempts[0].outcome is not None
    assert told.state.attempts[0].outcome.outcome == "TIMEOUT"


def test_until_asks_a_check_again_until_it_holds(stage: Stage) -> None:
    text = (
        "name: T\nhosts: w1\nsteps:\n"
        '  - {id: a, shell: {run: "(sleep 0.3; touch FILES/ready) >/dev/null 2>&1 &",'
        ' undo: "true"}}\n'
        '  - {id: b, until: UNTIL, delay: 0.1, query: {run: "test -e FILES/ready"}}\n'
    )
    assert stage.apply(text.replace("UNTIL", "20s")).said == ("succeeded", 0)
    (stage.files / "ready").unlink()
    told = stage.apply(text.replace("0.3", "30").replace("UNTIL", "0.3"))
    assert told.said == ("halted", 4)


DELEGATED = """
name: T
hosts: "w1:w2"
steps:
  - {id: a, delegate_to: w3, DO(a)}
  - {id: b, needs: [{step: a, scope: host}], DO(b)}
"""


def test_undoing_a_subject_undoes_what_was_delegated_for_it(stage: Stage) -> None:
    told = stage.apply(DELEGATED)
    assert {i.host for i in told.events(Intent) if i.task.startswith("a@")} == {"w3"}
    assert stage.rollback(hosts=("w1",), keep_dependents=True).said == ("halted", 0)
    assert stage.story_of("w1") == ["+a", "+b", "-b", "-a"]
    assert stage.story_of("w2") == ["+a", "+b"]


def test_a_host_that_does_not_answer_keeps_a_rollback_open_until_it_does(stage: Stage) -> None:
    stage.apply(DELEGATED.replace("delegate_to: w3, ", ""))
    stage.hosts.down.add("w2")
    told = stage.rollback()
    assert told.said == ("rollback-incomplete", 7)
    assert "b@w2" in told.ending.why
    assert stage.story_of("w1") == ["+a", "+b", "-b", "-a"]
    assert stage.story_of("w2") == ["+a", "+b"]
    stage.hosts.down.clear()
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story_of("w2") == ["+a", "+b", "-b", "-a"]
    assert stage.claims() == {}


def test_a_run_that_changed_nothing_is_rolled_back_at_once(stage: Stage) -> None:
    stage.apply(FILES)
    told = stage.apply(FILES)
    assert told.said == ("succeeded", 0)
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("one-w1") == "new\n"
