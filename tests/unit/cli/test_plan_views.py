"""The plan in its several forms, and lists of it, without any host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mplay.cli.main import main

BOOK = """
name: Little
hosts: web
steps:
  - {id: conf, tags: [config], copy: {content: "x\\n", dest: /etc/x}}
  - {id: reload, tags: [config, now], on_change: [conf], service: {name: x, state: reloaded}}
  - {id: look, query: uptime}
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The words that name a playbook of three steps for two hosts, and its project."""
    (tmp_path / "hosts.ini").write_text("[web]\nw1\nw2\n")
    (tmp_path / "mplay.toml").write_text('project = "t"\n')
    (tmp_path / "little.yml").write_text(BOOK)
    return [
        *(str(tmp_path / "little.yml"), "-i", str(tmp_path / "hosts.ini")),
        *("-c", str(tmp_path / "mplay.toml"), "--journal", str(tmp_path / "journal.db")),
    ]


def test_a_graph_is_mermaid(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *words, "--graph", "mermaid"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "flowchart TD",
        '  s1["conf<br/>copy<br/>w1, w2"]',
        '  s2["reload<br/>service<br/>w1, w2"]',
        '  s3["look<br/>query<br/>w1, w2"]',
        "  s1 -. change .-> s2",
        "  s2 --> s3",
    ]


def test_a_trace_names_the_transforms(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *words, "--trace", "--format", "json"]) == 0
    trace = json.loads(capsys.readouterr().out)["trace"]
    assert [did["transform"] for did in trace][:2] == ["blocks", "validate"]
    assert "+ step conf  tags: config" in trace[0]["changes"]
    assert main(["plan", *words, "--trace", "--limit", "w1"]) == 0
    assert "     ~ step conf  hosts: w1\n" in capsys.readouterr().out


def test_graph_and_trace_at_once_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *words, "--trace", "--graph", "mermaid"]) == 2
    assert "--graph and --trace are two answers" in capsys.readouterr().err
    assert main(["plan", *words, "--graph", "dot"]) == 2
    assert "'dot' is not 'mermaid'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_lists_are_of_what_was_chosen(
    command: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = ["--list-hosts", "--list-tasks", "--list-tags"]
    assert main([command, *words, *lists, "-t", "config", "-l", "w2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"playbook: {tmp_path}/little.yml  Little",
        "  hosts (1):",
        "    w2",
        "  tasks (2):",
        "    conf    copy  1 host  TAGS: [config]",
        "    reload  service  1 host  TAGS: [config, now]",
        "  TASK TAGS: [config, now]",
    ]
    assert not (tmp_path / "journal.db").exists()


def test_a_plan_of_a_choice_is_partial_and_says_so(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *words, "--only", "conf"]) == 0
    assert "partial: some steps are left out" in capsys.readouterr().out
