"""Versions of the app that do not work: the host is back on the old one, checked and in service."""

from __future__ import annotations

import pytest

from tests.journeys.project import EVIDENCE, Project
from tests.lab.fixtures import LabHost

pytestmark = pytest.mark.lab
MONTHLY = "playbooks/monthly.yml"
FAILING_POSTINST, NOT_STARTING, UNHEALTHY = "1.2", "1.3", "1.4"


def in_service_on_the_old_version(web: LabHost, lb: LabHost) -> None:
    assert web.output("dpkg-query -W -f '${Version} ${db:Status-Abbrev}' shop").split() == [
        "1.0",
        "ii",
    ]
    assert '"version": "1.0"' in web.output("curl -sf localhost/healthz")
    assert lb.output("pool state stg-web1") == "in"


@pytest.mark.parametrize("version", [FAILING_POSTINST, NOT_STARTING, UNHEALTHY])
def test_a_version_that_does_not_work_is_taken_back_on_its_host(
    project: Project, web: LabHost, lb: LabHost, version: str
) -> None:
    web.publish("1.0", version)
    failed = project.apply(MONTHLY, EVIDENCE, code=4)
    assert failed.json["status"] == "halted"
    in_service_on_the_old_version(web, lb)
    assert web.ssh("test -e /etc/shop/site.conf").returncode != 0
    assert web.output("test -e /var/log/logrotate.monthly && echo kept") == "kept"


@pytest.mark.parametrize("version", [FAILING_POSTINST, NOT_STARTING])
def test_with_on_failure_rollback_the_whole_run_is_undone(
    project: Project, web: LabHost, lb: LabHost, version: str
) -> None:
    web.publish("1.0", version)
    before = {host.name: host.state() for host in (web, lb)}
    failed = project.apply(MONTHLY, EVIDENCE, "--on-failure", "rollback", code=3)
    assert failed.json["status"] == "rolled-back"
    in_service_on_the_old_version(web, lb)
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []
