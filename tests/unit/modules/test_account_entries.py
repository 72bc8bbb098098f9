"""The entries of one account come back, and those of others stay, whatever happened to them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mplay_modules._account_entries import bring_back_entries, keep_entries

FILES = {
    "passwd": "root:x:0:0::/root:/bin/sh\nann:x:7:7::/home/ann:/bin/sh\nbob:x:8:8::/:/bin/sh\n",
    "shadow": "root:*:1::::::\nann:$6$a$secret-of-ann:2::::::\nbob:$6$b$secret-of-bob:3::::::\n",
    "group": "root:x:0:\nadm:x:4:bob,ann\nann:x:7:\nbob:x:8:\n",
    "gshadow": "root:*::\nadm:$6$x:ann:bob,ann\nann:!::\nbob:!::\n",
    "subuid": "ann:100:10\nann:300:10\nbob:200:10\n",
}


class Place:
    """The databases in a folder of their own, in place of /etc."""

    def __init__(self, folder: Path) -> None:
        self.etc, self.save = folder / "etc", folder / "save"
        for made in (self.etc, self.save):
            made.mkdir()
        for name, text in FILES.items():
            (self.etc / name).write_text(text)
            (self.etc / name).chmod(0o640)

    def run(self, script: str) -> None:
        there = script.replace("/etc/", f"{self.etc}/")
        done = subprocess.run(
            ["sh", "-euc", there],
            env={"PATH": os.environ["PATH"], "MPLAY_SAVE": str(self.save)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def change(self, name: str, old: str, new: str) -> None:
        file = self.etc / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def texts(self) -> dict[str, str]:
        return {name: (self.etc / name).read_text() for name in FILES}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.run(keep_entries("ann", user=True))
    return made


def test_a_user_who_was_removed_is_where_it_was(place: Place) -> None:
    for name in FILES:
        there = (place.etc / name).read_text().splitlines(keepends=True)
        (place.etc / name).write_text("".join(x for x in there if not x.startswith("ann:")))
    place.change("group", "bob,ann", "bob")
    place.change("gshadow", "ann:bob,ann", ":bob")
    place.run(bring_back_entries("ann", user=True))
    assert place.texts() == FILES
    assert (place.etc / "shadow").stat().st_mode & 0o777 == 0o640


def test_a_user_who_was_changed_is_as_before_and_others_as_they_are_now(place: Place) -> None:
    place.change("passwd", "ann:x:7:7:", "ann:x:9:4:New")
    place.change("passwd", "bob:x:8:8", "bob:x:8:4")
    place.change("shadow", "secret-of-ann", "another")
    place.change("shadow", "secret-of-bob", "his-own-change")
    place.change("group", "adm:x:4:bob,ann", "adm:x:4:bob,eve")
    place.change("group", "bob:x:8:", "bob:x:8:ann\neve:x:9:ann")
    place.run(bring_back_entries("ann", user=True))
    now = place.texts()
    assert now["passwd"] == FILES["passwd"].replace("bob:x:8:8", "bob:x:8:4")
    assert now["shadow"] == FILES["shadow"].replace("secret-of-bob", "his-own-change")
    assert now["group"] == FILES["group"].replace("bob,ann", "bob,eve,ann") + "eve:x:9:ann\n"


def test_a_user_who_was_made_is_gone_again(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.run(keep_entries("eve", user=True))
    place.change("passwd", "bob:", "eve:x:9:9::/:/bin/sh\nbob:")
    place.change("group", "bob,ann", "bob,eve,ann")
    place.run(bring_back_entries("eve", user=True))
    assert place.texts() == FILES


def test_nothing_is_written_where_nothing_was_changed(place: Place) -> None:
    before = {name: (place.etc / name).stat().st_ino for name in FILES}
    place.run(bring_back_entries("ann", user=True))
    assert {name: (place.etc / name).stat().st_ino for name in FILES} == before


def test_a_save_that_was_cut_short_is_not_used(place: Place) -> None:
    (place.save / "saved").unlink()
    place.change("passwd", "ann:x:7:7:", "ann:x:9:4:New")
    place.run(bring_back_entries("ann", user=True))
    assert "ann:x:9:4:New" in place.texts()["passwd"]


def test_passwords_of_others_are_not_kept(place: Place) -> None:
    kept = "".join(file.read_text() for file in place.save.iterdir())
    assert "secret-of-ann" in kept
    assert "secret-of-bob" not in kept
    assert "$6$x" not in kept


def test_a_group_comes_back_with_its_members_and_no_other_is_touched(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.run(keep_entries("adm", user=False))
    place.change("group", "adm:x:4:bob,ann\n", "")
    place.change("group", "bob:x:8:", "bob:x:8:ann")
    place.change("gshadow", "adm:$6$x:ann:bob,ann\n", "")
    place.run(bring_back_entries("adm", user=False))
    assert place.texts() == FILES | {"group": FILES["group"].replace("bob:x:8:", "bob:x:8:ann")}


def test_what_a_killed_tool_has_left_is_taken_away_and_that_of_a_living_one_stays(
    place: Place,
) -> None:
    died = subprocess.Popen(["true"])
    died.wait()
    dead, alive = str(died.pid), str(os.getpid())
    for name in (f"passwd.{dead}", "passwd.lock", "passwd+", f"group.{alive}", "group.lock"):
        (place.etc / name).write_text(alive if name == "group.lock" else dead)
    place.run(bring_back_entries("ann", user=True))
    left = {file.name for file in place.etc.iterdir()} - set(FILES) - {".pwd.lock"}
    assert left == {f"group.{alive}", "group.lock"}
