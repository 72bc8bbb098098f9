"""Commands that pages show: each block is run by a test, each option that is named is there."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mplay.cli.ansible import FLAGS
from mplay.cli.main import LATER, cli
from tests.journeys.pages import blocks
from tests.journeys.reader import Reader

CHECKOUT = Path(__file__).parents[3]
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
PAGES = [page for page in PAGES if page.parent.name != "adr"]
READ_ON_HOSTS = {"README.md", "docs/tutorial.md", "docs/ansible.md", "docs/writing-a-module.md"}
"""Read by tests/journeys/test_readme.py and test_writing_a_module.py."""
READ_HERE = {"docs/reference/editor-and-shell.md"}
_OPTION = re.compile(r"--?[A-Za-z][A-Za-z-]*")


def named(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def test_every_page_with_commands_is_read_by_a_test() -> None:
    shown = {named(page) for page in PAGES if any(b.language == "sh" for b in blocks(page))}
    assert shown == READ_ON_HOSTS | READ_HERE


def test_the_page_of_editor_and_shell_is_true(tmp_path: Path) -> None:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
    }
    reader = Reader(tmp_path, environment)
    reader.read(blocks(CHECKOUT / "docs/reference/editor-and-shell.md"))
    assert (reader.folder / "playbook.schema.json").stat().st_size > 10_000
    assert (tmp_path / ".zfunc" / "_mplay").read_text().startswith("#compdef mplay")


def commands(page: Path) -> Iterator[str]:
    """All commands of mplay that a page shows, in blocks and in the text."""
    text = page.read_text("utf-8")
    for block in blocks(page):
        yield from re.findall(r"(?:^|&& |; )(mplay .+?)(?= && |; | +#|$)", block.text, re.MULTILINE)
    yield from re.findall(
        r"`(mplay [a-z][^`\n]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    )


def meant(words: list[str]) -> tuple[str, click.Command | None]:
    """The command that the words name, and how it is called."""
    command: click.Command | None = cli
    path: list[str] = []
    while isinstance(command, click.Group) and len(path) < len(words):
        context = click.Context(command)
        found = command.get_command(context, words[len(path)])
        if found is None:
            return " ".join(path), command if path else None
        command = found
        path.append(words[len(path)])
    return " ".join(path), command


SHOWN = sorted({(named(page), command) for page in PAGES for command in commands(page)})


@pytest.mark.parametrize(("page", "shown"), SHOWN, ids=lambda text: text.replace("/", "-"))
def test_a_command_that_a_page_shows_has_these_options(page: str, shown: str) -> None:
    try:
        words = shlex.split(shown)[1:]
    except ValueError:
        words = shown.split()[1:]
    if words[0] in LATER or re.fullmatch(r"[A-Z]+|[A-Z]*…|--\w+", words[0]):
        return
    path, command = meant(words)
    assert command is not None, f"there is no `mplay {words[0]}`"
    known = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    rest = words[len(path.split()) :]
    inner = rest.index("--") if "--" in rest else len(rest)
    inner = 1 if path == "lab ssh" else inner
    for word in rest[:inner]:
        option = _OPTION.fullmatch(word.partition("=")[0].rstrip(":,"))
        if option and path:
            assert option[0] in known | {"-h", "--help"} | set(FLAGS), f"{path}: {option[0]}"
