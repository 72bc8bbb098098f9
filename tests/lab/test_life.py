"""The life of lab hosts, in a lab of this module's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mplay.lab import faults, host
from mplay.lab.lab import Lab
from mplay.lab.readiness import answers_ssh, wait_ready
from mplay.lab.registry import folder_of
from tests.lab.fixtures import LabHost, LabHosts, lab_host, lab_hosts
from tests.lab.machine import settings, traces
from tests.lab.own import mplay_lab, own_lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def own() -> Iterator[Lab]:
    with own_lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def platform(own: Lab) -> LabHosts:
    return lab_hosts(own, "all", {})


@pytest.fixture
def web(platform: LabHosts) -> LabHost:
    return platform["stg-web1"]


def booted_again(own: Lab, host: LabHost, boot: str) -> None:
    """Wait until the host runs with another boot id."""
    for _ in range(400):
        with suppress(AssertionError):
            if host.output("cat /proc/sys/kernel/random/boot_id") != boot:
                break
    wait_ready(own.place, own.record(host.name).spec)


def test_every_host_is_up_with_nothing_failed_and_nothing_queued(platform: LabHosts) -> None:
    for each in platform:
        assert each.output("systemctl is-system-running") == "running"
        assert each.output("systemctl list-jobs --no-legend") == ""


def test_the_app_answers_through_nginx_and_through_the_load_balancer(platform: LabHosts) -> None:
    for name in ("stg-web1", "prd-web1", "prd-web2", "stg-lb1", "prd-lb1"):
        body = platform[name].output("curl -fsS http://127.0.0.1/")
        assert json.loads(body)["version"] == "1.0"


def test_a_load_balancer_knows_the_web_hosts_of_its_environment_only(platform: LabHosts) -> None:
    assert platform["stg-lb1"].output("pool list") == "stg-web1 in up 0"
    assert platform["prd-lb1"].output("pool list") == "prd-web1 in up 0\nprd-web2 in up 0"


def test_every_host_has_what_playbooks_expect(platform: LabHosts) -> None:
    for each in platform:
        each.output("command -v cron curl logrotate sudo nft flock setsid")


def test_status_names_every_host_with_a_readable_root(own: Lab, platform: LabHosts) -> None:
    done = mplay_lab(own.place, "status", "--format", "json")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    for each in platform:
        row = rows[each.name]
        assert set(row) == {"name", "role", "address", "state", "root"}
        assert row["state"] == "running"
        assert (Path(row["root"]) / "etc/hostname").read_text() == f"{each.name}\n"
        assert not (Path(row["root"]) / "proc/version").exists()


def test_up_leaves_running_hosts_as_they_are(own: Lab, platform: LabHosts, web: LabHost) -> None:
    before = web.output("cat /proc/sys/kernel/random/boot_id")
    assert {status.name for status in own.up(["staging"])} == {"stg-lb1", "stg-web1"}
    assert web.output("cat /proc/sys/kernel/random/boot_id") == before


def test_a_host_at_rest_and_over_a_reboot_stays_the_same(own: Lab, web: LabHost) -> None:
    before = web.state()
    boot = web.output("cat /proc/sys/kernel/random/boot_id")
    web.ssh("systemctl reboot")
    booted_again(own, web, boot)
    assert before.differences(web.state()) == []


def test_using_a_load_balancer_leaves_its_files_the_same(platform: LabHosts) -> None:
    balancer = platform["prd-lb1"]
    before = balancer.state()
    balancer.output("pool out prd-web1 && pool in prd-web1")
    assert before.differences(balancer.state()) == []


def test_an_upgrade_and_the_way_back_leave_the_same_state(web: LabHost) -> None:
    before = web.state()
    install = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --allow-downgrades install shop="
    web.output(f"apt-get -q update && {install}1.1")
    changed = before.differences(web.state())
    assert "package shop:all: version 1.0 -> 1.1" in changed
    assert any(line.startswith("/usr/bin/shop: content") for line in changed)
    web.output(f"{install}1.0")
    assert before.differences(web.state()) == []


def test_a_security_upgrade_is_told_by_its_label(web: LabHost) -> None:
    said = web.output("apt-get -q update >/dev/null && apt-get -s upgrade")
    assert "Inst shop [1.0] (1.1 Debian-Security:stable-security [all])" in said


def test_reset_gives_one_host_a_new_disk_and_touches_no_other(
    own: Lab, platform: LabHosts, web: LabHost
) -> None:
    balancer = platform["stg-lb1"].output("cat /proc/sys/kernel/random/boot_id")
    pristine = lab_host(own, own.reset("stg-web1"), web.memo).state()
    web = lab_host(own, own.status()[-1], web.memo)
    web.output("echo changed >/etc/motd && rm /usr/bin/less /etc/shop/shop.conf; useradd eve")
    again = lab_host(own, own.reset("stg-web1"), web.memo)
    assert [
        line for line in pristine.differences(again.state()) if "/etc/machine-id" not in line
    ] == []
    assert platform["stg-lb1"].output("cat /proc/sys/kernel/random/boot_id") == balancer


def test_a_host_that_was_switched_off_comes_up_again_with_its_disk(own: Lab) -> None:
    name = "prd-web2"
    record = own.record(name)
    each = lab_host(own, next(s for s in own.status() if s.name == name), {})
    each.output("echo kept >/etc/motd")
    each.ssh("systemctl poweroff")
    while host.init_of(own.place, name):
        pass
    for _ in range(500):
        state = next(status.state for status in own.status() if status.name == name)
        if state == "stopped":
            break
    assert state == "stopped"
    own.up(["production"])
    again = lab_host(own, next(s for s in own.status() if s.name == name), {})
    assert again.output("cat /etc/motd") == "kept"
    assert own.record(name).keeper != record.keeper


def test_a_cut_link_ends_when_its_time_is_over(own: Lab, platform: LabHosts) -> None:
    each = platform["prd-web1"]
    seen = []
    faults.link_down(
        own.place,
        own.record(each.name),
        seconds=5,
        wait=lambda seconds: seen.append((seconds, answers_ssh(each.address))),
    )
    assert seen == [(5, False)]
    assert each.output("hostname") == "prd-web1"


def test_a_cut_link_stays_cut_until_it_is_mended(own: Lab, platform: LabHosts) -> None:
    each = platform["prd-web1"]
    assert mplay_lab(own.place, "fault", each.name, "link-down").returncode == 0
    assert not answers_ssh(each.address)
    assert mplay_lab(own.place, "fault", each.name, "link-up").returncode == 0
    assert each.output("hostname") == "prd-web1"


@pytest.mark.parametrize(
    ("version", "code", "package", "unit", "health"),
    [
        ("1.1", 0, "ii", "active", "200"),
        ("1.2", 100, "iF", "inactive", "502"),
        ("1.3", 0, "ii", "failed", "502"),
        ("1.4", 0, "ii", "active", "500"),
    ],
)
def test_each_version_of_the_app_is_good_or_bad_in_its_own_way(
    own: Lab, version: str, code: int, package: str, unit: str, health: str
) -> None:
    web = lab_host(own, next(s for s in own.status() if s.name == "prd-web2"), {})
    web.publish("1.0", version)
    install = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --allow-downgrades install shop="
    assert web.ssh(f"apt-get -q update && {install}{version}").returncode == code
    assert web.output("dpkg-query -W -f '${db:Status-Abbrev}' shop") == package
    assert web.ssh("systemctl is-active shop").stdout.strip() == unit
    status = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/healthz"
    assert web.output(status) == health
    web.output(f"{install}1.0")
    assert web.output(status) == "200"


def test_apt_sees_what_was_published_last_and_nothing_else(platform: LabHosts, own: Lab) -> None:
    web = lab_host(own, next(s for s in own.status() if s.name == "stg-web1"), {})
    look = "apt-get -q update >/dev/null && apt-cache madison shop | awk '{print $3}' | sort -u"
    for versions in (["1.0", "1.4"], ["1.0"], ["1.0", "1.1", "1.2"]):
        web.publish(*versions)
        assert web.output(look).split() == versions
    other = platform["prd-web1"]
    assert other.output(look).split() == ["1.0", "1.1"]


UNTIL_BUSY = "for _ in $(seq 200); do ! pool list | grep -q '%s in up [1-9]' || break; done"


def test_a_web_host_leaves_the_pool_only_when_its_requests_are_done(platform: LabHosts) -> None:
    balancer = platform["prd-lb1"]
    script = f"""
        set -e
        pool state prd-web1
        curl -fsS http://127.0.0.1/wait/1 >/run/first & first=$!
        curl -fsS http://127.0.0.1/wait/1 >/run/second & second=$!
        {UNTIL_BUSY % "prd-web1"}
        pool out prd-web1
        pool list | grep prd-web1
        pool out prd-web1
        pool state prd-web1
        curl -fsS -D- -o /dev/null http://127.0.0.1/ | tr -d '\\r' | sed -n 's/^x-served-by: //p'
        wait $first; wait $second
        pool in prd-web1
        pool in prd-web1
        pool state prd-web1
    """
    lines = balancer.output(script).splitlines()
    assert lines == ["in", "prd-web1 out down 0", "out", "prd-web2", "in"]


def test_a_busy_web_host_is_left_draining_when_the_time_is_over(platform: LabHosts) -> None:
    balancer = platform["stg-lb1"]
    done = balancer.ssh(f"""
        curl -s http://127.0.0.1/wait/2 >/dev/null & open=$!
        {UNTIL_BUSY % "stg-web1"}
        pool out stg-web1 0.1; echo "rc=$?"; pool state stg-web1
        wait $open; pool out stg-web1; echo "rc=$?"; pool in stg-web1; pool state stg-web1
    """)
    assert done.stdout.split() == ["rc=1", "out", "rc=0", "in"]
    assert "still serves open requests" in done.stderr


def test_pool_refuses_a_host_that_it_does_not_have(platform: LabHosts) -> None:
    done = platform["stg-lb1"].ssh("pool out nobody")
    assert done.returncode == 1
    assert done.stderr == "pool: no such host: nobody (have stg-web1)\n"


def test_sudo_asks_the_one_user_for_a_password_and_the_other_not(web: LabHost) -> None:
    assert web.output("sudo -n id -u", login="ops") == "0"
    assert web.ssh("sudo -n id -u", login="nosudo").returncode == 1
    asked = web.output("echo 'correct horse' | sudo -S -p '' id -u", login="nosudo")
    assert asked == "0"


def test_a_host_can_change_its_own_network_settings_and_nothing_of_the_machine(
    web: LabHost,
) -> None:
    before = settings()
    web.output("sysctl -qw net.ipv4.ip_forward=1 && nft add table inet trial")
    for attempt in (
        "sysctl -w fs.protected_hardlinks=0",
        "sysctl -w fs.inotify.max_user_instances=5",
        "date -s '2001-01-01'",
        "echo b >/proc/sysrq-trigger && false",
        "mknod /root/disk b 254 0",
        "touch /srv/labrepo/file",
    ):
        assert web.ssh(attempt).returncode != 0, attempt
    web.output("chmod 600 /dev/null && chmod 666 /dev/null; chown nobody /dev/zero")
    assert settings() == before
    tables = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    assert "trial" not in tables.stdout


def test_bare_hosts_have_sshd_and_no_systemd_and_an_inventory(own: Lab) -> None:
    hosts = lab_hosts(own, "bare:2", {})
    assert hosts.names == ["bare-001", "bare-002"]
    for each in hosts:
        assert each.output("cat /proc/1/comm; command -v flock setsid sh | wc -l").split() == [
            "sshd",
            "3",
        ]
    text = hosts.inventory.read_text()
    assert all(address in text for address in hosts.addresses.values())
    more = lab_hosts(own, "bare:3", {})
    assert more.roots["bare-001"] == hosts.roots["bare-001"]


def test_ssh_runs_a_command_as_the_operator(own: Lab, web: LabHost) -> None:
    done = mplay_lab(own.place, "ssh", web.name, "id", "-un")
    assert (done.returncode, done.stdout) == (0, "ops\n")


def test_down_of_one_host_leaves_the_others(own: Lab, platform: LabHosts) -> None:
    lab_hosts(own, "bare:1", {})
    assert mplay_lab(own.place, "down", "bare-001").returncode == 0
    assert not folder_of(own.place, "bare-001").exists()
    assert platform["stg-lb1"].output("hostname") == "stg-lb1"


def test_down_leaves_nothing_on_the_machine() -> None:
    before = settings()
    with own_lab() as lab:
        hosts = lab_hosts(lab, "staging", {})
        lab.up(["bare:2"])
        hosts["stg-web1"].output("systemctl restart shop; echo some >/var/tmp/file")
        assert traces(lab.place)
        done = mplay_lab(lab.place, "down")
        assert (done.returncode, done.stdout) == (0, "")
        assert traces(lab.place) == set()
        assert settings() == before
        assert (lab.place.keys / "ops").stat().st_mode & 0o777 == 0o600
        assert lab.place.keys.stat().st_mode & 0o777 == 0o700
