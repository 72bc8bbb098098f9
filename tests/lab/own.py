"""Labs of their own for tests that destroy: nobody else's hosts are touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mplay.lab.lab import Lab, silent
from mplay.lab.network import subnet_route
from mplay.lab.place import CACHE, Place, place_from


@contextmanager
def own_lab(cache: Path = CACHE) -> Iterator[Lab]:
    """Give a lab that no other session uses, and nothing of it stays."""
    _sweep_dead_sessions()
    place = next(place for place in _candidates(cache) if not subnet_route(place))
    laboratory = Lab(place, silent)
    try:
        yield laboratory
    finally:
        laboratory.down()
        shutil.rmtree(place.state, ignore_errors=True)


def environment(place: Place) -> dict[str, str]:
    """Return the environment in which the command line means this lab."""
    return {**os.environ, "MPLAY_LAB_NAME": place.name, "MPLAY_LAB_CACHE": str(place.cache)}


def command(*arguments: str) -> list[str]:
    """Return the command line of ``mplay lab``."""
    return [sys.executable, "-m", "mplay.cli.lab", *arguments]


def mplay_lab(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``mplay lab`` on this lab, to its end."""
    return subprocess.run(
        command(*arguments), env=environment(place), capture_output=True, text=True, check=False
    )


def _candidates(cache: Path) -> Iterator[Place]:
    for number in range(100):
        name = f"t{os.getpid()}-{number}"
        place = place_from({"MPLAY_LAB_NAME": name, "MPLAY_LAB_CACHE": str(cache)})
        if not place.state.exists():
            yield place


def _sweep_dead_sessions() -> None:
    for state in Path("/var/lib").glob("mplay-lab-t[0-9]*-*"):
        name = state.name.removeprefix("mplay-lab-")
        if not Path(f"/proc/{name[1:].partition('-')[0]}").exists():
            Lab(place_from({"MPLAY_LAB_NAME": name}), silent).down()
            shutil.rmtree(state, ignore_errors=True)
