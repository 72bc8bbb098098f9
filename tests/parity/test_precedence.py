"""Which of two values wins: mplay and ansible-core are asked about every pair of levels.

A scenario gives each pair of levels a variable that both of them set, to their own names; one run
of real Ansible and one preparation by mplay then say who won in each pair.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from mplay.app.extra import extra_vars
from mplay.app.prepare import Request, prepare
from mplay.app.project import Project

GROUPS = ("outer", "same_depth", "wanted", "inner")
LEVELS = (
    "all in the inventory",
    "all in the second inventory",
    "outer in the inventory",
    "outer in the second inventory",
    *(f"{group} in the inventory" for group in GROUPS[1:]),
    "all beside the inventory",
    "all beside the second inventory",
    "all beside the playbook",
    *(f"{group} beside the inventory" for group in GROUPS),
    "inner beside the second inventory",
    *(f"{group} beside the playbook" for group in GROUPS),
    "host in the inventory",
    "host in the second inventory",
    "host beside the inventory",
    "host beside the second inventory",
    "host beside the playbook",
    "playbook",
    "vars_files",
    "second of vars_files",
    "outer block",
    "inner block",
    "block in the included file",
    "step",
    "outer include",
    "inner include",
    "-e",
    "-e once more",
    "file of -e",
)
PAIRS = {f"v{a}_{b}": (LEVELS[a], LEVELS[b]) for a, b in combinations(range(len(LEVELS)), 2)}


MAGIC = (
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
    "groups",
    "playbook_dir",
    "inventory_dir",
    "inventory_file",
    "ansible_host",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_batch",
    "ansible_play_name",
    "ansible_limit",
    "ansible_check_mode",
    "hostvars | list",
    "hostvars.web.group_names",
    "hostvars.web.inventory_file",
    "hostvars['web']['groups']['outer']",
    "hostvars.localhost.inventory_hostname",
    "hostvars.web.v1_2",
    "'v30_31' in hostvars.web",
)
"""Expressions that must come to the same."""


def of(level: str) -> dict[str, str]:
    """The variables that a level sets, each to the level's name."""
    return {name: level for name, pair in PAIRS.items() if level in pair}


def ini(level: str) -> str:
    return "\n".join(f"{name}={json.dumps(value)}" for name, value in of(level).items())


def words(level: str) -> str:
    return " ".join(f"{name}='{value}'" for name, value in of(level).items())


@dataclass
class Tree:
    """Files to be written, by path; a value that is no text is written as JSON, which is YAML."""

    root: Path
    files: dict[str, Any] = field(default_factory=dict)

    def write(self) -> None:
        for name, content in self.files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))


