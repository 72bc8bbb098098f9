from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from mplay.cli import main as entry
from mplay.cli.main import COMMANDS, LATER, Lazy, cli, main
from mplay.model.errors import HostLocked, PersonNeeded

HEAVY = (
    *("sqlalchemy", "yaml", "pydantic", "jinja2", "networkx", "fabric", "paramiko", "rich"),
    *("mplay.journal", "mplay.report", "mplay.spec", "mplay.lab", "mplay.app"),
)


def _mplay(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mplay.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **more},
    )


def test_help_imports_click_and_nothing_heavy() -> None:
    script = (
        "import sys; from mplay.cli.main import main; main(['--help'])\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout


def test_a_command_of_a_later_version_is_refused_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in sorted(LATER):
        assert main([name, "some", "--thing", "--help"]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert f"mplay {name} is not in this version" in said.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["aply"], "Did you mean 'apply'?"),
        (["xyzzy"], "no command 'xyzzy'"),
        (["--nonsense"], "--nonsense"),
        (["runs", "--last", "0"], "--last"),
        (["runs", "--format", "yaml"], "--format"),
        (["journal", "verify", "--format", "ndjson"], "this command has one document"),
        (["show", "last", "--follow"], "--follow is not in this version"),
        (["show"], "RUN"),
        ([], "Usage"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_so_on_stderr_only(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "arguments", [["runs"], ["show"], ["journal"], ["journal", "verify"], ["journal", "rebuild"]]
)
def test_the_help_of_a_command_ends_its_words_with_examples(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Examples:\n    mplay {' '.join(arguments)}" in text


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("mplay 0.")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[str]]:
    """Put a command that does what it is told among those that exist."""

    def put(action: Callable[[], object]) -> list[str]:
        monkeypatch.setitem(cli.commands, "try", click.Command("try", callback=action))
        monkeypatch.setitem(COMMANDS, "try", ("tests.unit.cli.test_main:trial", "a trial"))
        TRIALS.append(click.Command("try", callback=action))
        return ["try"]

    return put


TRIALS: list[click.Command] = []


def __getattr__(name: str) -> click.Command:
    if name != "trial":
        raise AttributeError(name)
    return TRIALS[-1]


def _raise(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def test_an_error_of_mplay_is_words_on_stderr_and_its_exit_code(
    command: Callable[[Callable[[], object]], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    locked = HostLocked("locked by run x", where="web1", hint="mplay unlock x")
    assert main(command(_raise(locked))) == 6
    assert capsys.readouterr().err == "mplay: web1 locked by run x\n    mplay unlock x\n"
    assert main(command(_raise(PersonNeeded("look \x1b[31m")))) == 7
    assert "\\x1b[31m" in capsys.readouterr().err


def test_the_result_of_a_command_is_the_exit_code(
    command: Callable[[Callable[[], object]], list[str]],
) -> None:
    assert main(command(lambda: 8)) == 8
    assert main(command(lambda: None)) == 0


def test_a_bug_is_said_to_be_one_without_a_traceback_or_the_errors_text(
    command: Callable[[Callable[[], object]], list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MPLAY_DEBUG", raising=False)
    arguments = command(_raise(ValueError("password=hunter2")))
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert "a bug in mplay: ValueError at test_main.py:" in said.err
    assert "hunter2" not in said.err
    assert "Traceback" not in said.err
    monkeypatch.setenv("MPLAY_DEBUG", "1")
    assert main(arguments) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(
    command: Callable[[Callable[[], object]], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(_raise(KeyboardInterrupt()))) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_who_goes_away_is_no_error() -> None:
    line = f"{sys.executable} -m mplay.cli.main --help | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    line = f"{sys.executable} -m mplay.cli.main runs >/dev/full; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
    )
    assert "No space left" in done.stderr
    assert done.stderr.endswith("2\n")


def test_a_command_knows_the_code_that_its_process_ends_with(tmp_path: Path) -> None:
    done = _mplay("show", "last", "--journal", str(tmp_path / "none.db"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no journal here yet" in done.stderr


def test_no_command_is_both_there_and_to_come() -> None:
    assert not LATER & set(COMMANDS)
    assert isinstance(entry.cli, Lazy)
