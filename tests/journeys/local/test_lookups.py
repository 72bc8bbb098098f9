"""What templates read: results that come late, and files that must be the same at a resume."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.local.stage import Stage

BOOK = """
name: Greeting
hosts: w1
on_failure: halt
steps:
  - {id: a, DO(a)}
  - id: b
    vars: {greeting_: "{{ lookup('file', 'greeting') }}"}
    shell:
      run: "cat >FILES/said"
      stdin: "{{ lookup('template', 'said.j2') }} {{ results['a'].changed }}"
      undo: "true"
"""
SAID = "{{ greeting_ }} {{ inventory_file | basename }} {{ playbook_dir }} {{ ansible_play_name }}"


def halted(stage: Stage) -> Path:
    """A run that stopped before the step that reads; the file that it will read."""
    for folder, name, text in (("files", "greeting", "hello\n"), ("templates", "said.j2", SAID)):
        (stage.folder / folder).mkdir()
        (stage.folder / folder / name).write_text(text)
    stage.breaks("a@w1")
    assert stage.apply(BOOK).said == ("halted", 4)
    stage.mends("a@w1")
    stage.forget_modules()
    return stage.folder / "files" / "greeting"


def test_a_resume_reads_what_the_run_would_have_read(stage: Stage) -> None:
    halted(stage)
    told = stage.resume()
    assert told.said == ("succeeded", 0), told.ending.why
    assert stage.read("said").strip() == f"hello hosts.ini {stage.folder} Greeting True"


def test_a_file_that_has_changed_meanwhile_is_not_read(stage: Stage) -> None:
    greeting = halted(stage)
    greeting.write_text("good bye\n")
    told = stage.resume()
    assert told.ending.exit == 4
    assert "files/greeting is not what it was when the run began" in told.ending.why
    assert not (stage.files / "said").exists()
    greeting.write_text("hello\n")
    assert stage.resume().said == ("succeeded", 0)
    assert stage.read("said").startswith("hello ")


def test_a_template_file_and_the_environment_may_read_results(stage: Stage) -> None:
    (stage.folder / "templates").mkdir()
    (stage.folder / "templates" / "late.j2").write_text("got {{ results['a'].stdout }}")
    text = """
name: Late
hosts: w1
steps:
  - {id: a, shell: {run: echo hello, undo: "true"}}
  - {id: b, template: {src: late.j2, dest: FILES/late}}
  - {id: c, environment: {SAID: "{{ results['a'].stdout }}"}, SAY}
"""
    text = text.replace("SAY", 'shell: {run: "printenv SAID >FILES/env", undo: "true"}')
    told = stage.apply(text)
    assert told.said == ("succeeded", 0), told.ending.why
    assert (stage.read("late"), stage.read("env")) == ("got hello", "hello\n")
