"""SIGKILL of mplay at random moments; then `resume` ends well, or `rollback` leaves no trace."""

from __future__ import annotations

import os
import random
import signal
import subprocess

import pytest

from tests.journeys.project import Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

# Appending is the step that shows whether something ran twice; it is in front of, between and
# behind the others so that a kill meets it in every neighbourhood.
PLAYBOOK = """
name: Trial
hosts: web
become: true
steps:
  - {id: one, shell: {run: "echo one >>/etc/trial", undo: "sed -i /one/d /etc/trial"}}
  - {id: file, copy: {content: "greeting=trial\\n", dest: /etc/shop/site.conf, mode: "0644"}}
  - id: web
    serial: 1
    around:
      enter:
        - id: drain
          delegate_to: "{{ load_balancer }}"
          shell:
            run: "pool out {{ inventory_hostname }}"
            state: "pool state {{ inventory_hostname }}"
            expect: out
      check:
        - {id: smoke, http: {url: "http://localhost/healthz", status: 200}, until: 30s, delay: 1s}
      leave:
        - id: join
          delegate_to: "{{ load_balancer }}"
          shell:
            run: "pool in {{ inventory_hostname }}"
            state: "pool state {{ inventory_hostname }}"
            expect: in
    steps:
      - id: two
        shell: {run: "echo two >>/etc/trial; sleep 0.3", undo: "sed -i /two/d /etc/trial"}
      - {id: upgrade, apt: {upgrade: security}}
      - id: line
        lineinfile: {path: /etc/shop/shop.conf, regexp: "^greeting=", line: "greeting=x"}
      - {id: reload, on_change: [line], service: {name: shop, state: reloaded}}
  - {id: three, shell: {run: "echo three >>/etc/trial", undo: "sed -i /three/d /etc/trial"}}
"""
BEFORE = "touch /etc/trial; chmod 644 /etc/trial"


def kill_after(project: Project, seconds: float) -> bool:
    """Apply, and kill the whole process group after some seconds; False if it had ended."""
    words = ("apply", "playbooks/trial.yml", "-i", str(project.inventory), "--limit", "staging")
    process = project.start(*words)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    return False


def began(project: Project) -> bool:
    runs = project.mplay("runs", "--format", "json").json["runs"]
    return bool(runs)


@pytest.mark.parametrize("trial", range(20))
def test_after_a_kill_everything_is_there_once_or_nothing_is(
    project: Project, web: LabHost, lb: LabHost, trial: int
) -> None:
    chance = random.Random(trial)
    project.write("playbooks/trial.yml", PLAYBOOK)
    web.output(BEFORE)
    before = {host.name: host.state() for host in (web, lb)}
    kill_after(project, chance.uniform(0.6, 5.5))
    if not began(project):
        project.apply("playbooks/trial.yml")
    if trial % 2:
        project.mplay("resume", "last", "--format", "json")
        assert web.output("cat /etc/trial").split() == ["one", "two", "three"]
        assert web.output("dpkg-query -W -f '${Version}' shop") == "1.1"
        assert "greeting=x" in web.output("cat /etc/shop/shop.conf")
        assert "trial" in web.output("cat /etc/shop/site.conf")
    else:
        project.mplay("rollback", "last", "--yes", "--format", "json")
        for host in (web, lb):
            assert host.state().differences(before[host.name]) == []
    assert lb.output("pool state stg-web1") == "in"
    assert project.mplay("journal", "verify").code == 0
