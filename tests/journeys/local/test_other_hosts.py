"""Files that go from host to host, and to the controller: told, done, undone, and refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplay.config import Environment
from mplay.model.errors import UsageError
from mplay.model.events import Event
from mplay.model.record import Record
from tests.journeys.local.stage import Stage

ACROSS = """
name: T
hosts: all
steps:
  - {id: make, hosts: w1, copy: {content: "of SELF\\n", dest: "FILES/made", mode: "0640"}}
  - {id: over, hosts: "w2:w3", copy: {src: FILES/made, from_host: w1, dest: "FILES/at-SELF"}}
  - {id: bring, hosts: "w2:w3", fetch: {src: "FILES/at-SELF", dest: evidence}}
"""


def brought(stage: Stage, host: str) -> str:
    return (stage.folder / "evidence" / host / str(stage.files)[1:] / f"at-{host}").read_text()


def test_files_go_from_host_to_host_and_to_the_controller_and_back(stage: Stage) -> None:
    assert stage.apply(ACROSS).said == ("succeeded", 0)
    for host in ("w2", "w3"):
        assert stage.read(f"at-{host}") == "of w1\n"
        assert brought(stage, host) == "of w1\n"
    again = stage.apply(ACROSS)
    assert {again.status(f"{step}@w2") for step in ("over", "bring")} == {"ok"}
    assert stage.rollback(again.state.run).said == ("rolled-back", 0)
    first = again.state.run
    with stage.project.journal() as journal:
        [first] = [run.run for run in journal.runs() if run.run != first]
    assert stage.rollback(first).said == ("rolled-back", 0)
    assert not (stage.folder / "evidence").exists()
    assert not list(stage.files.glob("at-*"))


def test_a_dry_run_tells_all_of_it_and_where_it_is_done(stage: Stage) -> None:
    stage.file("at-w2", "of w1\n").chmod(0o644)
    rows = {str(row.key): row for row in stage.dry_run(ACROSS).rows}
    told = {key: (str(row.status), row.runs_on) for key, row in rows.items()}
    assert told == {
        "make@w1": ("would-change", ""),
        "over@w2": ("ok", ""),
        "over@w3": ("would-change", ""),
        "bring@w2": ("would-change", "localhost"),
        "bring@w3": ("would-change", "localhost"),
    }
    assert not (stage.folder / "evidence").exists()


def test_what_nobody_can_know_yet_is_unknown_and_says_after_what(stage: Stage) -> None:
    book = """
name: T
hosts: w1
steps:
  - {id: made, shell: {run: "echo x >FILES/a", creates: FILES/a, undo: "rm -f FILES/a"}}
  - {id: bring, fetch: {src: FILES/a, dest: e}}
