"""The main job on staging: dry-run, apply, apply again, rollback; hosts compared by file."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from tests.journeys.project import CHECKOUT, EVIDENCE, Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab
MONTHLY = "playbooks/monthly.yml"


def test_a_dry_run_touches_nothing_and_what_it_says_comes_true(
    project: Project, web: LabHost, lb: LabHost
) -> None:
    before = {host.name: host.state() for host in (web, lb)}
    said = project.apply(MONTHLY, "--dry-run", EVIDENCE).statuses
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []
        assert host.ssh("test -e /var/lib/mplay").returncode != 0
    assert said["web/upgrade@stg-web1"] == "would-change"
    done = project.apply(MONTHLY, EVIDENCE).statuses
    for task, status in said.items():
        if status == "would-change":
            assert done[task] == "changed", task
        elif status == "ok":
            assert done[task] == "ok", task
        elif status == "unknown":
            assert task in {"web/check/smoke@stg-web1", "validate/site_up@stg-lb1"}
    assert web.output("dpkg-query -W -f '${Version}' shop") == "1.1"
    assert "welcome, now with fewer bugs" in web.output("curl -s localhost/")


def test_a_second_apply_changes_nothing_and_no_host_leaves_the_pool(
    project: Project, web: LabHost, lb: LabHost
) -> None:
    project.apply(MONTHLY, EVIDENCE)
    before = {host.name: host.state() for host in (web, lb)}
    again = project.apply(MONTHLY, EVIDENCE).statuses
    assert "changed" not in again.values()
    assert again["web/enter/drain@stg-web1"] == "skipped"
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []


def test_a_rollback_brings_every_host_back_to_the_same(
    project: Project, web: LabHost, lb: LabHost
) -> None:
    before = {host.name: host.state() for host in (web, lb)}
    project.apply(MONTHLY, EVIDENCE)
    assert web.state().differences(before["stg-web1"]) != []
    assert project.rollback("last").json["status"] == "rolled-back"
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []
    assert lb.output("pool state stg-web1") == "in"
    assert project.rollback("last", code=0).err.count("nothing of the run stands") == 1


def test_a_rollback_needs_no_playbook_no_modules_and_no_variables(
    project: Project, web: LabHost, lb: LabHost
) -> None:
    before = {host.name: host.state() for host in (web, lb)}
    away = project.folder / "inventory"
    (away / "group_vars").mkdir(parents=True)
    shutil.copy(project.inventory, away / "hosts.yml")
    (away / "group_vars" / "web.yml").write_text("note: from a group\n")
    (project.folder / "modules").mkdir()
    shutil.copy(CHECKOUT / "modules/mplay_modules/service.py", project.folder / "modules")
    replace(project, inventory=away).apply(MONTHLY, EVIDENCE)
    for name in ("playbooks", "examples", "inventory", "modules"):
        shutil.rmtree(project.folder / name)
    project.rollback("last")
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []


def test_a_run_that_waits_for_a_person_goes_on_with_the_answer(
    project: Project, web: LabHost
) -> None:
    waiting = project.apply(MONTHLY, code=8)
    assert waiting.json["status"] == "waiting"
    assert waiting.statuses["docs@localhost"] == "waiting"
    assert web.ssh("ls /var/lib/mplay/lock").returncode != 0
    done = project.mplay("resume", "last", EVIDENCE, "--format", "json")
    assert done.json["status"] == "succeeded"
    assert done.run == waiting.run


def test_a_later_change_by_somebody_else_is_shown_and_left_alone(
    project: Project, web: LabHost
) -> None:
    project.apply(MONTHLY, EVIDENCE)
    web.output("echo greeting=mine >/etc/shop/site.conf")
    undone = project.rollback("last", code=7)
    assert undone.statuses["web/conf@stg-web1"] == "conflict"
    assert web.output("cat /etc/shop/site.conf") == "greeting=mine"
