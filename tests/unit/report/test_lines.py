from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from mplay.model.change import Diff
from mplay.model.events import (
    Abort,
    Event,
    HostLost,
    Loop,
    Note,
    Order,
    PhaseBegan,
    Pivot,
    RunEnd,
    Skipped,
    Taken,
    Wait,
)
from mplay.model.record import Listener
from mplay.model.row import TaskRow
from mplay.model.task import TaskKey, TaskStatus
from mplay.report.diff import diff_lines
from mplay.report.ending import write_dry_run
from mplay.report.groups import duration
from mplay.report.lines import Lines
from mplay.report.writer import Writer
from tests.unit.journal.make import begin, intent, outcome, records, undoing, undone


class HeldTimer:
    """A timer that fires when the test says so."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.action = action
        self.cancelled = False

    def start(self) -> None:
        pass

    def cancel(self) -> None:
        self.cancelled = True


class Screen:
    def __init__(self, *, verbose: int = 0, diff: bool = False) -> None:
        self.out = io.StringIO()
        self.timers: list[HeldTimer] = []
        self.lines = Lines(Writer(self.out), verbose=verbose, diff=diff, timer=self._timer)

    def _timer(self, seconds: float, action: Callable[[], None]) -> HeldTimer:
        self.timers.append(HeldTimer(seconds, action))
        return self.timers[-1]

    def show(self, *events: Event, after: int = 0) -> list[str]:
        for record in records(*events)[after:]:
            self.lines.on_record(record)
        return self.said()

    def said(self) -> list[str]:
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text.splitlines()


BEGIN = begin({"web/upgrade": ["web1", "web2", "web3"]})


def changes(*hosts: str, summary: str = "nginx 1 -> 2") -> list[Event]:
    made: list[Event] = []
    for host in hosts:
        made.append(intent(f"web/upgrade@{host}", summary=summary))
        made.append(outcome(f"web/upgrade@{host}"))
    return made


def test_lines_are_a_listener() -> None:
    listener: Listener = Screen().lines
    assert listener


def test_a_run_begins_with_its_name_and_size() -> None:
    assert Screen().show(BEGIN) == [
        "run 20261123-0230-7k3f  Monthly maintenance on staging: 3 hosts, 1 step"
    ]


def test_equal_hosts_are_one_line() -> None:
    said = Screen().show(BEGIN, *changes("web1", "web2", "web3"))
    assert said[1:] == [
        "web/upgrade  changed       3 hosts  nginx 1 -> 2  (web1 web2 web3)",
    ]


def test_hosts_that_differ_have_lines_of_their_own() -> None:
    events = [*changes("web1", "web3"), outcome("web/upgrade@web2", "ok", 0)]
    said = Screen().show(BEGIN, *events)
    assert said[1:] == [
        "web/upgrade  changed       2 hosts  nginx 1 -> 2  (web1 web3)",
        "web/upgrade  ok            web2",
    ]


def test_a_line_waits_for_the_other_hosts_but_not_for_long() -> None:
    screen = Screen()
    assert screen.show(BEGIN, *changes("web1"))[1:] == []
    screen.timers[0].action()
    assert screen.said() == ["web/upgrade  changed       web1  nginx 1 -> 2"]


def test_the_timer_is_cancelled_when_all_hosts_have_ended() -> None:
    screen = Screen()
    screen.show(BEGIN, *changes("web1", "web2", "web3"))
    assert [t.cancelled for t in screen.timers] == [True]


def test_a_batch_is_complete_without_the_hosts_of_the_next() -> None:
    order = Order(block="web", batch=0, hosts=["web1"])
    said = Screen().show(BEGIN, order, *changes("web1"))
    assert said[1:] == [
        "web  batch 1: web1",
        "web/upgrade  changed       web1  nginx 1 -> 2",
    ]


def test_a_failure_is_said_at_once_with_its_last_lines() -> None:
    failed = outcome(
        "web/upgrade@web1",
        "failed",
        why="exit code 100",
        output="".join(f"line {n}\n" for n in range(30)) + "E: \x1b[31mbroken",
    )
    said = Screen().show(BEGIN, intent("web/upgrade@web1"), failed)
    assert said[1] == "web/upgrade  failed        web1  mode 0600 -> 0644"
    assert said[2] == "    exit code 100"
    assert said[-1] == "    | E: \\x1b[31mbroken"
    assert len(said) == 13


def test_a_change_without_verification_says_so() -> None:
    event = outcome("web/upgrade@web1", verified=False)
    said = Screen().show(begin({"web/upgrade": ["web1"]}), intent("web/upgrade@web1"), event)
    assert said[1].endswith("(not verified)")


def test_a_loop_is_one_line_when_its_items_have_ended() -> None:
    screen = Screen()
    events: list[Event] = [
        begin({"web/upgrade": ["web1"]}),
        Loop(task="web/upgrade@web1", items=["a", "b"]),
        outcome("web/upgrade@web1#0", "ok", 0),
    ]
    assert screen.show(*events)[1:] == []
    said = screen.show(*events, outcome("web/upgrade@web1#1", "ok", 0), after=3)
    assert said == ["web/upgrade  ok            web1  2 items: 2 ok"]


def test_the_undo_of_a_loop_is_one_line_too() -> None:
    items = ["web/upgrade@web1#0", "web/upgrade@web1#1"]
    forward: list[Event] = [
        begin({"web/upgrade": ["web1"]}),
        Loop(task="web/upgrade@web1", items=["a", "b"]),
    ]
    for item in items:
        forward += [intent(item), outcome(item)]
    screen = Screen()
    screen.show(*forward)
    back: list[Event] = []
    for item in reversed(items):
        back += [undoing(item), undone(item)]
    said = screen.show(*forward, *back, after=len(forward))
    assert said == ["web/upgrade  undone        web1  mode 0600 -> 0644  2 items: 2 undone"]


def test_a_loop_that_a_resume_ends_is_shown_whole() -> None:
    before: list[Event] = [
        begin({"web/upgrade": ["web1"]}),
        Loop(task="web/upgrade@web1", items=["a", "b"]),
        outcome("web/upgrade@web1#0", "ok", 0),
    ]
    screen = Screen()
    screen.lines.know(records(*before))
    said = screen.show(*before, outcome("web/upgrade@web1#1", "ok", 0), after=3)
    assert said == ["web/upgrade  ok            web1  2 items: 2 ok"]


def test_skipped_and_delegated_tasks_say_why_and_where() -> None:
    said = Screen().show(
        begin({"a": ["web1"], "b": ["web1"]}),
        Skipped(task="a@web1", why="when: false"),
        intent("b@web1", host="lb1"),
        outcome("b@web1"),
    )
    assert said[1] == "a  skipped       web1  when: false"
    assert said[2] == "b  changed       web1 → lb1  mode 0600 -> 0644"


def test_an_undo_is_shown_and_its_own_outcome_is_not() -> None:
    said = Screen().show(
        begin({"web/upgrade": ["web1"]}),
        *changes("web1"),
        Abort(scope="host", host="web1", why="smoke failed"),
        undoing("web/upgrade@web1"),
        outcome("web/upgrade@web1", "failed"),
        undone("web/upgrade@web1"),
    )
    assert said[2:] == [
        "undoing host web1  because smoke failed",
        "web/upgrade  undone        web1  nginx 1 -> 2",
    ]


def test_lost_hosts_questions_pivots_notes_and_phases_are_said() -> None:
    said = Screen().show(
        BEGIN,
        HostLost(host="web2", why="no route\nto host"),
        Wait(task="docs@localhost", ask="Update the runbook"),
        Pivot(task="web/upgrade@web1", why="users log in again"),
        Pivot(task="web/upgrade@web2", why="users log in again"),
        Note(text="left alone", host="web1"),
        PhaseBegan(phase="steps"),
        PhaseBegan(phase="validate"),
        Taken(what="resume", owner={}),
    )
    assert said[1:] == [
        "web2  no answer: no route\\nto host",
        "docs@localhost  waits for a person: Update the runbook",
        "web/upgrade  no way back from here: users log in again",
        "note: web1: left alone",
        "validate",
        "run 20261123-0230-7k3f  resume",
    ]


def test_the_end_is_a_table_and_the_next_command() -> None:
    events = changes("web1", "web2", "web3")
    said = Screen().show(BEGIN, *events, RunEnd(status="succeeded", exit=0))
    text = "\n".join(said)
    assert "step         changed  longest" in said
    assert "web/upgrade  3        1.5 s" in said
    assert "run 20261123-0230-7k3f  succeeded  in 7.0 s" in said
    assert "mplay rollback 20261123-0230-7k3f" in text
    assert "journal head 1:" in text


def test_a_halted_run_says_where_to_look_and_both_ways_on() -> None:
    events = [intent("web/upgrade@web1"), outcome("web/upgrade@web1", "failed")]
    said = Screen().show(BEGIN, *events, RunEnd(status="halted", exit=4, why="web1 failed"))
    text = "\n".join(said)
    assert "halted: web1 failed" in text
    assert "mplay show 20261123-0230-7k3f web/upgrade --host web1" in text
    assert "mplay resume 20261123-0230-7k3f" in text
    assert "mplay rollback 20261123-0230-7k3f" in text


def test_a_failure_that_was_undone_can_still_be_looked_at() -> None:
    task = "web/upgrade@web1"
    failed = outcome(task, "failed", why="rc 100")
    events = [intent(task), failed, undoing(task), undone(task)]
    said = Screen().show(BEGIN, *events, RunEnd(status="halted", exit=4))
    assert "mplay show 20261123-0230-7k3f web/upgrade --host web1" in "\n".join(said)
    assert "web/upgrade  2        1       1.5 s" in said


def test_a_conflict_is_shown_three_way() -> None:
    conflict = [{"key": "file:/etc/x:mode", "before": "0600", "after": "0644", "now": "0777"}]
    said = Screen().show(
        BEGIN,
        *changes("web1"),
        undoing("web/upgrade@web1"),
        undone("web/upgrade@web1", "conflict", conflict=conflict),
        RunEnd(status="rollback-incomplete", exit=7),
    )
    text = "\n".join(said)
    assert "    file:/etc/x:mode" in text
    for line in ("before  0600", "after   0644", "now     0777"):
        assert line in text


def test_what_tasks_print_is_shown_only_when_wanted_and_in_whole_lines() -> None:
    quiet, loud = Screen(), Screen(verbose=1)
    for screen in (quiet, loud):
        screen.lines.on_output("a@h", "h", "one\ntw")
        screen.lines.on_output("a@h", "h", "o\x1b\nrest")
    assert quiet.said() == []
    assert loud.said() == ["a@h | one", "a@h | two\\x1b"]


def test_a_run_that_is_taken_up_again_is_not_told_anew() -> None:
    every = records(BEGIN, *changes("web1", "web2"))
    screen = Screen()
    screen.lines.know(every)
    assert screen.said() == []
    assert screen.show(BEGIN, *changes("web1", "web2", "web3"), after=5) == []
    screen.lines.flush()
    assert screen.said() == ["web/upgrade  changed       web3  nginx 1 -> 2"]


def _row(host: str, status: TaskStatus, **more: Any) -> TaskRow:
    change = Diff(title="/etc/site", before="a\nb\n", after="a\nc")
    return TaskRow(
        key=TaskKey("conf", host), status=status, summary="content", diff=(change,), **more
    )


def test_a_dry_run_shows_way_back_diff_and_the_command_that_does_it() -> None:
    out = io.StringIO()
    rows = [
        _row("web1", TaskStatus.WOULD_CHANGE, way_back="yes 4 KiB on /var"),
        _row("web2", TaskStatus.WOULD_CHANGE, way_back="yes 4 KiB on /var"),
        TaskRow(key=TaskKey("reload", "web1"), status=TaskStatus.UNKNOWN, why="unknown (after x)"),
    ]
    write_dry_run(Writer(out), rows, next_command="mplay apply p.yml", diff=True)
    assert out.getvalue().splitlines() == [
        "conf    would-change  2 hosts  content  (web1 web2)",
        "    way back: yes 4 KiB on /var",
        "    --- /etc/site (before)",
        "    +++ /etc/site (after)",
        "    @@ -1,2 +1,2 @@",
        "     a",
        "    -b",
        "    +c",
        "    \\ No newline at end of file",
        "reload  unknown       web1  unknown (after x)",
        "",
        "step    unknown  would-change  longest",
        "conf    -        2             -",
        "reload  1        -             -",
        "",
        "dry-run: 2 would change, 1 unknown; nothing was touched",
        "  do it  mplay apply p.yml",
    ]


def test_a_dry_run_with_nothing_to_do_says_so() -> None:
    out = io.StringIO()
    write_dry_run(Writer(out), [_row("web1", TaskStatus.OK)], next_command="")
    assert "nothing would change" in out.getvalue()


def test_equal_texts_have_no_diff() -> None:
    assert list(diff_lines(Diff(title="x", before="a\u2028b\n", after="a\u2028b\n"))) == []


def test_only_newlines_end_the_lines_of_a_diff() -> None:
    lines = list(diff_lines(Diff(title="x", before="", after="a\x0bb\u2028c\n")))
    assert lines[-1] == "+a\x0bb\u2028c"


def test_durations_are_written_for_people() -> None:
    shown = [duration(s) for s in (0.44, 12.3, 59.4, 200, 7500)]
    assert shown == ["0.4 s", "12 s", "59 s", "3 min 20 s", "2 h 05 min"]


def test_a_rollback_says_what_is_undone() -> None:
    why = "rolled back by the operator"
    said = Screen().show(
        BEGIN,
        Abort(scope="step", why=why, step="web/upgrade", hosts=["web1"]),
        Abort(scope="step", why=why, hosts=["web1", "web2"]),
        Abort(scope="run", why=why),
    )
    assert said[1:] == [
        f"undoing step web/upgrade  because {why}",
        f"undoing web1 web2  because {why}",
        f"undoing all  because {why}",
    ]
