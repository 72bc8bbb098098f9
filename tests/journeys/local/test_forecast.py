"""A dry-run says what an apply then does, and writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mplay.executor.dryrun import Forecast
from tests.journeys.local.stage import Stage, Told

MANY = """
name: T
hosts: all
vars: {greeting: hello}
steps:
  - {id: before, query: {run: "true"}}
  - {id: dir, file: {path: "FILES/d-SELF", state: directory, mode: "0755"}}
  - {id: conf, template: {src: conf.j2, dest: "FILES/d-SELF/conf", mode: "0644"}}
  - {id: line, lineinfile: {path: "FILES/d-SELF/conf", regexp: "^b=", line: "b=2"}}
  - {id: again, lineinfile: {path: "FILES/d-SELF/conf", regexp: "^b=", line: "b=2"}}
  - {id: there, copy: {content: "there\\n", dest: "FILES/there", mode: "0644"}, run_once: true}
  - id: block
    serial: 2
    around:
      enter: [{id: out, shell: {run: "touch FILES/out-SELF", creates: "FILES/out-SELF"}}]
      check: [{id: well, query: {run: "true"}}]
      leave: [{id: in, shell: {run: "rm FILES/out-SELF", removes: "FILES/out-SELF"}}]
    steps:
      - {id: moved, when: "letter != 'c'", file: {path: "FILES/x-SELF", state: touch}}
      - id: follows
        when: "results['moved'].changed"
        file: {path: "FILES/old-SELF", state: absent}
  - {id: react, on_change: [conf], TELL(react)}
  - id: items
    loop: [a, b]
    copy: {content: "{{ item }}", dest: "FILES/{{ item }}-SELF", mode: "0644"}
  - {id: cmd, command: {run: "touch FILES/cmd-SELF", creates: "FILES/cmd-SELF"}, rollback: []}
  - {id: act, shell: {run: "true", action: true, undo: "true"}}
  - {id: opaque, DO(opaque)}
  - {id: never, when: "false", DO(never)}
"""


def prepare(stage: Stage) -> None:
    (stage.folder / "templates").mkdir()
    (stage.folder / "templates" / "conf.j2").write_text("a={{ greeting }}\nb=1\nc={{ letter }}\n")
    stage.file("there", "there\n").chmod(0o644)
    stage.file("x-w2", "x\n").chmod(0o600)
    stage.file("a-w1", "a").chmod(0o644)
    stage.file("old-w1")


def tree(folder: Path) -> Mapping[str, object]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.lstat().st_mode)
        for path in folder.rglob("*")
    }


def told_of(forecast: Forecast) -> dict[str, str]:
    return {f"{r.key.path}@{r.key.subject}": str(r.status) for r in forecast.rows}


def done_of(told: Told) -> dict[str, str]:
    return {f"{r.key.path}@{r.key.subject}": str(r.status) for r in told.state.rows}


def test_what_a_dry_run_says_is_what_an_apply_then_does(stage: Stage) -> None:
    prepare(stage)
    said = told_of(stage.dry_run(MANY))
    did = stage.apply(MANY)
    assert did.said == ("succeeded", 0), did.ending.why
    done = done_of(did)
    assert said.keys() == done.keys()
    unknown = {task for task, status in said.items() if status == "unknown"}
    assert {task.partition("@")[0] for task in unknown} == {
        "opaque",  # nothing says whether it is needed
        "block/check/well",  # a check behind changes
        *("line", "again"),  # lines of a file whose new content only the host will know
    }
    expected = {
        task: "changed" if status == "would-change" else status
        for task, status in said.items()
        if task not in unknown
    }
    assert expected == {task: done[task] for task in expected}
    assert {"changed", "ok", "skipped"} <= set(expected.values())


def test_a_second_dry_run_finds_actions_and_the_opaque_only(stage: Stage) -> None:
    prepare(stage)
    stage.apply(MANY)
    said = told_of(stage.dry_run(MANY))
    changing = {t.partition("@")[0] for t, s in said.items() if s in {"would-change", "unknown"}}
    assert changing == {"conf", "line", "again", "act", "opaque", "react"}


def test_a_dry_run_writes_nothing_neither_on_hosts_nor_in_a_journal(stage: Stage) -> None:
    prepare(stage)
    before = tree(stage.files)
    stage.dry_run(MANY)
    assert tree(stage.files) == before
    assert not (stage.folder / "state").exists()
    assert [p for p in (stage.folder / "hosts").rglob("*") if p.is_file()] == []


def test_a_dry_run_beside_a_run_says_who_holds_the_host(stage: Stage) -> None:
    prepare(stage)
    stage.breaks("opaque@w1")
    stage.file("ill-w1")
    text = MANY.replace('query: {run: "true"}}]', 'query: {run: "! [ -e FILES/ill-SELF ]"}}]')
    told = stage.apply(text, on_failure="halt")
    assert told.said == ("halted", 4)
    notes = stage.dry_run(text).notes
    assert any("w1 is locked by run" in note and told.state.run in note for note in notes)


def test_a_dry_run_knows_the_way_back_of_each_change(stage: Stage) -> None:
    rows = stage.dry_run(
        "name: T\nhosts: w1\nsteps:\n"
        '  - {id: a, copy: {content: "x", dest: FILES/x, mode: "0644"}}\n'
        "  - {id: b, TELL(b)}\n"
        '  - {id: c, irreversible: gone, shell: {run: "true", action: true}}\n'
        '  - {id: d, rollback: [{tell: {path: FILES/log, text: x}}], shell: {run: "true"}}\n'
    ).rows
    ways = {row.key.path: row.way_back for row in rows}
    assert ways["a"].startswith("yes")
    assert ways["b"] == "nothing to undo"
    assert ways["c"] == "irreversible: gone"
    assert ways["d"] == "yes: tell"


def test_a_host_that_does_not_answer_is_unknown_in_a_dry_run(stage: Stage) -> None:
    stage.hosts.down.add("w2")
    forecast = stage.dry_run("name: T\nhosts: all\nsteps:\n  - {id: a, TELL(a)}\n")
    assert told_of(forecast) == {
        "a@w1": "would-change",
        "a@w2": "unknown",
        "a@w3": "would-change",
    }
    assert forecast.absent == (("w2", "no route to host"),)
