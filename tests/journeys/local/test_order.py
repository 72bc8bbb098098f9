"""In which order steps run, and on what: needs, `on_change`, `when`, `loop`, `run_once`."""

from __future__ import annotations

import pytest

from mplay.model.events import Intent, Loop, Skipped
from mplay.model.record import Record
from tests.faults.ground import Killed
from tests.journeys.local.stage import Stage

HEAD = "name: T\nhosts: all\nsteps:\n"


def first(stage: Stage, mark: str) -> int:
    return stage.story().index(mark)


def last_of(stage: Stage, step: str) -> int:
    return max(n for n, line in enumerate(stage.story()) if line.startswith(f"+{step}@"))


def first_of(stage: Stage, step: str) -> int:
    return min(n for n, line in enumerate(stage.story()) if line.startswith(f"+{step}@"))


def test_a_step_waits_for_the_one_before_it_on_all_hosts(stage: Stage) -> None:
    slow = (
        '{id: a, shell: {run: "[ {{ inventory_hostname }} != w1 ] || sleep 0.4;'
        ' echo +a@{{ inventory_hostname }} >>FILES/log", undo: "true"}}'
    )
    told = stage.apply(HEAD + f"  - {slow}\n  - {{id: b, DO(b)}}\n")
    assert told.said == ("succeeded", 0)
    assert last_of(stage, "a") < first_of(stage, "b")


def test_a_need_of_scope_host_waits_for_the_same_host_only(stage: Stage) -> None:
    slow = (
        '{id: a, shell: {run: "if [ {{ inventory_hostname }} = w1 ]; then'
        " for i in $(seq 100); do grep -q +b@w2 FILES/log && break; sleep 0.05; done; fi;"
        ' echo +a@{{ inventory_hostname }} >>FILES/log", undo: "true"}}'
    )
    stage.apply(HEAD + f"  - {slow}\n  - {{id: b, needs: [{{step: a, scope: host}}], DO(b)}}\n")
    assert first(stage, "+b@w2") < first(stage, "+a@w1")


def test_a_need_of_scope_host_on_a_step_of_other_hosts_waits_for_all_of_them(
    stage: Stage,
) -> None:
    stage.apply(
        HEAD + "  - {id: a, hosts: w1, DO(a)}\n"
        "  - {id: b, hosts: w2, needs: [{step: a, scope: host}], DO(b)}\n"
    )
    assert stage.story() == ["+a@w1", "+b@w2"]


def test_without_arrows_a_host_runs_its_steps_in_file_order(stage: Stage) -> None:
    stage.apply(
        HEAD + "  - {id: a, needs: [], DO(a)}\n  - {id: b, needs: [], DO(b)}\n"
        "  - {id: c, needs: [], DO(c)}\n",
        limit="w1",
    )
    assert stage.story_of("w1") == ["+a", "+b", "+c"]


REACTIVE = """
name: T
hosts: all
steps:
  - {id: early, DO(early)}
  - {id: conf, copy: {content: "SELF\\n", dest: "FILES/SELF", mode: "0644"}}
  - {id: more, copy: {content: "same\\n", dest: "FILES/more-SELF", mode: "0644"}}
  - {id: reload, on_change: [conf, more], TELL(reload)}
  - {id: last, DO(last)}
"""


def test_a_reaction_runs_once_and_only_where_something_changed(stage: Stage) -> None:
    stage.file("w2", "w2\n")
    for host in ("w1", "w2", "w3"):
        stage.file(f"more-{host}", "same\n" if host != "w3" else "other\n")
    for file in stage.files.iterdir():
        file.chmod(0o644)
    told = stage.apply(REACTIVE)
    assert told.said == ("succeeded", 0)
    assert stage.story_of("w1").count("+reload") == 1
    assert stage.story_of("w2").count("+reload") == 0
    assert stage.story_of("w3").count("+reload") == 1
    assert told.status("reload@w2") == "skipped"


def test_in_a_rollback_a_reaction_runs_once_after_its_sources_and_before_earlier_undos(
    stage: Stage,
) -> None:
    stage.apply(REACTIVE, limit="w1")
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story_of("w1") == ["+early", "+reload", "+last", "-last", "+reload", "-early"]
    assert not (stage.files / "w1").exists()


