"""Bad words on the command line: what is wrong is said, exit 2, nothing touched; and the help."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.project import Done, Project
from tests.journeys.untouched import HEAD, LATER, STEP, Untouched, listening, new_project


@pytest.fixture(scope="module")
def port() -> Iterator[socket.socket]:
    """The port that all hosts of the inventory answer on."""
    with listening() as server:
        yield server


@pytest.fixture
def here(tmp_path: Path, port: socket.socket) -> Untouched:
    return new_project(tmp_path / "project", port)


WORDS = {
    "a variable without a value": (["-e", "x"], "-e (1) 'x' is no variable", "-e key=value"),
    "a variable with a bad name": (["-e", "1a=2"], "-e (1) a name in `-e` is made of letters"),
    "a variable that mplay sets": (["-e", "item=2"], "the variable 'item' is set by mplay"),
    "no forks": (["--forks", "0"], "'--forks': 0 is not in the range"),
    "forks in words": (["--forks", "many"], "'many' is not a valid integer"),
    "evidence without =": (["--evidence", "docs"], "--evidence 'docs' names no step", "STEP=TEXT"),
    "evidence of no step": (["--evidence", "=x"], "--evidence '=x' names no step"),
    "evidence that nothing asks": (["--evidence", "one=x"], "nothing of this run asks that"),
    "no inventory": (["-i", "none"], "none there is no such inventory"),
    "no settings": (["-c", "none.toml"], "none.toml the configuration cannot be read"),
    "a journal nowhere": (
        ["--journal", "/proc/none/j.db"],
        "/proc/none the journal's folder cannot",
    ),
    "a journal elsewhere": (["--journal", "postgresql://db/x"], f"'postgresql' {LATER}"),
    "an unknown flag": (["--lmit", "x"], "--lmit", "--limit"),
    "an unknown answer to failure": (["--on-failure", "shrug"], "'shrug' is not one of"),
    "sudo's password from nobody": (["-K"], "there is no terminal to ask on"),
    "questions to nobody": (["--step"], "--step asks before each step, and there is no terminal"),
    "a tag that is nowhere": (["-t", "x"], "--tags no step of the playbook has the tag 'x'"),
    "a tag to skip": (["--skip-tags", "a,x"], "--skip-tags no step", "the tag 'a'", "the tag 'x'"),
    "a step that is nowhere": (["--only", "oen"], "--only the playbook has no step 'oen'", "'one'"),
    "a start that is nowhere": (["--from", "x"], "--from the playbook has no step 'x'"),
    "a vouch without a reason": (["--assume-done", "one"], "nobody says why", "--reason TEXT"),
    "a reason for nothing": (["--reason", "why"], "--reason belongs to --assume-done"),
    "a vouch for nothing": (["--assume-done", "oen", "--reason", "x"], "--assume-done", "'one'"),
    "another format": (["--format", "xml"], "'xml' is not one of"),
}
LATER_FLAGS = [["--override", "window"], ["--emergency"]]


@pytest.mark.parametrize("case", WORDS)
def test_bad_words_on_the_command_line_are_refused(here: Untouched, case: str) -> None:
    given, *words = WORDS[case]
    said = here.apply(HEAD + STEP, *given)
    for word in words:
        assert str(word) in said, said


@pytest.mark.parametrize("given", LATER_FLAGS, ids=lambda given: str(given[0]))
def test_flags_of_later_versions_are_refused_by_name(here: Untouched, given: list[str]) -> None:
    said = here.apply(HEAD + STEP, *given)
    assert re.search(rf"{given[0]}\b.* {LATER}", said)


NO_FILES = {
    "playbooks": "this is a folder, not a file",
    "none.yml": "there is no such file",
    "/dev/zero": "the file is larger than 1 MiB",
}


@pytest.mark.parametrize("playbook", NO_FILES)
def test_what_is_no_file_is_no_playbook(here: Untouched, playbook: str) -> None:
    assert f"{playbook} {NO_FILES[playbook]}" in here.refused("apply", playbook)


def test_lint_tells_of_every_file_that_it_is_given(here: Untouched) -> None:
    said = here.refused("lint", *NO_FILES)
    assert said.splitlines()[:2] == [f"{name} {what}" for name, what in NO_FILES.items()][:2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Usage: mplay"),
        ("aply x", "There is no command 'aply'. Did you mean 'apply'?"),
        ("drill x --limit y", f"mplay drill {LATER}"),
        ("stop last", f"mplay stop {LATER}"),
        ("inventory graph nix", "no group is called 'nix'"),
        ("inventory vars nix", "no host is called 'nix'"),
        ("inventory ping nix", "PATTERN no host or group is called 'nix'"),
        ("inventory facts", "Missing argument 'HOST|PATTERN'"),
        ("inventory trust none", "no host is called 'none'"),
        ("inventory trust localhost", "localhost is not reached by ssh"),
        ("inventory list nix", "PATTERN no host or group is called 'nix'"),
        ("journal nope", "No such command 'nope'"),
        ("apply", "Missing argument 'PLAYBOOK'"),
        ("do", "argument 1 names no hosts"),
        ("do a1", "argument 2 names no module"),
        ("do a1 srevice name=x", "argument 2 there is no module 'srevice'"),
        ("do a1 service nam=x", "argument 3 service has no argument 'nam'"),
        ("do nix query true", "argument 1 no host or group is called 'nix'"),
        ("do -l a2 a1 query true", "--limit the limit leaves no host of this playbook"),
        ("do a1 -m service -a name", "-a 'name' is no argument of service"),
        ("do a1 command ls -C", "argument 3 '-C' may be an option of mplay"),
        ("plan none.yml --graph dot", "'dot' is not 'mermaid'"),
        ("apply a.yml b.yml", "unexpected extra argument (b.yml)"),
        ("show last --follow", f"--follow {LATER}"),
        ("resume last --replan", f"--replan {LATER}"),
        ("resume last --drop web1", f"--drop {LATER}"),
        ("rollback last --forks 0", "0 is not in the range"),
    ],
)
def test_a_command_that_means_nothing_is_refused(here: Untouched, words: str, said: str) -> None:
    assert said in here.refused(*words.split())


@pytest.mark.parametrize("command", ["show", "resume", "rollback", "unlock"])
def test_without_a_journal_there_is_no_run(here: Untouched, command: str) -> None:
    said = here.refused(command, "last")
    assert "journal.db there is no journal here yet" in said
    assert "The first `mplay apply` makes it" in said


def test_without_a_journal_there_are_no_runs_and_none_is_made(here: Untouched) -> None:
    assert here.project.mplay("runs", "--format", "json").json == {"runs": []}
    assert not (here.project.folder / "xdg").exists()


QUESTION = 'name: Ask\nsteps:\n  - {id: docs, manual: {ask: "Well?", evidence: required}}\n'


@dataclass(frozen=True)
class Asked:
    here: Untouched
    first: Done
    second: Done


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, port: socket.socket) -> Asked:
    """Two runs that wait for a person, and no host in either."""
    here = new_project(tmp_path_factory.mktemp("asked") / "project", port)
    here.project.write("playbooks/ask.yml", QUESTION)
    words = ("apply", "playbooks/ask.yml", "--format", "json")
    runs = [here.project.mplay(*words, code=8) for _ in range(2)]
    return Asked(here, *runs)


def test_a_run_that_is_not_there_or_ambiguous_is_refused_by_every_command(asked: Asked) -> None:
    first, second = asked.first.run, asked.second.run
    both = next(first[:n] for n in range(len(first), 0, -1) if second.startswith(first[:n]))
    for command in ("show", "resume", "rollback", "unlock"):
        said = asked.here.refused(command, both)
        assert f"'{both}' may be any of" in said
        assert first in said
        assert second in said
        assert "no run is called 'nope'" in asked.here.refused(command, "nope")
    assert asked.here.project.mplay("runs", "--format", "json").json["runs"][0]["run"] == second


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("show last dcos", "has no step 'dcos'. Did you mean 'docs'?"),
        ("show last --host nix", "has no task about host 'nix'"),
        ("rollback last --step dcos", "has no step 'dcos'. Did you mean 'docs'?"),
        ("rollback last --limit nix", "has no host nix"),
        ("rollback last --step dcos --dry-run", "has no step 'dcos'"),
        ("resume last --evidence dcos=x", "Did you mean 'docs'?"),
        ("unlock last nix --yes", "has no host 'nix'"),
        ("unlock last", "there is nobody to ask"),
    ],
)
def test_a_part_that_the_run_does_not_have_is_refused(asked: Asked, words: str, said: str) -> None:
    assert said in asked.here.refused(*words.split())


COMMANDS = [
    *("", "apply", "do", "plan", "rollback", "resume", "runs", "show", "unlock", "lint"),
    *("inventory", "inventory list", "inventory graph", "inventory vars", "inventory facts"),
    *("inventory ping", "inventory trust", "journal", "journal verify"),
    *("journal rebuild", "lab", "lab up", "lab down", "lab reset", "lab status", "lab doctor"),
    *("lab ssh", "lab publish", "lab fault"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_the_terminal_and_shows_how(tmp_path: Path, command: str) -> None:
    done = Project(folder=tmp_path, inventory=tmp_path).mplay(*command.split(), "--help")
    lines = done.out.splitlines()
    assert lines[0].startswith("Usage: mplay")
    assert max(map(len, lines)) < 100
    example = f"mplay {command}".strip()
    assert [line for line in lines[1:] if line.strip().startswith(example)], done.out
