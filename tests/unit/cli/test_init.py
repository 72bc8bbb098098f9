"""``mplay init``: what it makes works as it is made, and overwrites nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from mplay.cli.main import main
from mplay.registry import Registry
from mplay.spec import DiskFiles, Finder, load_playbook
from mplay.spec.schema import playbook_schema


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def made(folder: Path) -> dict[str, str]:
    """Every file below a folder, by relative path."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_text() for file in files}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project; commands run in it."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "shop"]) == 0
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def test_the_tests_of_all_that_is_made_pass_as_they_are(project: Path) -> None:
    assert main(["init", "playbook", "weekly"]) == 0
    assert main(["init", "module", "greeting"]) == 0
    assert main(["init", "module", "second_thing"]) == 0
    done = run(project, "pytest", "-q", "-rs")
    assert done.returncode == 0, done.stdout
    assert "the laws need a throwaway host: --throwaway" in done.stdout
    assert "16 passed, 16 skipped" in done.stdout, done.stdout


def test_a_project_has_settings_hosts_a_playbook_and_their_test(project: Path) -> None:
    assert set(made(project)) == {
        "mplay.toml",
        "inventory/hosts.yml",
        "playbooks/first.yml",
        "conftest.py",
        "tests/test_playbooks.py",
    }
    assert 'project = "shop"' in (project / "mplay.toml").read_text()


def test_without_a_folder_the_project_is_made_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my intranet").mkdir()
    monkeypatch.chdir(tmp_path / "my intranet")
    assert main(["init"]) == 0
    assert 'project = "my-intranet"' in Path("mplay.toml").read_text()


def test_what_is_made_is_listed_and_the_next_command_is_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "module", "greeting"]) == 0
    shown = capsys.readouterr().out.splitlines()
    listed = {line.removeprefix(f"made {project}/") for line in shown if line.startswith("made ")}
    assert listed == {f for f in made(project) if "greeting" in f} | {"tests/test_modules.py"}
    assert shown[-1] == "next  pytest"


@pytest.mark.parametrize("name", ["first", "weekly"])
def test_a_playbook_loads_and_fits_the_schema(name: str, project: Path) -> None:
    if name != "first":
        assert main(["init", "playbook", f"{name}.yml"]) == 0
    file = project / "playbooks" / f"{name}.yml"
    assert load_playbook(
        str(file), Registry(), Finder(files=DiskFiles(), root=project)
    ).steps == 3 - (name == "first")
    assert Draft7Validator(playbook_schema(Registry())).is_valid(yaml.safe_load(file.read_text()))


def test_the_first_playbook_can_be_foretold_done_and_undone(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    note = tmp_path / "note"
    book = project / "playbooks" / "first.yml"
    book.write_text(book.read_text().replace("/tmp/shop-note", str(note)))
    assert main(["apply", "playbooks/first.yml", "--dry-run"]) == 0
    assert not note.exists()
    assert main(["apply", "playbooks/first.yml"]) == 0
    assert note.read_text() == "mplay was here\n"
    assert main(["rollback", "last"]) == 0
    assert not note.exists()


@pytest.mark.parametrize("again", [["init"], ["init", "playbook", "weekly"]])
def test_nothing_is_overwritten_and_nothing_is_made_beside_it(
    again: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "playbook", "weekly"]) == 0
    (project / "playbooks" / "weekly.yml").write_text("mine")
    (project / "inventory" / "hosts.yml").unlink()
    before = made(project)
    capsys.readouterr()
    assert main(again) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "this is there already" in said.err
    assert made(project) == before


def test_a_link_that_leads_nowhere_is_there_too(project: Path) -> None:
    (project / "playbooks" / "weekly.yml").symlink_to("elsewhere.yml")
    assert main(["init", "playbook", "weekly"]) == 2
    assert not (project / "playbooks" / "elsewhere.yml").exists()


def test_tests_of_ones_own_are_kept(project: Path) -> None:
    (project / "tests" / "test_modules.py").write_text("# mine\n")
    assert main(["init", "module", "greeting"]) == 0
    assert (project / "tests" / "test_modules.py").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["module", "Greeting"], "'Greeting' can be no module's name"),
        (["module", "my-module"], "It is made of lower-case letters, digits and _."),
        (["module", "../greeting"], "can be no module's name"),
        (["module", "import"], "can be no module's name"),
        (["module", "apt"], "there is a module 'apt' already"),
        (["playbook", "../weekly"], "can be no playbook's name"),
        (["playbook", ""], "can be no playbook's name"),
        (["plybook", "weekly"], "There is no `mplay init plybook`. Did you mean 'playbook'?"),
        (["module"], "NAME"),
    ],
)
def test_a_wrong_name_ends_with_2_and_makes_nothing(
    words: list[str], told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made(project)
    assert main(["init", *words]) == 2
    assert told in capsys.readouterr().err
    assert made(project) == before


def test_a_playbook_needs_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "playbook", "weekly"]) == 2
    assert "there is no mplay.toml here or above" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "playbooks").write_text("a file")
    assert main(["init", "shop"]) == 2
    assert "cannot be made" in capsys.readouterr().err


def test_in_the_checkout_of_mplay_the_files_go_where_its_own_modules_have_theirs(
    project: Path,
) -> None:
    (project / "modules" / "mplay_modules").mkdir(parents=True)
    before = set(made(project))
    assert main(["init", "module", "greeting"]) == 0
    files = {file for file in set(made(project)) - before if "/golden/" not in file}
    assert files == {
        "modules/mplay_modules/greeting.py",
        "tests/laws/scenarios/greeting.yaml",
        "changes/greeting.added.md",
    }


def test_the_python_that_is_made_is_clean(project: Path) -> None:
    assert main(["init", "module", "second_thing"]) == 0
    options = ["--isolated", "--line-length=100", "--select=E,W,F,N,UP,B,RUF,D1"]
    checked = run(project, "ruff", "check", *options, "--ignore=RUF012,D103", ".")
    assert checked.returncode == 0, checked.stdout
    assert (
        run(project, "ruff", "format", "--isolated", "--line-length=100", "--check", ".").returncode
        == 0
    )
