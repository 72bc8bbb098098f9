from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mplay.lab.place import Place, place_from
from mplay.lab.sysctl import RAISED, allow, restore


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return replace(place_from({}), run=tmp_path / "run")


@pytest.fixture
def setting(tmp_path: Path) -> Path:
    path = tmp_path / "max_user_instances"
    path.write_text("128\n")
    return path


def test_a_few_hosts_change_nothing(place: Place, setting: Path) -> None:
    allow(place, 5, setting)
    assert setting.read_text() == "128\n"
    restore(place, setting)
    assert not place.run.exists()


def test_many_hosts_raise_the_limit_and_the_end_puts_it_back(place: Place, setting: Path) -> None:
    allow(place, 11, setting)
    assert setting.read_text() == str(RAISED)
    allow(place, 12, setting)
    restore(place, setting)
    assert setting.read_text() == "128"
    assert not place.run.exists()


def test_a_limit_that_is_high_already_stays(place: Place, setting: Path) -> None:
    setting.write_text("8192")
    allow(place, 50, setting)
    restore(place, setting)
    assert setting.read_text() == "8192"


def test_of_two_labs_the_last_puts_the_limit_back(place: Place, setting: Path) -> None:
    other = replace(place_from({"MPLAY_LAB_NAME": "other"}), run=place.run)
    allow(place, 11, setting)
    allow(other, 11, setting)
    restore(place, setting)
    assert setting.read_text() == str(RAISED)
    restore(other, setting)
    assert setting.read_text() == "128"
    assert not place.run.exists()


def test_a_lab_that_was_killed_before_it_raised_the_limit_leaves_no_note(
    place: Place, setting: Path
) -> None:
    (place.run / "inotify").mkdir(parents=True)
    (place.run / "inotify" / "lab-mplay").touch()
    (place.run / "inotify" / "before.new").write_text("1")
    restore(place, setting)
    assert setting.read_text() == "128\n"
    assert not place.run.exists()
