"""Completion of command lines, in real shells and as what mplay answers them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from mplay.cli.completing import SHELLS, SOURCES, answer
from mplay.cli.main import COMMANDS, cli
from mplay.journal import Journal
from tests.unit.cli.typing_shell import INSTALLED, SETUP, TAB, TypingShell
from tests.unit.journal.make import HeldClock, begin, outcome

RUN = "20261123-0230-7k3f"
OLDER = "20261122-0230-aaaa"
BIN = Path(sys.executable).parent
HEAVY = ("sqlalchemy", "fabric", "paramiko", "networkx", "rich", "jinja2")

HOSTS = """\
web:
  hosts: {web1: , web2: }
staging:
  hosts: {web1: , db1: }
"""
BOOK = """\
hosts: all
steps:
  - {id: backup, tags: [night, slow], query: "true"}
  - id: web
    steps:
      - {id: conf, tags: [conf], file: {path: /tmp/a, state: touch}}
validate:
  - {id: up, query: "true"}
"""
OWN = """\
from typing import Literal
from mplay.sdk import Check, Facts, Judgement, Script, Verdict

class Weather(Check):
    '''The weather.'''

    sky: Literal["clear", "covered"]
    '''How it looks.'''
    wind: bool = False
    '''Whether it blows.'''

    def probe(self) -> Script:
        return ""

    def judge(self, seen: Facts) -> Verdict:
        return Verdict(judgement=Judgement.OK)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with hosts, a playbook, a module and two runs."""
    folder = tmp_path / "project"
    for name, text in {
        "mplay.toml": 'project = "shop"\n',
        "inventory/hosts.yml": HOSTS,
        "book.yml": BOOK,
        "modules/weather.py": OWN,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    clock = HeldClock()
    place = tmp_path / "state" / "mplay" / "shop" / "journal.db"
    with Journal.open(place, clock=clock, by="ann@here") as journal:
        journal.begin(OLDER, begin({"backup": ["db1"]}))
        journal.append(OLDER, outcome("backup@db1"))
        clock.sleep(60)
        journal.begin(RUN, begin({"backup": ["db1"], "web/conf": ["web1", "web2"]}))
        journal.append_all(RUN, [outcome("backup@db1"), outcome("web/conf@web1")])
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell's, with mplay in its path."""
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def words(project: Path, environment: dict[str, str]) -> Callable[[str], list[str]]:
    """What mplay answers a bash whose line stands thus, without the kinds of the words."""

    def ask(line: str) -> list[str]:
        done = subprocess.run(
            [str(BIN / "mplay")],
            cwd=project,
            env={**environment, "COMP_LINE": line, "_MPLAY_COMPLETE": "bash_complete"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return [word.partition(",")[2] for word in done.stdout.split()]

    return ask


TYPED = {
    "mplay ap": "mplay apply ",
    "mplay apply book.yml --lim": "mplay apply book.yml --limit ",
    "mplay apply book.yml --limit stag": "mplay apply book.yml --limit staging ",
    "mplay apply book.yml -l 'web:&stag": "mplay apply book.yml -l 'web:&staging' ",
    "mplay apply book.yml -l web,db": "mplay apply book.yml -l web,db1 ",
    "mplay apply book.yml --only web/": "mplay apply book.yml --only web/conf ",
    "mplay show 20261123": f"mplay show {RUN} ",
    f"mplay show {RUN} web/": f"mplay show {RUN} web/conf ",
    "mplay modules weath": "mplay modules weather ",
    "mplay apply boo": "mplay apply book.yml ",
}


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("shell", SETUP)
def test_the_tabulator_completes_the_line(
    shell: str, typed: str, project: Path, environment: dict[str, str]
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here; `apt install {shell}` brings it")
    person = TypingShell(shell=shell, folder=project, environment=environment)
    assert person.line_after(f"{typed}{TAB}") == TYPED[typed]


@pytest.mark.parametrize("shell", INSTALLED)
def test_a_script_that_lies_where_the_page_puts_it_is_found(
    shell: str, project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here; `apt install {shell}` brings it")
    place = tmp_path / INSTALLED[shell][0].removeprefix("~/")
    place.parent.mkdir(parents=True)
    printed = [str(BIN / "mplay"), "completion", shell]
    place.write_bytes(subprocess.run(printed, env=environment, stdout=-1, check=True).stdout)
    person = TypingShell(shell=shell, folder=project, environment=environment, installed=True)
    assert person.line_after(f"mplay modules weath{TAB}") == "mplay modules weather "
    page = (Path(__file__).parents[3] / "docs/reference/editor-and-shell.md").read_text()
    assert f"mplay completion {shell} > {INSTALLED[shell][0]}\n" in page


def test_an_unquoted_pattern_is_completed_behind_its_colon_by_bash(
    project: Path, environment: dict[str, str]
) -> None:
    person = TypingShell(shell="bash", folder=project, environment=environment)
    assert person.line_after(f"mplay apply book.yml -l web:stag{TAB}").endswith(" web:staging ")


def test_an_argument_gets_its_equal_sign_and_no_blank_by_bash(
    project: Path, environment: dict[str, str]
) -> None:
    person = TypingShell(shell="bash", folder=project, environment=environment)
    typed = f"mplay do web weather sk{TAB}cl{TAB}"
    assert person.line_after(typed) == "mplay do web weather sky=clear "


def test_hosts_and_groups_follow_limit(words: Callable[[str], list[str]]) -> None:
    everybody = {"all", "ungrouped", "web", "staging", "web1", "web2", "db1"}
    assert set(words("mplay apply book.yml --limit ")) == everybody
    assert words("mplay apply book.yml --limit=we") == ["web", "web1", "web2"]
    assert words("mplay apply book.yml -l 'all:!db") == ["all:!db1"]
    assert words("mplay inventory trust web") == ["web1", "web2"]
    assert words("mplay inventory graph w") == ["web"]
    assert words("mplay inventory vars web") == ["web1", "web2"]
    assert "staging" in words("mplay inventory graph st")
    assert "web" in words("mplay inventory ping we")


def test_hosts_are_those_of_the_inventory_that_the_line_names(
    words: Callable[[str], list[str]], tmp_path: Path
) -> None:
    (tmp_path / "other.ini").write_text("[other]\nalpha\n")
    assert words("mplay apply book.yml -i ../other.ini -l al") == ["all", "alpha"]


def test_runs_follow_newest_first_and_the_steps_of_one(words: Callable[[str], list[str]]) -> None:
    assert words("mplay show ") == ["last", RUN, OLDER]
    assert words("mplay rollback 20261122") == [OLDER]
    assert words("mplay show last ") == ["backup", "web", "web/conf"]
    assert words(f"mplay rollback {RUN} --step web") == ["web", "web/conf"]
    assert words(f"mplay show {OLDER} ") == ["backup"]


def test_steps_and_tags_of_the_playbook_follow(words: Callable[[str], list[str]]) -> None:
    assert words("mplay apply book.yml --only ") == ["backup", "web", "web/conf", "validate/up"]
    assert words("mplay apply book.yml --from w") == ["web", "web/conf"]
    assert words("mplay apply book.yml --only backup,web/") == ["backup,web/conf"]
    assert words("mplay apply book.yml --tags ") == ["conf", "night", "slow"]
    assert words("mplay plan book.yml --skip-tags night,s") == ["night,slow"]


def test_do_is_followed_by_hosts_a_module_and_its_arguments(
    words: Callable[[str], list[str]],
) -> None:
    assert words("mplay do db") == ["db1"]
    assert words("mplay do db1 weat") == ["weather"]
    assert words("mplay do db1 weather ") == ["sky=", "wind="]
    assert words("mplay do db1 weather sky=") == ["sky=clear", "sky=covered"]
    assert words("mplay do db1 weather wind=") == ["wind=yes", "wind=no"]


def test_names_of_commands_need_no_command_to_be_imported(
    words: Callable[[str], list[str]],
) -> None:
    assert set(words("mplay ")) == set(COMMANDS)
    assert words("mplay inventory tr") == ["trust"]


@pytest.mark.parametrize(
    "line",
    [
        "mplay nonsense ",
        "mplay apply none.yml --only ",
        "mplay apply 'book.yml --only ",
        "mplay apply --limit x y z --format ndjson -C -e ",
        "mplay -c",
        "mplay resume last --evidence ",
        "mplay apply -i none -l ",
        "mplay apply -c none.toml -l ",
        "mplay show --journal none.db ",
        "mplay do web none ",
    ],
)
def test_a_line_that_leads_nowhere_is_answered_with_nothing(
    line: str, words: Callable[[str], list[str]]
) -> None:
    assert words(line) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("inventory/hosts.yml", "web: ["),
        ("book.yml", "steps: [{nonsense: 1}]"),
        ("modules/weather.py", "import none_such"),
        ("mplay.toml", "project = "),
    ],
)
def test_a_broken_file_of_the_project_is_answered_with_nothing(
    file: str, text: str, project: Path, words: Callable[[str], list[str]]
) -> None:
    (project / file).write_text(text)
    lines = {
        "inventory/hosts.yml": "mplay apply book.yml -l ",
        "book.yml": "mplay apply book.yml --only ",
        "modules/weather.py": "mplay do web weather ",
        "mplay.toml": "mplay show ",
    }
    assert words(lines[file]) == []


def test_a_journal_is_neither_made_nor_changed(
    project: Path, words: Callable[[str], list[str]], tmp_path: Path
) -> None:
    place = tmp_path / "state" / "mplay" / "shop" / "journal.db"
    before = place.read_bytes(), list(place.parent.iterdir())
    assert words("mplay show ")
    assert (place.read_bytes(), list(place.parent.iterdir())) == before
    (project / "mplay.toml").write_text('project = "new"\n')
    assert words("mplay show ") == []
    assert not (tmp_path / "state" / "mplay" / "new").exists()


@pytest.mark.parametrize(
    "line", ["mplay sh", "mplay apply book.yml -l we", "mplay show ", "mplay modules s"]
)
def test_nothing_heavy_is_imported(line: str, project: Path, environment: dict[str, str]) -> None:
    script = (
        "import sys; from mplay.cli.main import main; main()\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env={**environment, "COMP_LINE": line, "_MPLAY_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    assert done.stderr == "[]\n"


def test_a_journal_that_is_being_written_is_read(
    words: Callable[[str], list[str]], tmp_path: Path
) -> None:
    place = tmp_path / "state" / "mplay" / "shop" / "journal.db"
    with Journal.open(place, clock=HeldClock(), by="ann@here") as journal:
        journal.begin("20261124-0230-bbbb", begin({"backup": ["db1"]}))
        assert "20261124-0230-bbbb" in words("mplay show ")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_what_is_told_beside_a_word_holds_no_control_characters(
    shell: str, project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / "state" / "mplay" / "shop" / "journal.db"
    with Journal.open(place, clock=HeldClock(), by="ann@here") as journal:
        journal.begin("20261124-0230-cccc", begin(name="a\x1b[31m\nplain\nb"))
    line = "mplay show 20261124"
    cut = {"zsh": "2", "fish": "20261124"}[shell]
    done = subprocess.run(
        [str(BIN / "mplay")],
        cwd=project,
        env={
            **environment,
            "COMP_WORDS": line,
            "COMP_CWORD": cut,
            "_MPLAY_COMPLETE": f"{shell}_complete",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("20261124-0230-cccc") == 1
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == {"zsh": 3, "fish": 1}[shell]


def test_every_parameter_that_has_words_is_one_of_a_command() -> None:
    names = set()
    todo: list[click.Command] = [c for n in COMMANDS if (c := cli.get_command(None, n))]  # type: ignore[arg-type]
    while todo:
        command = todo.pop()
        todo += command.commands.values() if isinstance(command, click.Group) else []
        names |= {(command.name, param.name) for param in command.params}
    for command_name, parameter in SOURCES:
        assert any(p == parameter and command_name in {"", c} for c, p in names), parameter


def test_an_instruction_that_is_none_is_refused() -> None:
    assert answer(cli, "tcsh_complete") == 2
    assert answer(cli, "bash_nonsense") == 2


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_the_command_is_the_one_of_the_variable(
    shell: str, environment: dict[str, str]
) -> None:
    printed = subprocess.run(
        [str(BIN / "mplay"), "completion", shell], env=environment, capture_output=True, check=True
    )
    asked = subprocess.run(
        [str(BIN / "mplay")],
        env={**environment, "_MPLAY_COMPLETE": f"{shell}_source"},
        capture_output=True,
        check=True,
    )
    assert printed.stdout == asked.stdout != b""


def test_shellcheck_is_clean_on_the_script_for_bash() -> None:
    script = Path(str(sys.modules["mplay.cli.completing"].__file__)).with_name("completion.bash")
    done = subprocess.run(
        [str(BIN / "shellcheck"), "--shell=bash", str(script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
