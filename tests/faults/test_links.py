"""A host's link is cut, or its sshd restarted, in the middle of a step: the step runs once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.journeys.project import Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

UPGRADE = """
name: Upgrade
hosts: web
become: true
steps:
  - id: slow
    copy:
      content: "#!/bin/sh\\nset -e\\necho ran >>/var/log/trial\\nsleep 3\\n"
      dest: /etc/apt/slow
      mode: "0755"
  - id: hook
    copy:
      content: 'DPkg::Pre-Invoke {"/etc/apt/slow";};'
      dest: /etc/apt/apt.conf.d/99slow
      mode: "0644"
  - {id: upgrade, apt: {upgrade: security}}
"""
WAIT = "for i in $(seq 400); do [ -e /var/log/trial ] && exit; sleep 0.05; done; exit 1"


def apply_while(project: Project, web: LabHost, fault: Callable[[], object]) -> None:
    """Apply, do `fault` while apt is in the middle of its work, and see the run end well."""
    project.write("playbooks/upgrade.yml", UPGRADE)
    web.output("rm -f /var/log/trial")
    words = ("apply", "playbooks/upgrade.yml", "-i", str(project.inventory), "--limit", "staging")
    process = project.start(*words)
    web.output(WAIT)
    fault()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    assert web.output("dpkg-query -W -f '${Version}' shop") == "1.1"
    assert web.output("grep -c ran /var/log/trial") == "1"


def test_a_link_that_is_cut_for_five_seconds_costs_nothing(project: Project, web: LabHost) -> None:
    def cut() -> None:
        subprocess.run(
            project.argv("lab", "fault", web.name, "link-down", "--for", "5"),
            check=True,
            env=project.surroundings(),
        )

    apply_while(project, web, cut)


def test_a_restart_of_sshd_costs_nothing(project: Project, web: LabHost) -> None:
    apply_while(
        project,
        web,
        lambda: web.output("systemctl restart ssh; pkill -KILL -f '^sshd: ops' || true"),
    )
