"""What the pages say of files, targets, versions and modules is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mplay.model import errors
from mplay.registry import Registry
from mplay.spec import DiskFiles, Finder, load_playbook
from mplay.testing import golden
from mplay.testing.own import OwnProject
from tests.journeys.pages import Command, blocks, missing

CHECKOUT = Path(__file__).parents[3]
PAGES = sorted(
    [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("changes/*.md")]
)


def named(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_target_that_a_page_names_is_in_the_makefile(page: Path) -> None:
    targets = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    said = re.findall(r"(?:`|^)make ([a-z]+)(?:`|$)", page.read_text("utf-8"), re.MULTILINE)
    assert set(said) <= set(targets)


def test_the_readme_begins_with_the_two_commands_that_do_all_the_set_up() -> None:
    first = next(b for b in blocks(CHECKOUT / "README.md") if b.language == "sh")
    assert [command.text for command in first.commands] == ["make demo", "make test"]


def test_a_playbook_that_a_page_shows_can_be_loaded(tmp_path: Path) -> None:
    shown = [
        block
        for page in PAGES
        for block in blocks(page)
        if block.language == "yaml" and re.search(r"^hosts:", block.text, re.MULTILINE)
    ]
    assert len(shown) >= 2
    for number, block in enumerate(shown):
        path = tmp_path / f"{number}.yml"
        path.write_text(block.text)
        finder = Finder(files=DiskFiles(), root=tmp_path)
        assert load_playbook(str(path), Registry(), finder).steps


def test_the_module_that_a_page_shows_has_all_that_belongs_to_one(tmp_path: Path) -> None:
    for block in blocks(CHECKOUT / "docs/writing-a-module.md"):
        if block.file:
            (tmp_path / block.file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.file).write_text(block.text)
    own = OwnProject(tmp_path)
    assert own.modules == ["default_target"]
    for path in own.cases:
        golden.accept(own.case(path))
        golden.check(own.case(path))
    assert len(own.cases) == 4
    assert own.faults("default_target") == []


def test_the_changelog_has_the_version_of_the_package() -> None:
    package = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == package["version"]


def test_every_exit_code_of_an_error_is_explained() -> None:
    text = (CHECKOUT / "docs/reference/cli.md").read_text()
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    raised = {k.exit_code for k in kinds if issubclass(k, errors.MplayError)}
    assert raised - {errors.GateClosed.exit_code} <= codes


def test_a_comment_says_with_which_code_a_command_ends() -> None:
    assert Command.read("mplay apply a.yml   # exit 8: it waits") == Command(
        text="mplay apply a.yml", code=8
    )
    assert Command.read("mplay runs  # newest first") == Command(text="mplay runs", code=0)
    assert Command.read("echo a#b") == Command(text="echo a#b", code=0)


def test_what_a_page_shows_is_found_whatever_the_run_is_called() -> None:
    printed = "run 20261123-1612-gk3f  halted\nweb/conf   changed\ndone in 3.1 s\n"
    assert missing("run 20251123-0101-abcd  halted\n…\ndone in 12 s\n", printed) == []
    assert missing("web/conf changed\nrun 20251123-0101-abcd halted\n", printed) == [
        "run RUN halted"
    ]
    assert missing("web/… changed\n", printed) == []
    assert missing("nothing of this\n", printed) == ["nothing of this"]
