"""A timer's command reaches the shell as it was written, whatever systemd would make of it."""

from __future__ import annotations

import pytest

from tests.journeys.project import Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab

PLAYBOOK = r"""
name: Timer
hosts: web
become: true
steps:
  - id: odd
    timer:
      name: odd-words
      on_calendar: ["*-*-* 03:00", "Sat 04:00"]
      chdir: /var/tmp
      run: |
        x='100% "of" \it\'
        printf '%s\n' "$x" "${x%% *}" "$PWD" $$ é >odd
      description: 100% odd
"""


def test_a_command_of_odd_letters_runs_as_it_was_written(project: Project, web: LabHost) -> None:
    project.write("playbooks/timer.yml", PLAYBOOK)
    done = project.apply("playbooks/timer.yml")
    assert done.statuses == {"odd@stg-web1": "changed"}
    web.output("systemctl start odd-words.service")
    said = web.output("cat /var/tmp/odd").splitlines()
    assert said[:3] == ['100% "of" \\it\\', "100%", "/var/tmp"]
    assert said[3].isdecimal()
    assert said[4] == "é"
    shown = web.output("systemctl show --value -p Description odd-words.timer")
    assert shown.strip() == "100% odd"
    assert project.apply("playbooks/timer.yml").statuses == {"odd@stg-web1": "ok"}
    project.rollback(done.run, "--yes")
    assert web.output("ls /etc/systemd/system | grep -c odd || :").strip() == "0"