"""
    [_, row] = stage.dry_run(book).rows
    assert (str(row.status), row.why.partition(":")[0]) == ("unknown", "unknown (after made)")


def test_a_file_is_overwritten_by_what_is_there_now_and_its_old_content_comes_back(
    stage: Stage,
) -> None:
    book = "name: T\nhosts: w1\nsteps: [{id: bring, fetch: {src: FILES/a, dest: b, flat: true}}]\n"
    stage.file("a", "new")
    (stage.folder / "b").write_text("old")
    assert stage.apply(book).status("bring@w1") == "changed"
    assert (stage.folder / "b").read_text() == "new"
    stage.rollback()
    assert (stage.folder / "b").read_text() == "old"


def test_hosts_that_read_each_other_do_not_wait_for_each_other(stage: Stage) -> None:
    for host in ("w1", "w2", "w3"):
        stage.file(f"from-{host}", host * 1_000_000)
    steps = "".join(
        f'  - {{id: "get{n}", needs: [], copy: {{src: "FILES/from-{source}", from_host: {source},'
        f' dest: "FILES/{n}-SELF"}}}}\n'
        for n, source in enumerate(("w1", "w2", "w3"))
    )
    assert stage.apply(f"name: T\nhosts: all\nsteps:\n{steps}").said == ("succeeded", 0)
    assert stage.read("2-w1") == "w3" * 1_000_000


def test_a_file_that_is_not_there_fails_its_task_and_may_be_allowed_to(stage: Stage) -> None:
    book = "name: T\nhosts: w1\nsteps: [{id: bring, fetch: {src: FILES/no, dest: e%s}}]\n"
    told = stage.apply(book % "")
    assert told.ending.exit == 4
    assert "there is no file" in told.ending.why
    assert stage.apply(book % ", fail_on_missing: no").status("bring@w1") == "ok"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("copy: {src: /a, from_host: w9, dest: /b}", "may not read files of 'w9'"),
        ("fetch: {src: /a, dest: b}, delegate_to: w2", "it takes no `delegate_to`"),
        ("copy: {src: a, from_host: w2, dest: /b}", "must be an absolute path"),
        (
            "shell: {run: 'true'}, rollback: [copy: {src: /a, from_host: w2, dest: /b}]",
            "must not depend on one",
        ),
        ("shell: {run: 'true'}, rollback: [fetch: {src: /a, dest: b}]", "must not depend on one"),
    ],
)
def test_what_cannot_be_is_refused_before_any_host_is_asked(
    stage: Stage, step: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        stage.apply(f"name: T\nhosts: w1\nsteps:\n  - {{id: a, {step}}}\n")
    assert "playbook.yml:4:" in str(refused.value)
    assert not (stage.folder / "hosts" / "w1").exists()


@pytest.mark.parametrize(("source", "allowed"), [("w2", True), ("w3", False)])
def test_a_run_reads_no_host_of_another_environment(
    stage: Stage, source: str, *, allowed: bool
) -> None:
    inventory = stage.folder / "hosts.ini"
    inventory.write_text(inventory.read_text() + "[staging]\nw1\nw2\n[production]\nw3\n")
    names = ("staging", "production")
    environments = {name: Environment(name=name, group=name) for name in names}
    stage.project = replace(
        stage.project, config=replace(stage.project.config, environments=environments)
    )
    stage.file("a", "text")
    step = f"copy: {{src: FILES/a, from_host: {source}, dest: FILES/b}}"
    book = f"name: T\nhosts: w1\nsteps:\n  - {step}\n"
    if allowed:
        assert stage.apply(book).said == ("succeeded", 0)
    else:
        with pytest.raises(UsageError, match="may not read files of 'w3'"):
            stage.apply(book)
    assert (stage.files / "b").exists() is allowed


def test_an_undo_that_turns_out_to_read_another_host_is_refused(stage: Stage) -> None:
    undo = "{src: FILES/a, from_host: 'w{{ 1 + 1 }}', dest: FILES/b}"
    step = f"{{id: a, shell: {{run: 'true'}}, rollback: [copy: {undo}]}}"
    assert stage.apply(f"name: T\nhosts: w1\nsteps: [{step}]\n").said == ("succeeded", 0)
    assert "must not depend on one" in stage.rollback().ending.why


class Cut(Exception):
    """The process is gone."""


@pytest.mark.parametrize("kind", ["INTENT", "OUTCOME"])
@pytest.mark.parametrize("step", ["over", "bring"])
def test_a_run_that_is_cut_off_there_is_resumed_or_undone(
    stage: Stage, kind: str, step: str
) -> None:
    def at(record: Record) -> None:
        event: Event = record.event
        if kind == event.KIND and getattr(event, "task", "").startswith(f"{step}@"):
            raise Cut

    with pytest.raises(Cut):
        stage.apply(ACROSS, at=at)
    stage.forget_modules()
    assert stage.resume().said == ("succeeded", 0)
    assert brought(stage, "w3") == "of w1\n"
    assert stage.rollback().said == ("rolled-back", 0)
    assert not (stage.folder / "evidence").exists()
    assert not list(stage.files.glob("at-*"))
