"""One record of a file is edited by its key; what says the same in other words is left."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from mplay.registry import Registry, call
from mplay_modules.apt_repository import AptRepository
from mplay_modules.mount import Mount
from mplay_modules.sysctl import Sysctl


def edited(text: str, name: str, args: dict[str, Any]) -> str:
    module = Registry().find(name)
    assert module is not None
    made = call(module, args)
    assert isinstance(made, Sysctl | Mount | AptRepository)
    file = made._table if isinstance(made, Mount) else made._file
    script = file.record.do()
    done = subprocess.run(["sh", "-euc", script], input=text.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


SYSCTL = "# net.a.b=9\nnet.a.bc = 1\nnet/a/b\t=  1   2 \nx=1"


@pytest.mark.parametrize(
    ("args", "after"),
    [
        ({"name": "net.a.b", "value": "1\t2"}, SYSCTL),
        ({"name": "net/a/b", "value": "1 2"}, SYSCTL),
        ({"name": "net.a.b", "value": "1 3"}, SYSCTL.replace("net/a/b\t=  1   2 ", "net.a.b=1 3")),
        ({"name": "net.a.c", "value": True}, f"{SYSCTL}\nnet.a.c=1\n"),
        ({"name": "net.a.b", "state": "absent"}, SYSCTL.replace("net/a/b\t=  1   2 \n", "")),
    ],
)
def test_a_parameter_of_the_kernel(args: dict[str, Any], after: str) -> None:
    assert edited(SYSCTL, "sysctl", args) == after


FSTAB = "#x /m none bind\n/a   /m  none bind 0\nproc /mm proc defaults\n"


@pytest.mark.parametrize(
    ("args", "after"),
    [
        ({"src": "/a", "fstype": "none", "opts": "bind"}, FSTAB),
        (
            {"src": "/a", "fstype": "none", "opts": "bind", "passno": "2"},
            FSTAB.replace("/a   /m  none bind 0\n", "/a /m none bind 0 2\n"),
        ),
        (
            {"src": "/a b", "fstype": "none", "opts": "bind", "boot": False},
            FSTAB.replace("/a   /m  none bind 0\n", "/a\\040b /m none bind,noauto 0 0\n"),
        ),
        ({"state": "absent_from_fstab"}, FSTAB.replace("/a   /m  none bind 0\n", "")),
    ],
)
def test_an_entry_of_a_table_of_mounts(args: dict[str, Any], after: str) -> None:
    assert edited(FSTAB, "mount", {"path": "/m", "state": "present", **args}) == after


SOURCES = "# deb https://a.example s m\ndeb  [arch=amd64]  https://b.example  s m # kept\n"


@pytest.mark.parametrize(
    ("args", "after"),
    [
        ({"repo": "deb [arch=amd64] https://b.example s m"}, SOURCES),
        ({"repo": "deb https://a.example s m"}, SOURCES.removeprefix("# ")),
        ({"repo": "deb https://a.example s"}, f"{SOURCES}deb https://a.example s\n"),
        (
            {"repo": "deb [arch=amd64] https://b.example s m", "state": "absent"},
            "# deb https://a.example s m\n",
        ),
        ({"repo": "deb https://a.example s m", "state": "absent"}, SOURCES),
    ],
)
def test_a_source_of_packages(args: dict[str, Any], after: str) -> None:
    assert edited(SOURCES, "apt_repository", args) == after
