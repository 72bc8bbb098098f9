"""Inventories and patterns: mplay and ansible-core are asked, and say the same.

Ansible is asked once, in one process; a few questions go to its real commands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mplay.cli.main import main
from mplay.inventory import Inventory
from mplay.inventory.listing import as_graph, as_list
from mplay.model.errors import Problem, UsageError
from tests.parity.casefile import Case, case_names, lay_out

CHECKOUT = Path(__file__).resolve().parents[2]
COMMANDS = Path(sys.executable).parent

PATTERNS = (
    *("all", "*", "web", "db", "platform", "ungrouped", "empty", "my-group", "loose", "web2"),
    *("web,db", "web:db", "db,web", "web2,web", "web:web2:loose", " web , db ", "web db"),
    *(
        "web:&staging",
        "web,&staging",
        "web:!web2",
        "!web2,web",
        "all:!platform",
        "!web",
        "&staging",
    ),
    *("platform:&staging:!web1", "!web1:&staging:platform", "web:&production:!web[0]", "!all"),
    *("web:&db", "&web,&staging", "!web,!db", "all:&empty", "web:!empty", "web:!*", "&empty"),
    *("web[0]", "web[-1]", "web[-6]", "web[0:2]", "web[2:]", "web[1-2]", "web[4:9]", "web[7:9]"),
    *("web[0:0]", "web[1:0]", "platform[5:6]", "all[0:1]", "w*[0]", "*[-1]", "empty[0]"),
    *(
        "web[0],db[0]",
        "web[0:1]:db[1:2]",
        "all:!web[1:3]",
        "web[0:3]:&web[2:5]",
        "db-a*[0]",
        "web*[5:8]",
        "*1[1:]",
    ),
    *("w*", "web?", "web[!1]", "web[1-3]*", "*.example.org", "*example*", "db-?.*"),
    *("web*:!web1", "*1", "nobody*", "*.nowhere", "w?b", "we[ab]1", "*-*", "???", "cache*"),
    *("~web[13]", "~web", "~^web$", "~.*org$", "~(web|db)", "~web[0-9]+:!web2", "~nobody", "~2001"),
    *("~db-[ab],loose", "~.*", "!~web.*", "&~.*[12],web", "~web[0]", "~(?i)WEB", "~^(?!web)"),
    *(
        "box.example.org",
        "db-a.example.org",
        "2001:db8::7",
        "2001:db8::7,loose",
        "all,!2001:db8::7",
    ),
    *("localhost", "web1", "all:!web1", "web:&web1", "web1:web2", "stage-only,web1", "twin"),
)
"""Patterns of which both choose the same hosts, in the same order."""

LIMITS = (
    *(("all", "web"), ("web", "staging"), ("web", "!staging"), ("platform", "&staging:!db")),
    *(("db,web", "web1,db-b.example.org"), ("web", "db"), ("all", "@retry"), ("web", "@retry")),
    *(("all", "@retry,!web1"), ("all", "@retry_signs"), ("all", "*.example.org,&staging")),
    *(("all", "web[1:2]"), ("web[0:3]", "web[3:]"), ("!web", "&staging")),
)
"""Patterns and limits of which both choose the same hosts."""

REFUSED = {
    "nobody": "no host or group is called 'nobody'",
    "web,nobody": "no host or group is called 'nobody'",
    "web:!nobody": "no host or group is called 'nobody'",
    "Web": "no host or group is called 'Web'",
    "web:22": "no host or group is called '22'",
    "web:&staging,db": "no host or group is called 'web:&staging'",
    "web[": "has a bracket without its other half",
    "web]": "has a bracket without its other half",
    "web[9]": "'web[9]' chooses nobody: there are 6 hosts, from 0",
    "web[-7]": "'web[-7]' chooses nobody: there are 6 hosts, from 0",
    "web[0123]": "'web[0123]' chooses nobody: there are 6 hosts, from 0",
    "": "a pattern without a name chooses nobody",
    ",": "a pattern without a name chooses nobody",
    "!": "a pattern without a name chooses nobody",
    "!2001:db8::7": "no host or group is called 'db8'",
    "~(": "is no regular expression",
    "127.0.0.1": "the inventory has no 127.0.0.1",
}
"""Patterns of which Ansible warns, or takes no notice; mplay refuses them."""


UNDRAWN = {"vault"}
"""Inventories that Ansible draws only with a password, because it draws what is sealed."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """The inventories as they lie, and what Ansible says of them."""

    cases: Mapping[str, Case]
    lists: Mapping[str, Any]
    patterns: Mapping[tuple[str, str], Any]


def surroundings(home: Path) -> dict[str, str]:
    """Ansible with its own settings, and nobody's files."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    config = home / "ansible.cfg"
    config.touch()
    return kept | {"HOME": str(home), "ANSIBLE_CONFIG": str(config), "ANSIBLE_NOCOLOR": "1"}


