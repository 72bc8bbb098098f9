"""Every setting is told with its value, and who gave it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import mplay
from mplay.cli.main import main
from mplay.config import load_config
from mplay.config.schema import KEYS
from mplay.config.settings import VARIABLES, Given, Setting, settings

FILE = """\
project = "shop"
inventory = ["hosts.yml", "more"]

[journal]
url = "sqlite:///j.db"

[environments.live]
group = "live"
shared = ["lb"]

[keep]
restore_points = "36h"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mplay.toml").write_text(FILE)
    return tmp_path


def told(folder: Path, given: Given | None = None, **environ: str) -> dict[str, Setting]:
    found = settings(load_config(folder), given or Given(), environ)
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def test_what_is_written_is_told_with_its_line(folder: Path) -> None:
    found = told(folder)
    file = folder / "mplay.toml"
    places = {name: one.where for name, one in found.items() if one.origin == "file"}
    assert places == {
        "project": f"{file}:1:1",
        "inventory": f"{file}:2:1",
        "journal": f"{file}:5:1",
        "environments.live.group": f"{file}:8:1",
        "environments.live.shared": f"{file}:9:1",
        "keep.restore_points": f"{file}:12:1",
    }
    assert found["journal"].value == f"sqlite:///{folder}/j.db"
    assert found["inventory"].value == [str(folder / "hosts.yml"), str(folder / "more")]
    assert found["keep.restore_points"].value == "36h"


def test_what_is_not_written_is_told_as_a_default(folder: Path) -> None:
    found = told(folder)
    assert found["keep.journal"] == Setting(name="keep.journal", value="400d")
    assert found["environments.live.default"].value is False
    assert found["environments.live.default"].origin == "default"


def test_every_key_of_the_file_is_told(folder: Path) -> None:
    found = set(told(folder))
    for table, keys in KEYS.items():
        for key in keys:
            path = ".".join([*(part.replace("*", "live") for part in table), key])
            known = path if path != "journal.url" else "journal"
            assert known in found or any(name.startswith(f"{path}.") for name in found), path


def test_without_a_file_all_is_a_default(tmp_path: Path) -> None:
    assert {one.origin for one in told(tmp_path).values()} == {"default"}
    assert told(tmp_path)["mplay.toml"].value == ""


def test_an_option_wins_and_is_named(folder: Path) -> None:
    given = Given(
        config_file=folder / "mplay.toml", inventory=[Path("x.ini")], journal="/tmp/other.db"
    )
    found = told(folder, given)
    assert (found["inventory"].value, found["inventory"].where) == (["x.ini"], "--inventory")
    assert (found["journal"].value, found["journal"].where) == ("/tmp/other.db", "--journal")
    assert found["mplay.toml"].where == "--config"


def test_the_journal_of_the_environment_names_its_variable(tmp_path: Path) -> None:
    found = told(tmp_path, XDG_STATE_HOME="/state", NO_COLOR="1", HOME="/h")
    assert found["journal"].value == "/state/mplay/default/journal.db"
    assert found["journal"].where == "$XDG_STATE_HOME"
    assert found["$NO_COLOR"].value == "1"
    assert "$HOME" not in found


def test_a_login_in_a_url_is_not_shown(folder: Path) -> None:
    text = FILE.replace("sqlite:///j.db", "postgresql://ann:hunter2@db/journal")
    (folder / "mplay.toml").write_text(text)
    assert told(folder)["journal"].value == "postgresql://[secret]@db/journal"
    given = Given(journal="postgresql://hunter2@db/x")
    assert told(folder, given)["journal"].value == "postgresql://[secret]@db/x"


def test_every_variable_of_the_environment_that_is_looked_at_is_told() -> None:
    sources = Path(mplay.__file__).parent.rglob("*.py")
    looks = re.compile(r"environ(?:ment)?(?:\.get\(|\[)\"([A-Z_]+)\"")
    looked_at = {name for file in sources for name in looks.findall(file.read_text())}
    beside = {"HOME", "PATH", "COMP_LINE", "_MPLAY_COMPLETE"}
    assert looked_at - beside <= set(VARIABLES)
    assert looked_at >= {"XDG_STATE_HOME", "MPLAY_DEBUG"}


def test_the_command_shows_them_as_a_table_and_as_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert main(["config"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["project", "shop", "mplay.toml:1:1"] in lines
    assert ["environments.live.default", "no", "default"] in lines
    assert main(["config", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)["settings"]
    assert {"name", "value", "origin", "where"} == set(shown[0])
    assert len(shown) == len(lines) - 1


def test_a_wrong_file_ends_with_2_and_the_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (folder / "mplay.toml").write_text("[keep]\njournl = '1d'\n")
    assert main(["config"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "mplay.toml:2:1 there is no key 'journl' here" in said.err