def test_a_reaction_that_was_cut_off_runs_at_resume(stage: Stage) -> None:
    def die(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task == "reload@w1":
            raise Killed

    with pytest.raises(Killed):
        stage.apply(REACTIVE, limit="w1", at=die)
    assert stage.story_of("w1") == ["+early"]
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w1") == ["+early", "+reload", "+last"]


WHEN = """
name: T
hosts: all
steps:
  - {id: a, shell: {run: "true", state: "cat FILES/switch", undo: "true"}}
  - {id: b, when: "results['a'].stdout == ''", DO(b)}
  - {id: c, when: "letter == 'b'", DO(c)}
  - {id: d, when: "lookup_me is defined", DO(d)}
"""


def test_a_step_that_when_decides_against_is_skipped_and_journalled(stage: Stage) -> None:
    stage.file("switch", "x")
    told = stage.apply(WHEN)
    assert told.said == ("succeeded", 0)
    assert [h for h in ("w1", "w2", "w3") if "+c" in stage.story_of(h)] == ["w2"]
    assert {s.task for s in told.events(Skipped)} == {
        *("c@w1", "c@w3"),
        *("d@w1", "d@w2", "d@w3"),
    }
    assert "letter" in told.events(Skipped)[0].why


def test_a_skipped_step_satisfies_a_need(stage: Stage) -> None:
    told = stage.apply(HEAD + '  - {id: a, when: "false", DO(a)}\n  - {id: b, DO(b)}\n')
    assert told.said == ("succeeded", 0)
    assert len(stage.story()) == 3


def test_what_when_decided_is_not_decided_again_at_resume(stage: Stage) -> None:
    text = HEAD + (
        "  - {id: ask, needs: [], hosts: w1, DO(ask)}\n"
        "  - id: q\n    needs: [ask]\n    hosts: w1\n    when: \"'kernel' not in facts or true\"\n"
        "    DO(q)\n"
        "  - {id: r, hosts: w1, when: \"results['q'].changed\", DO(r)}\n"
        "  - {id: s, hosts: w1, DO(s)}\n"
    )
    stage.breaks("s@w1")
    told = stage.apply(text, on_failure="halt")
    assert told.said == ("halted", 4)
    stage.mends("s@w1")
    again = stage.resume()
    assert again.said == ("succeeded", 0)
    assert not again.events(Skipped)
    assert [line for line in stage.story_of("w1") if line in {"+q", "+r"}] == ["+q", "+r"]


LOOP = HEAD + (
    "  - id: l\n    hosts: w1\n    needs: [list]\n"
    "    loop: \"{{ results['list'].stdout.split() }}\"\n"
    '    shell: {run: "echo +{{ item }}@w1 >>FILES/log; ! [ -e FILES/fail-{{ item }} ]",'
    ' undo: "echo -{{ item }}@w1 >>FILES/log"}\n'
    '  - {id: list, needs: [], hosts: w1, shell: {run: "cat FILES/list", undo: "true"}}\n'
)


def test_loop_items_are_journalled_before_the_first_change_and_undone_last_first(
    stage: Stage,
) -> None:
    stage.file("list", "x y z")
    told = stage.apply(LOOP)
    kinds = [r.event for r in told.watcher.records]
    loop = next(n for n, e in enumerate(kinds) if isinstance(e, Loop))
    change = next(n for n, e in enumerate(kinds) if isinstance(e, Intent) and "#" in e.task)
    assert told.events(Loop)[0].items == ["x", "y", "z"]
    assert loop < change
    assert len({i.number for i in told.events(Intent) if i.host == "w1"}) == 4
    stage.rollback()
    assert stage.story_of("w1") == ["+x", "+y", "+z", "-z", "-y", "-x"]


def test_a_loop_that_was_cut_off_is_not_evaluated_again(stage: Stage) -> None:
    stage.file("list", "x y z")

    def die(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task == "l@w1#1":
            raise Killed

    with pytest.raises(Killed):
        stage.apply(LOOP, at=die)
    stage.file("list", "other")
    told = stage.resume()
    assert told.said == ("succeeded", 0)
    assert stage.story_of("w1") == ["+x", "+y", "+z"]
    assert not told.events(Loop)


def test_an_empty_loop_is_skipped(stage: Stage) -> None:
    stage.file("list", "")
    told = stage.apply(LOOP)
    assert told.said == ("succeeded", 0)
    assert told.state.rows[0].status == "skipped"


def test_items_that_when_decides_against_are_skipped_alone_and_not_decided_again(
    stage: Stage,
) -> None:
    text = HEAD + (
        "  - {id: l, hosts: w1, loop: [x, y], when: \"item != 'x'\","
        ' shell: {run: "echo +{{ item }}@w1 >>FILES/log", undo: "true"}}\n'
        "  - {id: s, hosts: w1, DO(s)}\n"
    )
    stage.breaks("s@w1")
    told = stage.apply(text, on_failure="halt")
    assert told.status("l@w1#0") == "skipped"
    stage.mends("s@w1")
    again = stage.resume()
    assert again.said == ("succeeded", 0)
    assert not again.events(Skipped)
    assert stage.story_of("w1").count("+y") == 1


def test_the_result_of_a_step_that_runs_once_is_everybodys(stage: Stage) -> None:
    told = stage.apply(
        HEAD + '  - {id: a, run_once: true, shell: {run: "echo 7", undo: "true"}}\n'
        "  - id: b\n    shell: {run: \"echo {{ results['a'].stdout }}@{{ inventory_hostname }}"
        ' >>FILES/log", undo: "true"}\n'
    )
    assert told.said == ("succeeded", 0)
    assert sorted(stage.story()) == ["7@w1", "7@w2", "7@w3"]
    assert [i.host for i in told.events(Intent) if i.task.startswith("a@")] == ["w1"]
