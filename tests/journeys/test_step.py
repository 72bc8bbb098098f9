"""`--step` as an operator sees it on a terminal."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.project import Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

BOOK = """
name: Steps
hosts: web
become: true
steps:
  - {id: one, copy: {content: "1\\n", dest: /etc/one}}
  - {id: two, copy: {content: "2\\n", dest: /etc/two}}
"""


@contextmanager
def on_a_terminal(project: Project, *typed: str) -> Iterator[subprocess.Popen[str]]:
    """A run whose standard input is a terminal on which these lines have been typed already."""
    book = project.write("playbooks/steps.yml", BOOK)
    ours, theirs = pty.openpty()
    words = ("apply", book, "-i", str(project.inventory), "--limit", "staging", "--step")
    process = subprocess.Popen(
        project.argv(*words),
        cwd=project.folder,
        env=project.surroundings(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    for line in typed:
        os.write(ours, f"{line}\n".encode())
    try:
        yield process
    finally:
        os.close(ours)
        process.communicate(timeout=60)


def test_each_step_is_asked_about_and_done_where_the_answer_is_yes(
    project: Project, web: LabHost
) -> None:
    with on_a_terminal(project, "n", "y") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Perform task: one (copy) on stg-web1\n(N)o/(y)es/(c)ontinue: " in err
    assert "Perform task: two (copy) on stg-web1\n" in err
    assert "the operator said no (--step)" in out
    assert web.ssh("test -e /etc/one").returncode == 1
    assert web.output("cat /etc/two") == "2"


def test_an_interrupt_at_the_question_leaves_it_open(project: Project, web: LabHost) -> None:
    with on_a_terminal(project, "y") as process:
        assert process.stderr is not None
        while "two (copy)" not in process.stderr.readline():
            pass
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    done = project.mplay("resume", "last", "--format", "json")
    assert done.statuses == {"one@stg-web1": "changed", "two@stg-web1": "changed"}
    assert web.output("cat /etc/two") == "2"


def test_a_terminal_that_goes_away_makes_the_run_wait(project: Project, web: LabHost) -> None:
    with on_a_terminal(project, "y") as process:
        assert process.stderr is not None
        while "two (copy)" not in process.stderr.readline():
            pass
    assert process.returncode == 8
    assert project.mplay("resume", "last", "--format", "json").json["status"] == "succeeded"
