"""The fixtures that other tests get their hosts from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.fixtures import lab_hosts
from tests.lab.own import environment, own_lab

ROOT = Path(__file__).parents[2]

SESSION = """
def test_hosts_are_up(staging, bare):
    assert staging.names == ["stg-lb1", "stg-web1"]
    assert staging["stg-web1"].output("id -un", login="ops") == "ops"
    assert staging["stg-web1"].address == staging.addresses["stg-web1"]
    assert "stg-web1" in staging.inventory.read_text()
    assert bare(1).names == ["bare-001"]
    staging["stg-web1"].output("echo changed >/etc/motd")

def test_a_fresh_host_is_as_new_and_known_by_the_same_name(staging, fresh):
    web = fresh("stg-web1")
    assert web.output("cat /etc/motd") != "changed"
    assert staging["stg-web1"].root == web.root
    before = staging.states()
    web.output("rm /etc/motd")
    assert before["stg-web1"].differences(web.state()) == ["/etc/motd: vanished"]
"""


@pytest.mark.lab
def test_a_session_gets_hosts_and_takes_down_only_what_it_brought_up(tmp_path: Path) -> None:
    (tmp_path / "test_session.py").write_text(SESSION)
    with own_lab() as lab:
        lab_hosts(lab, "bare:1", {})
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "tests.lab.fixtures"),
                *("-p", "no:cacheprovider", "-W", "error", "--rootdir", str(tmp_path)),
                *("-c", "/dev/null", str(tmp_path)),
            ],
            env=environment(lab.place),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert [status.name for status in lab.status()] == ["bare-001"]
