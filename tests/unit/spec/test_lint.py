from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mplay.cli.lint import lint


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mplay.toml").write_text('project = "p"\n')
    (tmp_path / "good.yml").write_text(
        "steps: [{query: {run: 'true'}}, {shell: x, irreversible: y}]"
    )
    (tmp_path / "bad.yml").write_text("steps:\n  - id: a\n    shel: x\n    revert_after: 60s\n")
    (tmp_path / "worse.yml").write_text("steps: {{ x }}\n")
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(lint, arguments)


def test_a_good_playbook_is_ok_and_its_steps_are_counted(project: Path) -> None:
    result = run("good.yml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "ok: 2 steps\n", "")


def test_all_problems_of_all_playbooks_go_to_stderr_and_nothing_to_stdout(project: Path) -> None:
    result = run("good.yml", "bad.yml", "worse.yml", "none.yml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert [line for line in result.stderr.splitlines() if not line.startswith("    ")] == [
        "bad.yml:3:5 'shel' is neither a key of a step nor a module. Did you mean 'shell'?",
        "bad.yml:4:5 `revert_after` is not in this version of mplay",
        "worse.yml:1:9 a key must be a word",
        "none.yml there is no such file",
    ]


def test_control_characters_of_a_playbook_do_not_reach_the_terminal(project: Path) -> None:
    (project / "evil.yml").write_text('steps: [{"\\e[31m": x}]')
    assert "\x1b" not in run("evil.yml").stderr
