"""One run owns a host."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.journeys.project import Project, new_project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

SLOW = """
name: Slow
hosts: web
become: true
steps:
  - id: wait
    shell: {run: "touch /run/mplay-test-begun; sleep 8", undo: "true", action: true}
"""


def begin(project: Project, web: LabHost) -> subprocess.Popen[str]:
    """Start a run that is in the middle of its only step when this returns."""
    web.output("rm -f /run/mplay-test-begun")
    project.write("playbooks/slow.yml", SLOW)
    words = ("apply", "playbooks/slow.yml", "-i", str(project.inventory), "--limit", "staging")
    running = project.start(*words)
    web.output("for i in $(seq 200); do [ -e /run/mplay-test-begun ] && break; sleep 0.05; done")
    web.output("test -e /run/mplay-test-begun")
    return running


def test_a_second_apply_is_told_who_holds_the_hosts_and_how_to_free_them(
    project: Project, web: LabHost
) -> None:
    running = begin(project, web)
    refused = project.apply("playbooks/slow.yml", code=6)
    assert refused.out == "" or refused.json["status"] == "refused"
    told = refused.err + refused.out
    assert re.search(r"\d{8}-\d{4}-\w+", told)
    assert "mplay unlock" in told
    running.communicate(timeout=60)
    assert running.returncode == 0


def test_a_host_itself_refuses_a_run_of_another_journal(
    project: Project, web: LabHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = new_project(tmp_path_factory.mktemp("other") / "project", project.inventory)
    running = begin(project, web)
    other.write("playbooks/slow.yml", SLOW)
    refused = other.apply("playbooks/slow.yml", code=6)
    told = refused.err + refused.out
    assert "mplay unlock" in told
    assert "stg-web1" in told
    running.communicate(timeout=60)
    assert running.returncode == 0


def test_unlock_frees_a_host_that_a_run_without_root_holds(project: Project, web: LabHost) -> None:
    call = ("do", "-i", str(project.inventory), "stg-web1", "shell")
    # What has no way back cannot be taken back: the host stays the run's until somebody looked.
    project.mplay(*call, "exit 3", "--on-failure", "rollback-host", code=7)
    assert "mplay unlock" in project.mplay(*call, "true", code=6).err
    held = project.mplay("runs", "--format", "json").json["runs"][-1]["run"]
    assert "stg-web1  unlocked" in project.mplay("unlock", held, "--yes").out
    project.mplay(*call, "true")
