"""`retries` and `throttle` on real hosts, a killed controller included."""

from __future__ import annotations

import os
import signal
import time
from itertools import pairwise

import pytest

from tests.journeys.project import Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

PLAYBOOK = """
name: Retries
hosts: staging
become: true
steps:
  - id: flaky
    throttle: 1
    retries: 3
    delay: 1s
    shell:
      run: |
        begun=$(date +%s.%N)
        echo tried >>/var/tmp/tries
        echo effect >>/etc/trial
        sleep 1
        echo "$begun $(date +%s.%N)" >>/var/tmp/spans
        test "$(grep -c . /var/tmp/tries)" -ge 3
      undo: rm -f /etc/trial
"""


def spans(*hosts: LabHost) -> list[tuple[float, float]]:
    """From when to when each try ran; the lab's hosts share one clock."""
    lines = [
        line.split() for host in hosts for line in host.output("cat /var/tmp/spans").split("\n")
    ]
    return sorted((float(words[0]), float(words[1])) for words in lines if words)


def test_a_step_that_fails_twice_is_done_by_the_third_try_on_one_host_at_a_time(
    project: Project, web: LabHost, lb: LabHost
) -> None:
    project.write("playbooks/retries.yml", PLAYBOOK)
    done = project.apply("playbooks/retries.yml")
    assert done.statuses == {"flaky@stg-lb1": "changed", "flaky@stg-web1": "changed"}
    found = spans(web, lb)
    assert len(found) == 6
    for (_, ended), (begun, _) in pairwise(found):
        assert begun >= ended, "two hosts were at it at once"
    for host in (web, lb):
        assert host.output("cat /etc/trial").split() == ["effect"], "a try was not undone"
    project.rollback(done.run, "--yes")
    assert web.output("ls /etc/trial 2>/dev/null || :").strip() == ""
    assert project.mplay("journal", "verify").code == 0


def test_a_controller_that_is_killed_between_two_tries_leaves_the_effect_once(
    project: Project, web: LabHost
) -> None:
    project.write("playbooks/retries.yml", PLAYBOOK.replace("hosts: staging", "hosts: web"))
    words = ("apply", "playbooks/retries.yml", "-i", str(project.inventory), "--limit", "staging")
    process = project.start(*words)
    end = time.monotonic() + 60
    while web.output("grep -c . /var/tmp/tries 2>/dev/null || :").strip() != "2":
        assert time.monotonic() < end, "there was no second try"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = project.mplay("resume", "last", "--format", "json")
    assert done.statuses == {"flaky@stg-web1": "changed"}
    assert web.output("cat /etc/trial").split() == ["effect"]
    assert project.mplay("journal", "verify").code == 0
