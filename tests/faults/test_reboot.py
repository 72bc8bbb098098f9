"""Reboots in the middle of a run: waited for, told from an accident, and done once."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.journeys.project import Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

PLAYBOOK = """
name: Boot
hosts: web
become: true
steps:
  - {id: before, shell: {run: "echo before >>/etc/trial", undo: "sed -i /before/d /etc/trial"}}
  - id: web
    serial: 1
    around:
      enter: [{id: drain, shell: {run: "echo out >>/etc/pool", action: true}}]
      check:
        - {id: smoke, become: false, http: {url: "http://localhost/healthz"}, until: 30s, delay: 1s}
      leave: [{id: join, shell: {run: "echo in >>/etc/pool", action: true}}]
    steps:
      - {id: boot, reboot: {reboot_timeout: 60}}
      - {id: after, shell: {run: "cat /run/boots >/etc/after", undo: "rm -f /etc/after"}}
"""
COUNTED = """cat >/etc/systemd/system/count-boots.service <<'END'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo boot >>/etc/boots; cp /etc/boots /run/boots'
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload; systemctl enable -q count-boots; echo before >/run/boots
"""
"""Writes a line at each boot; what is below /run is gone with the boot."""


def boots(web: LabHost) -> int:
    return int(web.output("cat /etc/boots 2>/dev/null | wc -l"))


def test_steps_behind_a_reboot_run_on_the_host_that_came_back(
    project: Project, web: LabHost
) -> None:
    web.output(COUNTED)
    project.write("playbooks/boot.yml", PLAYBOOK)
    done = project.apply("playbooks/boot.yml")
    assert boots(web) == 1
    assert done.statuses["web/boot@stg-web1"] == "changed"
    assert web.output("cat /etc/after").split() == ["boot"], "it ran on the host before its reboot"
    assert web.output("cat /etc/pool").split() == ["out", "in"]
    undone = project.rollback(done.run, "--yes")
    assert undone.json["status"] == "rolled-back"
    assert boots(web) == 1, "an undo of a reboot is none"
    assert web.output("cat /etc/trial; ls /etc/after 2>/dev/null || :").split() == []


@pytest.mark.parametrize("seconds", [0.0, 1.5, 3.0, 4.5])
def test_a_controller_that_is_killed_meanwhile_reboots_a_host_once(
    project: Project, web: LabHost, seconds: float
) -> None:
    web.output(COUNTED)
    project.write("playbooks/boot.yml", PLAYBOOK)
    words = ("apply", "playbooks/boot.yml", "-i", str(project.inventory), "--limit", "staging")
    process = project.start(*words)
    end = time.monotonic() + 60
    while web.output("cat /etc/pool 2>/dev/null || :") == "":
        assert time.monotonic() < end, "the bracket was not entered"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    project.mplay("resume", "last", "--format", "json")
    told = project.mplay("show", "last", "--format", "json")
    assert told.statuses["web/boot@stg-web1"] == "changed"
    assert boots(web) == 1
    assert web.output("cat /etc/after").split() == ["boot"]
    assert web.output("cat /etc/pool").split() == ["out", "in"]
    assert web.output("cat /etc/trial").split() == ["before"]


def test_a_reboot_that_is_not_required_is_not_done(project: Project, web: LabHost) -> None:
    web.output(COUNTED)
    text = "name: B\nhosts: web\nbecome: true\nsteps:\n  - {id: boot, reboot: {if: required}}\n"
    project.write("playbooks/boot.yml", text)
    assert project.apply("playbooks/boot.yml").statuses["boot@stg-web1"] == "ok"
    assert boots(web) == 0
    web.output("touch /run/reboot-required; echo linux-image-amd64 >/run/reboot-required.pkgs")
    told = project.apply("playbooks/boot.yml", "--dry-run").json["tasks"]
    assert [(t["status"], t["summary"]) for t in told] == [
        ("would-change", "reboot: required by linux-image-amd64")
    ]
    assert project.apply("playbooks/boot.yml").statuses["boot@stg-web1"] == "changed"
    assert boots(web) == 1


def test_a_host_that_does_not_reboot_in_time_has_failed(project: Project, web: LabHost) -> None:
    web.output("systemctl mask reboot.target")
    text = (
        "name: B\nhosts: web\nbecome: true\nsteps:\n  - {id: boot, reboot: {reboot_timeout: 6}}\n"
    )
    project.write("playbooks/boot.yml", text)
    done = project.apply("playbooks/boot.yml", "--on-failure", "halt", code=4)
    [row] = done.json["tasks"]
    assert row["status"] == "failed"
    assert "reboot:rebooted is 'no', expected 'yes'" in row["why"]
