from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mplay.lab.sameness import Memo, differences, fingerprint, packages, state_of

STATUS = """Package: shop
Status: install ok installed
Architecture: all
Version: 1.0
Description: an app
 with a second line

Package: nginx
Status: hold ok installed
Architecture: amd64
Version: 1.22.1-9

"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("etc/app", "var/lib/dpkg", "var/lib/apt/lists", "var/log", "usr/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/app/conf").write_text("a=1\n")
    (tmp_path / "etc/link").symlink_to("app/conf")
    (tmp_path / "usr/bin/tool").write_text("#!/bin/sh\n")
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    return tmp_path


def rewrite_with_equal_size(root: Path) -> None:
    (root / "etc/app/conf").write_text("a=2\n")


def change_mode(root: Path) -> None:
    (root / "usr/bin/tool").chmod(0o755)


def retarget(root: Path) -> None:
    (root / "etc/link").unlink()
    (root / "etc/link").symlink_to("app/other")


def turn_into_a_directory(root: Path) -> None:
    (root / "usr/bin/tool").unlink()
    (root / "usr/bin/tool").mkdir(mode=0o644)


def add(root: Path) -> None:
    (root / "etc/new").write_text("")


def remove(root: Path) -> None:
    (root / "usr/bin/tool").unlink()


def set_attribute(root: Path) -> None:
    os.setxattr(root / "usr/bin/tool", "user.note", b"seen")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (rewrite_with_equal_size, "/etc/app/conf: content"),
        (change_mode, "/usr/bin/tool: mode 0644 -> 0755"),
        (retarget, "/etc/link: target app/conf -> app/other"),
        (turn_into_a_directory, "/usr/bin/tool: kind file -> directory, content"),
        (add, "/etc/new: appeared"),
        (remove, "/usr/bin/tool: vanished"),
        (set_attribute, "/usr/bin/tool: xattrs"),
    ],
)
def test_every_change_that_counts_is_told(
    root: Path, change: Callable[[Path], None], told: str
) -> None:
    memo: Memo = {}
    before = state_of(root, memo)
    change(root)
    assert before.differences(state_of(root, memo)) == [told]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_change_of_owner_is_told(root: Path) -> None:
    before = fingerprint(root)
    os.chown(root / "usr/bin/tool", 1, 2)
    assert differences(before, fingerprint(root)) == ["/usr/bin/tool: owner 0:0 -> 1:2"]


def test_times_do_not_count(root: Path) -> None:
    before = state_of(root)
    os.utime(root / "etc/app/conf", (1, 1))
    os.utime(root / "etc", (1, 1))
    assert before.differences(state_of(root)) == []


@pytest.mark.parametrize(
    "path", ["var/log/syslog", "var/lib/apt/lists/x", "etc/passwd-", "etc/.pwd.lock", "var/tmp/x"]
)
def test_records_and_caches_are_left_out(root: Path, path: str) -> None:
    before = state_of(root)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("new")
    assert before.differences(state_of(root)) == []


@pytest.mark.parametrize(
    "path", ["etc/app/conf-", "var/logs", "etc/passwd-old", "var/lib/aptitude"]
)
def test_what_only_looks_like_a_left_out_path_counts(root: Path, path: str) -> None:
    before = state_of(root)
    (root / path).write_text("new")
    assert before.differences(state_of(root)) == [f"/{path}: appeared"]


def test_packages_are_told_by_version_state_and_hold(root: Path) -> None:
    before = state_of(root)
    changed = (
        STATUS.replace("hold ok installed", "install ok half-configured")
        .replace("Version: 1.0", "Version: 1.1")
        .replace("an app", "the app")
    )
    (root / "var/lib/dpkg/status").write_text(changed)
    assert before.differences(state_of(root)) == [
        "package nginx:amd64: state installed -> half-configured, hold True -> False",
        "package shop:all: version 1.0 -> 1.1",
    ]
    assert len(packages(root)) == 2
