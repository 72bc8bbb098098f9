"""`mplay do` and the flags that choose, as an operator types them, on a real host."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from tests.journeys.project import Done, Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab


def do(project: Project, *words: str, code: int = 0) -> Done:
    return project.mplay("do", "-i", str(project.inventory), *words, code=code)


def test_a_service_is_changed_and_given_back(project: Project, web: LabHost) -> None:
    words = ("stg-web1", "service", "name=cron", "state=stopped", "-b", "--format", "json")
    before = web.state()
    foreseen = do(project, *words, "--check", "--detailed-exitcode", code=10)
    assert foreseen.statuses == {"service@stg-web1": "would-change"}
    assert web.output("systemctl is-active cron").strip() == "active"
    done = do(project, *words)
    assert done.statuses == {"service@stg-web1": "changed"}
    assert done.json["next"] == [f"mplay rollback {done.run}"]
    assert web.ssh("systemctl is-active cron").stdout.strip() == "inactive"
    assert do(project, *words).statuses == {"service@stg-web1": "ok"}
    project.rollback(done.run)
    assert web.output("systemctl is-active cron").strip() == "active"
    assert before.differences(web.state()) == []


def test_what_a_command_prints_is_shown(project: Project, web: LabHost) -> None:
    said = do(project, "stg-web1", "shell", "echo hello; id -un", "-b").out
    assert "shell@stg-web1 | hello" in said
    assert "shell@stg-web1 | root" in said
    assert "query@stg-web1 | stg-web1" in do(project, "stg-web1", "query", "hostname").out
    (task,) = do(project, "stg-web1", "--format", "json", "shell", "echo hello").json["tasks"]
    assert task["output"] == "hello\n"


def test_a_file_of_the_working_directory_is_copied(project: Project, web: LabHost) -> None:
    project.write("greeting", "hello\n")
    words = ("stg-web1", "copy", "src=greeting", "dest=/etc/greeting", "-b")
    assert "+hello" in do(project, *words, "--check", "--diff").out
    do(project, *words)
    assert web.output("cat /etc/greeting") == "hello"
    project.mplay("rollback", "last")
    assert web.ssh("test -e /etc/greeting").returncode == 1


def test_a_call_that_is_killed_is_resumed_and_done_once(project: Project, web: LabHost) -> None:
    web.output("rm -f /run/mplay-test-begun")
    run = "echo x >>/etc/count; touch /run/mplay-test-begun; sleep 2; echo y >>/etc/count"
    state = "state=cat /etc/count 2>/dev/null || true"
    words = ("stg-web1", "shell", run, "undo=rm -f /etc/count", state, "-b")
    running = project.start("do", "-i", str(project.inventory), *words)
    web.output("for i in $(seq 200); do [ -e /run/mplay-test-begun ] && break; sleep 0.05; done")
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate(timeout=30)
    project.mplay("resume", "last")
    assert web.output("cat /etc/count") == "x\ny"
    project.mplay("rollback", "last")
    assert web.ssh("test -e /etc/count").returncode == 1


def stream(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_stream_is_one_object_a_line_to_the_end(project: Project, web: LabHost) -> None:
    lines = stream(do(project, "stg-web1", "--format", "ndjson", "shell", "echo hello"))
    assert [line["text"] for line in lines if line["kind"] == "OUTPUT"] == ["hello"]
    assert lines[0]["kind"] == "RUN_BEGIN"
    assert (lines[-1]["kind"], lines[-1]["status"]) == ("RUN_END", "succeeded")
    foreseen = stream(do(project, "stg-web1", "--format", "ndjson", "-C", "shell", "echo hello"))
    assert [line["kind"] for line in foreseen] == ["FORECAST", "RUN_END"]


BOOK = """
name: Tags
hosts: web
become: true
steps:
  - {id: one, tags: [first], copy: {content: "1\\n", dest: /etc/one}}
  - {id: two, tags: [second], copy: {content: "2\\n", dest: /etc/two}}
  - {id: three, needs: [one], tags: [second], copy: {content: "3\\n", dest: /etc/three}}
"""


def test_tags_and_steps_choose_what_is_done(project: Project, web: LabHost) -> None:
    book = project.write("playbooks/tags.yml", BOOK)
    assert list(project.apply(book, "--tags", "first").statuses) == ["one@stg-web1"]
    refused = project.apply(book, "-t", "second", code=2)
    assert "three needs one, which is left out" in refused.err
    chosen = project.apply(book, "-t", "second", "--with-needs")
    assert list(chosen.statuses) == ["one@stg-web1", "two@stg-web1", "three@stg-web1"]
    vouched = project.apply(book, "--from", "two", "--assume-done", "one", "--reason", "it is")
    assert vouched.json["notes"] == ["--assume-done one: it is"]
    skipped = project.apply(book, "--skip-tags", "second", "--check")
    assert list(skipped.statuses) == ["one@stg-web1"]


def test_lists_touch_nothing(project: Project, web: LabHost) -> None:
    book = project.write("playbooks/tags.yml", BOOK)
    lists = ("--list-hosts", "--list-tasks", "--list-tags")
    found = project.apply(book, *lists, "--tags", "first").json
    assert found["hosts"] == ["stg-web1"]
    assert [task["step"] for task in found["tasks"]] == ["one"]
    assert found["tags"] == ["first"]
    said = do(project, "staging", "shell", "reboot now", "--list-hosts").out
    assert "  hosts (2):\n" in said
    assert not (project.folder / "xdg").exists()
