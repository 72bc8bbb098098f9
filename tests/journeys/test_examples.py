"""Every example does what its header says, on real hosts, and is undone without a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.journeys.project import CHECKOUT, Done, Project
from tests.lab.fixtures import LabHost, LabHosts

pytestmark = pytest.mark.lab

EXAMPLES = sorted(path.stem for path in (CHECKOUT / "examples").glob("*.yml"))
PLAYBOOKS = sorted(path.name for path in (CHECKOUT / "playbooks").glob("*.yml"))


@dataclass(frozen=True, kw_only=True)
class Applied:
    """An example that was applied to the staging web host."""

    project: Project
    web: LabHost
    done: Done

    def moments(self) -> list[str]:
        """What began and ended, in order, as ``INTENT TASK`` and ``OUTCOME TASK``."""
        return moments(self.project, self.done.run)


def moments(project: Project, run: str) -> list[str]:
    events = project.mplay("show", run, "--log", "--format", "json").json["events"]
    return [
        f"{event['kind']} {event['data']['task']}"
        for event in events
        if event["kind"] in {"INTENT", "OUTCOME"}
    ]


def in_order(found: list[str], *wanted: str) -> bool:
    """Whether all of them were there, in this order."""
    places = [found.index(one) for one in wanted]
    return places == sorted(places)


def ordering(example: Applied) -> None:
    found = example.moments()
    for side in ("left", "right"):
        assert in_order(
            found,
            "OUTCOME first@stg-web1",
            f"INTENT {side}@stg-web1",
            f"OUTCOME {side}@stg-web1",
            "INTENT last@stg-web1",
        )
    assert example.web.output("cat /opt/mplay-example/last") == "after both"


def rolling(example: Applied) -> None:
    assert in_order(
        example.moments(),
        "OUTCOME web/enter/drain@stg-web1",
        "INTENT web/conf@stg-web1",
        "OUTCOME web/reload@stg-web1",
        "OUTCOME web/check/smoke@stg-web1",
        "INTENT web/leave/join@stg-web1",
    )
    assert '"request_limit": "50"' in example.web.output("curl -sf localhost/")


def rollback(example: Applied) -> None:
    assert "greeting=hello" in example.web.output("cat /etc/shop/shop.conf")
    assert example.web.output("cat /etc/shop/site.conf") == "request_limit=10"


def shell_state(example: Applied) -> None:
    assert example.web.ssh("systemctl is-active cron").stdout.strip() == "inactive"
    again = example.project.apply("examples/shell_state.yml", "--dry-run")
    assert again.statuses == {"cron@stg-web1": "ok"}


def loop_when(example: Applied) -> None:
    begun = [one for one in example.moments() if one.startswith("INTENT settings")]
    assert begun == ["INTENT settings@stg-web1#0", "INTENT settings@stg-web1#1"]
    lines = example.web.output("cat /etc/shop/site.conf").splitlines()
    assert lines == ["request_limit=20", "greeting=moin"]
    assert '"greeting": "moin"' in example.web.output("curl -sf localhost/")


def include(example: Applied) -> None:
    assert set(example.done.statuses) == {"greet/line@stg-web1", "greet/reload@stg-web1"}
    assert '"greeting": "servus"' in example.web.output("curl -sf localhost/")


def across_hosts(example: Applied) -> None:
    assert example.web.output("stat -c '%a %U' /etc/shop/lb.cfg") == "600 root"
    assert example.web.output("cat /etc/shop/report") == "1"
    evidence = example.project.folder / "evidence" / "stg-web1" / "etc/shop/report"
    assert evidence.read_text() == "1\n"


CLAIMS: dict[str, Callable[[Applied], None]] = {
    "across_hosts": across_hosts,
    "include": include,
    "loop_when": loop_when,
    "ordering": ordering,
    "rollback": rollback,
    "rolling": rolling,
    "shell_state": shell_state,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_does_what_it_says_and_is_undone(
    project: Project, web: LabHost, lb: LabHost, name: str
) -> None:
    before = {host.name: host.state() for host in (web, lb)}
    cron = web.output("systemctl is-active cron")
    said = project.apply(f"examples/{name}.yml", "--dry-run").statuses
    assert "would-change" in said.values()
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []
    done = project.apply(f"examples/{name}.yml")
    for task, status in said.items():
        if status == "would-change":
            assert done.statuses[task] == "changed", task
    CLAIMS[name](Applied(project=project, web=web, done=done))
    assert project.rollback("last").json["status"] == "rolled-back"
    for host in (web, lb):
        assert host.state().differences(before[host.name]) == []
    assert web.output("systemctl is-active cron") == cron


def test_left_and_right_of_the_ordering_do_not_wait_for_each_other(
    project: Project, web: LabHost
) -> None:
    web.output("mkdir -p /opt/mplay-example/left")
    done = project.apply("examples/ordering.yml", "--on-failure", "continue", code=4)
    assert done.statuses == {
        "first@stg-web1": "ok",
        "left@stg-web1": "failed",
        "right@stg-web1": "changed",
        "last@stg-web1": "blocked",
    }


def test_the_rollback_example_takes_itself_back_when_it_is_told_to_fail(
    project: Project, web: LabHost
) -> None:
    before = web.state()
    failed = project.apply("examples/rollback.yml", "-e", "fail=true", code=4)
    assert failed.statuses == {
        "limit@stg-web1": "undone",
        "note@stg-web1": "undone",
        "proof@stg-web1": "failed",
    }
    assert web.state().differences(before) == []


def test_the_rolling_example_takes_host_after_host_and_leaves_in_service_what_is_right(
    project: Project, production: LabHosts, fresh: Callable[[str], LabHost]
) -> None:
    lb, first, second = (fresh(name) for name in ("prd-lb1", "prd-web1", "prd-web2"))
    before = {host.name: host.state() for host in (lb, first, second)}
    inventory = ("-i", str(production.inventory))
    done = project.apply("examples/rolling.yml", *inventory, limit="production")
    assert in_order(
        moments(project, done.run),
        "OUTCOME web/enter/drain@prd-web1",
        "INTENT web/conf@prd-web1",
        "OUTCOME web/leave/join@prd-web1",
        "INTENT web/enter/drain@prd-web2",
        "INTENT web/conf@prd-web2",
        "OUTCOME web/leave/join@prd-web2",
    )
    second.output("rm /etc/shop/site.conf")
    again = project.apply("examples/rolling.yml", *inventory, limit="production").statuses
    assert again["web/enter/drain@prd-web1"] == "skipped"
    assert again["web/enter/drain@prd-web2"] == "changed"
    for run in ("last", done.run):
        assert project.rollback(run).json["status"] == "rolled-back"
    for host in (lb, first, second):
        assert host.state().differences(before[host.name]) == []


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_shipped_playbook_has_nothing_that_lint_finds(project: Project, name: str) -> None:
    assert project.mplay("lint", f"playbooks/{name}").out.startswith("ok: ")