def question(case: Case, **more: str) -> dict[str, Any]:
    return {"folder": str(case.folder), "sources": case.places, "limit": case.limit, **more}


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    parent = tmp_path_factory.mktemp("parity")
    cases = {name: lay_out(name, parent) for name in case_names()}
    platform = cases["platform"]
    choices = [*((one, "") for one in PATTERNS), *LIMITS]
    asked = {
        "lists": [question(case) for case in cases.values()],
        "patterns": [question(platform, pattern=p, limit=limit) for p, limit in choices],
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity.inventory_oracle"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        env=surroundings(parent),
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    return Told(
        cases=cases,
        lists=dict(zip(cases, answers["lists"], strict=True)),
        patterns=dict(zip(choices, answers["patterns"], strict=True)),
    )


def listed(case: Case) -> dict[str, Any]:
    inventory = Inventory.load(case.places, case.folder)
    unknown: list[Problem] = []
    names = inventory.names("all")
    if case.limit:
        names = tuple(one for one in names if one in inventory.names(case.limit, unknown))
    assert not unknown
    return as_list(inventory, names, {})


def test_there_are_enough_of_both() -> None:
    assert len(case_names()) >= 30
    assert len(set(PATTERNS)) + len(LIMITS) >= 60


@pytest.mark.parametrize("name", case_names())
def test_an_inventory_is_listed_as_ansible_lists_it(told: Told, name: str) -> None:
    expected = told.lists[name]["list"]
    expected["_meta"].pop("profile", None)
    assert listed(told.cases[name]) == expected


@pytest.mark.parametrize("name", [one for one in case_names() if one not in UNDRAWN])
def test_an_inventory_is_drawn_as_ansible_draws_it(told: Told, name: str) -> None:
    case, expected = told.cases[name], told.lists[name]["graph"]
    inventory = Inventory.load(case.places, case.folder)
    assert list(as_graph(inventory, "all", with_vars=True, extra_vars={})) == expected


def chosen(case: Case, pattern: str, limit: str = "") -> list[str]:
    """The hosts of a pattern that a limit leaves, as a playbook's `hosts` and ``--limit`` do."""
    inventory = Inventory.load(case.places, case.folder)
    if limit.startswith("@"):
        limit = f"@{case.folder / limit[1:]}"
    within = inventory.names(limit) if limit else None
    return [one for one in inventory.names(pattern) if within is None or one in within]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_chooses_what_it_chooses_in_ansible(told: Told, pattern: str) -> None:
    assert chosen(told.cases["platform"], pattern) == told.patterns[pattern, ""]


@pytest.mark.parametrize(("pattern", "limit"), LIMITS)
def test_a_limit_leaves_what_it_leaves_in_ansible(told: Told, pattern: str, limit: str) -> None:
    assert chosen(told.cases["platform"], pattern, limit) == told.patterns[pattern, limit]


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_ansible_warns_of_is_refused(told: Told, pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(told.cases["platform"], pattern)
    assert REFUSED[pattern] in str(caught.value)


def ansible(case: Case, *words: str) -> str:
    done = subprocess.run(
        [str(COMMANDS / words[0]), *words[1:]],
        capture_output=True,
        text=True,
        check=True,
        cwd=case.folder,
        env=surroundings(case.folder.parent),
        timeout=60,
    )
    return done.stdout


@pytest.mark.parametrize("name", ["shape_storage", "shape_cluster", "shape_site"])
def test_the_real_command_lists_the_same(told: Told, name: str) -> None:
    case = told.cases[name]
    sources = [word for source in case.sources for word in ("-i", source)]
    expected = json.loads(ansible(case, "ansible-inventory", *sources, "--list"))
    expected["_meta"].pop("profile")
    assert listed(case) == expected


SAME_WORDS = {
    ("--list",): ("list", "--format", "json"),
    ("--list", "--limit", "web,!w1", "-e", "x=1"): (
        *("list", "--format", "json"),
        *("--limit", "web,!w1", "-e", "x=1"),
    ),
    ("--host", "w1", "-e", '{"v": [1]}'): ("vars", "w1", "--format", "json", "-e", '{"v": [1]}'),
    ("--graph", "web", "--vars"): ("graph", "web", "--vars"),
    ("--graph", "--vars", "--playbook-dir", "inv/sub"): (
        *("graph", "--vars"),
        *("--playbook-dir", "inv/sub"),
    ),
}
"""Words of `ansible-inventory`, and those of `mplay inventory` that mean the same."""


@pytest.mark.parametrize("words", SAME_WORDS)
def test_both_commands_print_the_same(
    told: Told,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    case = told.cases["directory"]
    monkeypatch.chdir(case.folder)
    expected = ansible(case, "ansible-inventory", "-i", "inv", *words)
    assert main(["inventory", *SAME_WORDS[words], "-i", "inv"]) == 0
    found = capsys.readouterr().out
    if "--graph" in words:
        assert found.splitlines() == expected.splitlines()
        return
    document = json.loads(expected)
    document.get("_meta", {}).pop("profile", None)
    assert json.loads(found) == document


@pytest.mark.parametrize(("pattern", "limit"), [("platform:!web2", ""), ("web", "@retry")])
def test_the_real_command_chooses_the_same(told: Told, pattern: str, limit: str) -> None:
    case = told.cases["platform"]
    words = ("-i", "hosts", pattern, "--list-hosts", *(("--limit", limit) if limit else ()))
    first, *names = ansible(case, "ansible", *words).splitlines()
    assert first.strip() == f"hosts ({len(names)}):"
    assert chosen(case, pattern, limit) == [name.strip() for name in names]
