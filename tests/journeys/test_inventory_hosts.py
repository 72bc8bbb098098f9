"""`mplay inventory` against real hosts: who answers, what they tell, and whose key is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.journeys.project import Done, Project
from tests.lab.fixtures import LabHost, LabHosts

pytestmark = pytest.mark.lab
SYSTEM = ("debian", "12", "x86_64", "systemd")


def asked(project: Project, *words: str, code: int = 0) -> Done:
    inventory = ("-i", str(project.inventory))
    return project.mplay("inventory", *words, *inventory, "--format", "json", code=code)


def test_hosts_say_as_whom_one_logs_in_and_that_root_is_to_be_had(project: Project) -> None:
    hosts = asked(project, "ping", "staging", "--become").json["hosts"]
    assert [host["host"] for host in hosts] == ["stg-lb1", "stg-web1"]
    for host in hosts:
        assert (host["status"], host["user"], host["root"]) == ("ok", "ops", True)
        assert 0 < host["seconds"] < 10
    lines = project.mplay("inventory", "ping", "stg-web1", "-i", str(project.inventory)).out
    assert lines.splitlines()[1].split() == ["stg-web1", "ok", "ops", "yes", *SYSTEM]


def test_a_login_without_sudo_is_told_where_root_is_wanted(
    project: Project, staging: LabHosts, web: LabHost
) -> None:
    assert web.name in staging.names
    rule = web.output("grep -rl ops /etc/sudoers.d /etc/sudoers | head -n 1")
    web.output(f"cp {rule} /root/rule && sed -i 's/NOPASSWD://' {rule}")
    try:
        (host,) = asked(project, "ping", "stg-web1").json["hosts"]
        assert (host["status"], host["root"]) == ("ok", False)
        (host,) = asked(project, "ping", "stg-web1", "--become", code=4).json["hosts"]
        assert (host["status"], host["root"]) == ("refused", False)
        assert "sudo on stg-web1 needs a password" in host["why"]
    finally:
        web.output(f"cat /root/rule >{rule} && rm /root/rule")


def test_a_host_without_an_answer_is_told_of_and_the_others_are_asked(
    project: Project, tmp_path: Path
) -> None:
    more = tmp_path / "more.ini"
    more.write_text("[staging]\nstg-gone ansible_host=10.255.255.1 ansible_port=1\n")
    words = ("ping", "staging", "-i", str(more))
    hosts = {h["host"]: h for h in asked(project, *words, code=4).json["hosts"]}
    assert hosts["stg-gone"]["status"] == "unreachable"
    assert hosts["stg-gone"]["why"]
    assert {hosts["stg-web1"]["status"], hosts["stg-lb1"]["status"]} == {"ok"}


def test_facts_are_those_of_the_host(project: Project, staging: LabHosts) -> None:
    host = asked(project, "facts", "stg-web1").json["hosts"][0]
    assert host["facts"]["os_id"] == "debian"
    assert host["facts"]["init"] == "systemd"
    assert host["facts"]["hostname"] == staging["stg-web1"].output("hostname")
    assert host["facts"]["kernel"] == staging["stg-web1"].output("uname -r")
    assert host["lock"] is None
    shown = project.mplay("inventory", "facts", "stg-web1", "-i", str(project.inventory)).out
    assert shown.splitlines()[0] == "stg-web1:"
    assert "  os_id: debian" in shown


def test_nothing_is_written_on_a_host(project: Project, staging: LabHosts) -> None:
    before = staging["stg-web1"].output("find /var/lib/mplay ~ops -newermt 2000-01-01 | sort")
    asked(project, "ping", "stg-web1", "--become")
    asked(project, "facts", "stg-web1")
    after = staging["stg-web1"].output("find /var/lib/mplay ~ops -newermt 2000-01-01 | sort")
    assert after == before


def test_a_key_is_trusted_on_purpose_and_only_then_the_host_is_asked(
    project: Project, staging: LabHosts, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    settings = {"ansible_ssh_common_args": f"-o UserKnownHostsFile={known}"}
    words = ("stg-web1", "-e", json.dumps(settings))
    (host,) = asked(project, "ping", *words, code=4).json["hosts"]
    assert host["status"] == "refused"
    own = staging["stg-web1"].output("cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -")
    fingerprints = [line.split()[1] for line in own.splitlines()]
    (shown,) = [one for one in fingerprints if one in f"{host['why']} {host['hint']}"]
    inventory = ("-i", str(project.inventory))
    refused = project.mplay(
        "inventory", "trust", *words, *inventory, "--fingerprint", "SHA256:no", code=2
    )
    assert "Nothing was recorded" in refused.err
    assert not known.exists()
    project.mplay("inventory", "trust", *words, *inventory, "--fingerprint", shown)
    assert asked(project, "ping", *words).json["hosts"][0]["status"] == "ok"
