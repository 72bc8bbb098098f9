"""docs/ansible.md: what it says of flags, keywords and modules is so, and nothing is left out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from mplay.cli.ansible import FLAGS, PROGRAMS
from mplay.cli.main import COMMANDS, cli, main
from mplay.registry import Registry
from mplay.spec import keys
from mplay.spec.keys import HINTS

PAGE = (Path(__file__).parents[3] / "docs/ansible.md").read_text("utf-8")
KNOWN = keys.PLAYBOOK.known | keys.BLOCK.known | keys.STEP.known
INTERNAL = {"loop_with", "async_val", "validate_argspec"}


def rows(heading: str) -> Iterator[list[str]]:
    """The cells of the tables below a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def coded(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def verdicts(heading: str) -> dict[str, str]:
    return {word: row[1] for row in rows(heading) for word in coded(row[0])}


ASK = """
import json
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task

def flags(program):
    made = program(["program", "x"])
    made.init_parser()
    return [flag for action in made.parser._actions for flag in action.option_strings]

print(json.dumps({
    "ansible": flags(AdHocCLI),
    "ansible-playbook": flags(PlaybookCLI),
    "keywords": [*Play.fattributes, *Block.fattributes, *Task.fattributes],
}))
"""
"""Asked in a process of its own: what ansible does when it is imported stays there."""


@cache
def ansible() -> dict[str, set[str]]:
    """What the real one has: flags of its two programs, and keywords."""
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    return {name: set(words) for name, words in json.loads(done.stdout).items()}


def options_of(command: str) -> set[str]:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    shown = (p for p in found.params if isinstance(p, click.Option) and not p.hidden)
    return {flag for param in shown for flag in param.opts} | {"-h", "--help"}


FLAG_VERDICTS = verdicts("Flags")
SECTION = PAGE.split("\n## Flags\n")[1].split("\n## ")[0]
PLAYBOOK_PART, ADHOC_PART = SECTION.split("\nOf `ansible`, for `mplay do`:\n")


def in_part(part: str, verdict: str) -> list[str]:
    listed = re.findall(r"^\| (`[^|]+) \| (\w+) \|", part, re.MULTILINE)
    return [flag for cell, told in listed for flag in coded(cell) if told == verdict]


def test_every_flag_of_ansible_is_spoken_of() -> None:
    assert ansible()["ansible-playbook"] == {
        flag
        for verdict in ("same", "different", "refused")
        for flag in in_part(PLAYBOOK_PART, verdict)
    }
    # `-t` is --tree there; here it is --tags, as in ansible-playbook.
    assert ansible()["ansible"] - {"-t"} <= set(FLAG_VERDICTS)


def test_a_flag_that_is_the_same_is_there() -> None:
    assert set(in_part(PLAYBOOK_PART, "same")) <= options_of("apply")
    assert set(in_part(ADHOC_PART, "same")) <= options_of("do")
    assert set(in_part(PLAYBOOK_PART, "different")) - {"--version"} <= options_of("apply")
    both = {"-i", "-l", "-e", "-C", "-D", "-f", "-u", "-b", "-K", "-J", "--list-hosts", "-v"}
    assert both <= options_of("do")


REFUSED = [
    *((("apply", "site.yml"), flag) for flag in in_part(PLAYBOOK_PART, "refused")),
    *((("do", "web", "query"), flag) for flag in in_part(ADHOC_PART, "refused")),
]


@pytest.mark.parametrize(
    ("words", "flag"), REFUSED, ids=lambda x: x if isinstance(x, str) else x[0]
)
def test_a_flag_that_is_refused_is_refused_by_name(
    words: tuple[str, ...], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, flag, "5"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"mplay: {flag} is not a flag of mplay\n    " in said.err


def test_what_is_refused_is_an_option_of_neither() -> None:
    assert not options_of("apply") & set(FLAGS)
    assert options_of("do") & set(FLAGS) == {"--become-user"}


def test_every_keyword_of_ansible_is_spoken_of() -> None:
    keywords = ansible()["keywords"] - INTERNAL
    beside = {"local_action", "async"}
    assert set(verdicts("Keywords of plays, blocks and tasks")) == keywords | beside


KEYWORDS = verdicts("Keywords of plays, blocks and tasks")


@pytest.mark.parametrize("keyword", [w for w, told in KEYWORDS.items() if told != "refused"])
def test_a_keyword_that_is_taken_is_a_key(keyword: str) -> None:
    assert keyword in KNOWN


@pytest.mark.parametrize("keyword", [w for w, told in KEYWORDS.items() if told == "refused"])
def test_a_keyword_that_is_refused_is_refused_with_what_to_do(
    keyword: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keyword not in KNOWN
    book = tmp_path / "p.yml"
    for text in (
        f"hosts: all\n{keyword}: x\nsteps: [{{shell: a}}]\n",
        f"hosts: all\nsteps:\n  - shell: a\n    {keyword}: x\n",
    ):
        book.write_text(text)
        assert main(["lint", str(book)]) == 2
        said = capsys.readouterr().err
        assert f"has no key '{keyword}'" in said
        assert HINTS[keyword] in said


MODULES = {word: row[1] for row in rows("Modules") for word in coded(row[0])}


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("prefix", ["", "ansible.builtin."])
def test_a_module_that_is_called_otherwise_is_refused_with_its_name(
    prefix: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert name not in Registry().names()
    book = tmp_path / "p.yml"
    book.write_text(f"hosts: all\nsteps:\n  - {prefix}{name}: {{a: b}}\n")
    assert main(["lint", str(book)]) == 2
    assert HINTS[name] in capsys.readouterr().err


def test_a_module_that_is_named_instead_is_there() -> None:
    words = {word for told in MODULES.values() for word in coded(told)}
    names = {word for word in words if re.fullmatch(r"[a-z_]+", word)}
    others = KNOWN | {"success_msg", "state", "expect", "undo"}
    assert names - others <= set(Registry().names())


def test_programs_that_are_named_are_there() -> None:
    for row in rows("Programs"):
        for word in coded(row[1]):
            assert word == "ansible-vault" or word.split()[1] in COMMANDS


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_ansibles_is_answered_with_its_word(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([program]) == 2
    assert PROGRAMS[program] in capsys.readouterr().err
