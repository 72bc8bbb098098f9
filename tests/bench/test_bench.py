"""The bench itself, small: it ends, says its ratios in their form, and leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mplay.lab.place import Place
from tests.lab.machine import settings, traces
from tests.lab.own import environment, own_lab

pytestmark = pytest.mark.lab

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Place]:
    with own_lab() as lab:
        yield lab.place


def start(place: Place, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench", *words],
        cwd=CHECKOUT,
        env=environment(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ratio(words: str) -> str:
    return rf"ratio {words} \d+\.\d\d"


def test_the_bench_ends_with_its_three_ratios_and_leaves_nothing_behind(place: Place) -> None:
    before = settings()
    bench = start(place, "--hosts", "2", "--rounds", "1")
    out, err = bench.communicate(timeout=240)
    assert bench.returncode == 0, err + out
    said = out.splitlines()
    assert "a round trip measured" in out
    forms = (ratio("changes limit"), ratio("nochange limit"), ratio("changes controlmaster"))
    for line, form in zip(said[-3:], forms, strict=True):
        assert re.fullmatch(form, line)
    assert traces(place) == set()
    assert settings() == before
    assert not (place.state / "bench").exists()


def test_a_killed_bench_takes_its_delay_line_with_it(place: Place) -> None:
    bench = start(place, "--hosts", "1", "--rounds", "1")
    assert bench.stdout is not None
    said = ""
    while "round trip measured" not in said:
        line = bench.stdout.readline()
        assert line, said
        said += line
    if "WITHOUT" not in said:
        assert far_link(place).exists()
    bench.kill()
    bench.communicate(timeout=30)
    until = time.monotonic() + 20
    while far_link(place).exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not far_link(place).exists()


def far_link(place: Place) -> Path:
    return Path("/sys/class/net") / f"{place.bridge}-far"
