"""What stays behind when `mplay lab up` is killed: nothing that `down` does not end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mplay.lab.images import base_name, prepare
from mplay.lab.place import CACHE, Place
from mplay.lab.store import BUILDING, Store
from tests.lab.fixtures import lab_hosts
from tests.lab.machine import settings, traces
from tests.lab.own import command, environment, mplay_lab, own_lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def warm() -> Store:
    """The shared cache, with all that staging needs."""
    store = Store(CACHE)
    prepare(store, ["web", "lb"], lambda _line: None)
    return store


@pytest.fixture
def cache(warm: Store) -> Iterator[Path]:
    """A cache of the test's own, on the same file system as the shared one."""
    path = CACHE.with_name(f"mplay-lab-t{os.getpid()}")
    path.mkdir()
    yield path
    shutil.rmtree(path)


def killed(place: Place, when: Callable[[subprocess.Popen[bytes]], None], *targets: str) -> None:
    """Start `lab up`, kill it with SIGKILL once `when` returns."""
    with subprocess.Popen(
        command("up", *targets),
        env=environment(place),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            when(process)
        finally:
            process.send_signal(signal.SIGKILL)


def after(seconds: float) -> Callable[[subprocess.Popen[bytes]], None]:
    def wait(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)

    return wait


def once_there(pattern: str, below: Path) -> Callable[[subprocess.Popen[bytes]], None]:
    def wait(process: subprocess.Popen[bytes]) -> None:
        for _ in range(3000):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
                break
            if any(below.glob(pattern)):
                return
        raise AssertionError(f"{pattern} never came; exit code {process.returncode}")

    return wait


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0])
def test_after_a_killed_up_down_leaves_nothing(warm: Store, seconds: float) -> None:
    before = settings()
    with own_lab() as lab:
        killed(lab.place, after(seconds), "staging", "bare:2")
        assert mplay_lab(lab.place, "down").returncode == 0
        assert traces(lab.place) == set()
        assert settings() == before


@pytest.mark.parametrize("seconds", [0.2, 0.35, 0.5, 0.7])
def test_after_a_killed_up_another_up_brings_every_host_in_service(
    warm: Store, seconds: float
) -> None:
    with own_lab() as lab:
        killed(lab.place, after(seconds), "staging")
        hosts = lab_hosts(lab, "staging", {})
        assert hosts["stg-lb1"].output("pool list") == "stg-web1 in up 0"


def test_a_base_whose_build_was_killed_is_not_taken_for_whole(cache: Path) -> None:
    before = settings()
    with own_lab(cache) as lab:
        downloaded = f"{BUILDING}base-*/tree/usr/bin"
        killed(lab.place, once_there(downloaded, cache), "bare:1")
        assert mplay_lab(lab.place, "down").returncode == 0
        assert traces(lab.place) == set()
        assert not Store(cache).has(base_name())
        assert [path.name for path in cache.iterdir()] == ["lock"]
        assert settings() == before


def test_a_layer_whose_build_was_killed_is_built_anew(warm: Store, cache: Path) -> None:
    before = settings()
    subprocess.run(["cp", "-al", warm.path(base_name()), cache], check=True)
    with own_lab(cache) as lab:
        unpacking = f"{BUILDING}layer-*/upper/usr/bin"
        killed(lab.place, once_there(unpacking, cache), "staging")
        assert not list(cache.glob("layer-*"))
        hosts = lab_hosts(lab, "staging", {})
        assert hosts["stg-web1"].output("dpkg --audit") == ""
        assert not list(cache.glob(f"{BUILDING}*"))
        lab.down()
        assert traces(lab.place) == set()
        assert settings() == before
