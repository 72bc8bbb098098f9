"""The calls that the reference of the command line shows mean what they say."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from mplay.cli.main import main
from tests.journeys.pages import blocks

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
SHOWN = [
    line
    for block in blocks(PAGE)
    if block.section == "One thing on some hosts"
    for line in block.text.splitlines()
]


def test_the_page_shows_calls() -> None:
    assert len(SHOWN) >= 5
    assert all(line.startswith("mplay do ") for line in SHOWN)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_call_of_the_page_can_be_planned(
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "motd").write_text("hello\n")
    (tmp_path / "hosts.ini").write_text("[web]\nweb1\n[db]\ndb1\n")
    (tmp_path / "mplay.toml").write_text('project = "t"\n')
    pattern, module = (word for word in shlex.split(shown)[2:4])
    before = ["do", "-i", "hosts.ini", "--format", "json", "--list-hosts", "--list-tasks"]
    assert main([*before, *shlex.split(shown)[2:]]) == 0, capsys.readouterr().err
    found = json.loads(capsys.readouterr().out)
    assert found["hosts"] == {"web": ["web1"], "db": ["db1"], "all": ["web1", "db1"]}[pattern]
    (task,) = found["tasks"]
    assert task["module"] == ("command" if module == "-b" else module)