def ansible(root: Path, *args: str) -> None:
    """Run `ansible-playbook` with nothing of this machine's configuration."""
    (root / "ansible.cfg").touch()
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), *args],
        cwd=root,
        env={
            **kept,
            "HOME": str(root),
            "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
            "ANSIBLE_HOME": str(root / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def rendered(root: Path, playbook: str, sources: list[str], extra: list[str]) -> Any:
    """What mplay makes of the command of the one step, on host web."""
    project = Project.find(start=root, inventory=[root / source for source in sources])
    request = Request(playbook=root / playbook, limit="web", extra_vars=extra_vars(extra))
    prepared = prepare(project, request, "r1")
    ((_, module),) = prepared.rehearsal.modules.items()
    return json.loads(module.model_dump()["run"])


def told() -> str:
    """An expression that tells all values as JSON."""
    values = ", ".join(f"'{name}': {name}" for name in PAIRS)
    return "{{ {" + values + ", 'magic': [" + ", ".join(MAGIC) + "]} | to_json }}"


def mplay_step(text: str, **more: Any) -> dict[str, Any]:
    return {"shell": {"run": text}, "irreversible": "only rendered", **more}


def ansible_task(text: str, **more: Any) -> dict[str, Any]:
    return {"ansible.builtin.copy": {"content": text, "dest": "{{ playbook_dir }}/out"}, **more}


def scenario(root: Path) -> tuple[list[str], list[str]]:
    """Write it; the inventories and the texts of -e."""
    reached = f'ansible_connection=local ansible_python_interpreter="{sys.executable}"'
    tree = Tree(root)
    groups = "".join(f"[{group}:vars]\n{ini(f'{group} in the inventory')}\n" for group in GROUPS)
    hosts = words("host in the inventory").replace("'", '"')
    tree.files["inv/hosts"] = (
        f"web {reached} {hosts}\n[all:vars]\n{ini('all in the inventory')}\n"
        f"[outer:children]\ninner\n[inner]\nweb\n[same_depth]\nweb\n[wanted]\nweb\n{groups}"
        "[wanted:vars]\nansible_group_priority=10\n"
    )
    second = {
        "all": {
            "vars": of("all in the second inventory"),
            "children": {
                "outer": {
                    "vars": of("outer in the second inventory"),
                    "hosts": {"web": of("host in the second inventory")},
                }
            },
        }
    }
    tree.files["more/hosts.yml"] = second
    for folder, beside in (
        ("inv", "the inventory"),
        ("more", "the second inventory"),
        ("play", "the playbook"),
    ):
        for group in ("all", *GROUPS):
            if of(f"{group} beside {beside}"):
                tree.files[f"{folder}/group_vars/{group}.yml"] = of(f"{group} beside {beside}")
        tree.files[f"{folder}/host_vars/web"] = of(f"host beside {beside}")
    tree.files["play/one.yml"] = of("vars_files")
    tree.files["play/two.yml"] = of("second of vars_files")
    tree.files["extra.yml"] = of("file of -e")
    tree.files |= playbooks("steps.yml", "include", "steps", mplay_step(told()), "mplay")
    tree.files |= playbooks("tasks.yml", "include_tasks", "block", ansible_task(told()), "ansible")
    playbook = tree.files["play/ansible.yml"]
    playbook["tasks"] = playbook.pop("block")
    tree.files["play/ansible.yml"] = [{**playbook, "gather_facts": False}]
    tree.write()
    extra = [words("-e"), json.dumps(of("-e once more")), f"@{root / 'extra.yml'}"]
    return ["inv/hosts", "more/hosts.yml"], extra


def playbooks(
    name: str, include: str, block: str, step: dict[str, Any], playbook: str
) -> dict[str, Any]:
    """The files of one tool's playbook; the words for an include and a block differ."""
    deepest = {block: [{**step, "vars": of("step")}], "vars": of("block in the included file")}
    inner = {include: f"deeper-{name}", "vars": of("inner include")}
    outer = {include: name, "vars": of("outer include")}
    nested = {block: [{block: [outer], "vars": of("inner block")}], "vars": of("outer block")}
    return {
        f"play/deeper-{name}": [deepest],
        f"play/{name}": [inner],
        f"play/{playbook}.yml": {
            "name": "a play",
            "hosts": "web",
            "vars": of("playbook"),
            "vars_files": ["one.yml", "two.yml"],
            block: [nested],
        },
    }


Values = dict[str, Any]


@pytest.fixture(scope="module")
def winners(tmp_path_factory: pytest.TempPathFactory) -> tuple[Values, Values]:
    """Who won each pair, and what is under ``magic``: with mplay, and with Ansible."""
    root = tmp_path_factory.mktemp("precedence")
    sources, extra = scenario(root)
    given = [word for source in sources for word in ("-i", source)]
    ansible(
        root,
        "play/ansible.yml",
        "-l",
        "web",
        *given,
        *(word for one in extra for word in ("-e", one)),
    )
    theirs = json.loads((root / "play" / "out").read_text())
    return rendered(root, "play/mplay.yml", sources, extra), theirs


def test_the_winner_of_every_pair_of_levels_is_ansibles(
    winners: tuple[Values, Values],
) -> None:
    ours, theirs = winners
    assert len(PAIRS) == 630
    assert {name: (pair, ours[name]) for name, pair in PAIRS.items()} == {
        name: (pair, theirs[name]) for name, pair in PAIRS.items()
    }


def test_of_two_neighbouring_levels_the_second_wins(
    winners: tuple[Values, Values],
) -> None:
    _, theirs = winners
    neighbours = [(at, at + 1) for at in range(len(LEVELS) - 1)]
    assert [theirs[f"v{one}_{other}"] for one, other in neighbours] == list(LEVELS[1:])


def test_what_the_tool_itself_says_of_a_host_is_what_ansible_says(
    winners: tuple[Values, Values],
) -> None:
    ours, theirs = winners
    assert dict(zip(MAGIC, ours["magic"], strict=True)) == dict(
        zip(MAGIC, theirs["magic"], strict=True)
    )
