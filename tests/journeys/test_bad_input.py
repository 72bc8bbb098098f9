"""Bad playbooks, hosts and limits by the command line: a located error, exit 2, nothing touched.

No case here may contact a host: the hosts of the inventory are a port of this test that counts.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.untouched import BAD, HEAD, LATER, STEP, Untouched, listening, new_project


@pytest.fixture(scope="module")
def port() -> Iterator[socket.socket]:
    """The port that all hosts of the inventory answer on."""
    with listening() as server:
        yield server


@pytest.fixture
def here(tmp_path: Path, port: socket.socket) -> Untouched:
    return new_project(tmp_path / "project", port)


def steps(*texts: str) -> str:
    """A playbook of these steps."""
    return HEAD + "".join(f"  - {{id: s{n}, {text}}}\n" for n, text in enumerate(texts, 1))


def content(expression: str) -> str:
    """A step that writes what an expression comes to."""
    return f'copy: {{dest: /x, content: "{expression}"}}'


def aliases(indent: str = "") -> str:
    """Nine levels of nine aliases: 387 million values in 400 bytes."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    for upper, lower in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{lower}: &{lower} [{','.join([f'*{upper}'] * 9)}]")
    return "".join(f"{indent}{line}\n" for line in lines)


PLAYBOOKS: dict[str, tuple[str | bytes, list[str]]] = {
    "an unknown host": (
        HEAD.replace("web", "a9") + STEP,
        ["2:8 no host or group is called 'a9'\n    See 'mplay inventory list'."],
    ),
    "an unknown group": (
        HEAD.replace("web", "wbe") + STEP,
        ["2:8 no host or group is called 'wbe'\n    Did you mean 'web'?"],
    ),
    "unknown names, all at once": (
        f"hots: web\n{HEAD}{STEP}"
        "  - {id: two, shel: {run: x}}\n"
        "  - {id: three, copy: {content: x, dest: /x, ownr: x}}\n"
        "  - {id: four, wen: x, shell: {run: x, undo: y}}\n"
        "  - {id: five, needs: [twelve], shell: {run: x, undo: y}}\n"
        "  - {id: six, on_change: [seven], service: {name: x, state: reloaded}}\n",
        [
            "1:1 a playbook has no key 'hots'. Did you mean 'hosts'?",
            "6:15 'shel' is neither a key of a step nor a module. Did you mean 'shell'?",
            "7:46 copy has no argument 'ownr'. Did you mean 'owner'?",
            "8:16 a step has no key 'wen'. Did you mean 'when'?",
            "9:24 five needs 'twelve', which is no step.",
            "10:27 six reacts to 'seven', which is no step.",
        ],
    ),
    "an unknown delegate": (
        steps("delegate_to: lb9, query: {run: x}"),
        ["4:27 delegate_to: there is no host 'lb9'"],
    ),
    "a delegate of another environment": (
        steps("delegate_to: a2, query: {run: x}"),
        [
            "4:27 a2 cannot do work for a run of staging: it belongs to production\n"
            "    Name it, or a group of it, in 'shared' of [environments.staging]."
        ],
    ),
    "steps in a circle": (
        HEAD
        + "  - {id: a, needs: [b], shell: {run: x, undo: y}}\n"
        + "  - {id: b, needs: [a], shell: {run: x, undo: y}}\n",
        ["4:5 these need each other in a circle: a -> b -> a"],
    ),
    "not YAML": ("name: [oops\nsteps: }\n", ["2:6 not valid YAML: a bracket is not closed"]),
    "a list": ("- a\n- b\n", ["1:1 a playbook is a mapping, not a list\n    Ansible's"]),
    "one value": ("hello\n", [" a playbook is a mapping with `steps`, not one value"]),
    "empty": ("", [" the playbook is empty\n    it needs"]),
    "10 MB": ("# " + "x" * (10 << 20) + "\n", [" the file is larger than 1 MiB\n    split it"]),
    "not UTF-8": (b"name: caf\xe9\n", ["1:10 this is not UTF-8 text\n    save the file as UTF-8"]),
    "a key given twice": (
        f"{HEAD}{STEP}name: Again\n",
        [f"5:1 the key 'name' is given twice\n    it was given first at {BAD}:1:1"],
    ),
    "an id given twice": (
        HEAD + STEP + STEP,
        [f"5:5 the id 'one' is given twice\n    the first is at {BAD}:4:5"],
    ),
    "tabs": (
        "name: x\nsteps:\n\t- {id: one}\n",
        ["3:1 not valid YAML: a tab cannot indent\n    use spaces"],
    ),
    "an alias bomb": (aliases(), ["6:11 the file stands for more than 200000 values"]),
    "an alias bomb in vars": (
        f"vars:\n{aliases('  ')}{HEAD}{STEP}",
        ["7:13 the file stands for more than 200000 values"],
    ),
    "an alias inside itself": (
        f"vars: &a {{x: *a}}\n{HEAD}{STEP}",
        ["1:14 the alias `*a` stands inside what it names"],
    ),
    "3,000 nested brackets": (
        f"vars: {{x: {'[' * 3000}{']' * 3000}}}\n{HEAD}{STEP}",
        ["1:73 values are nested more than 64 deep"],
    ),
    "3,000 open brackets": ("[" * 3000, ["1:65 values are nested more than 64 deep"]),
    "a Python tag": (
        f"vars: {{x: !!python/object/apply:os.system ['touch pwned']}}\n{HEAD}{STEP}",
        ["1:11 the tag `!!python/object/apply:os.system` is not allowed"],
    ),
    "expressions that mean nothing": (
        steps(content("{{ 1 + }}"), content("{{ x | nope }}"), content("{% if %}")),
        [
            "4:41 not valid Jinja2: unexpected 'end of print statement'",
            "5:48 there is no filter 'nope'",
            "6:41 not valid Jinja2",
        ],
    ),
    "expressions that reach too far": (
        steps(
            content("{{ ''.__class__.__mro__[1].__subclasses__() }}"),
            content("{{ '{0.__class__}'.format(1) }}"),
            content("{{ 'x' * 10**10 }}"),
            content("{{ 9**9**9**9**9 }}"),
            content("{{ range(10**9)|list }}"),
        ),
        [
            "4:41 a template cannot reach `__class__`",
            "5:41 a template cannot reach `format`",
            "6:41 a value would be 10000000000 long; at most 4194304 are allowed",
            "7:41 a number would be too large",
            "8:41 range() may hold at most 100000 numbers",
        ],
    ),
    "expressions that name nothing": (
        steps(
            content("{{ nope }}"),
            "when: nope == 1, shell: {run: x, undo: y}",
            content("{{ cycler.__init__.__globals__ }}"),
            content("{{ inventory_hostname.nope.more }}"),
            f"vars: {{x: '{{{{ y }}}}', y: '{{{{ x }}}}'}}, {content('{{ x }}')}",
        ),
        [
            "4:44 `nope` is not defined",
            "5:20 `nope` is not defined",
            "6:44 `cycler` is not defined",
            "7:63 `nope` is not there",
            "8:25 variables need each other in a circle: x -> y -> x",
        ],
    ),
    "keys and modules of later versions": (
        f"health: [{{name: x}}]\nobserve: {{for: 24h}}\n{HEAD}"
        "  - {id: one, revert_after: 60s, shell: {run: x, undo: y}}\n"
        "  - {id: two, certificate: {name: x}}\n"
        "  - {id: b, serial: 1, between: {soak: 10m}, steps: [{id: c, query: {run: x}}]}\n",
        [
            f"1:1 `health` {LATER}",
            f"2:1 `observe` {LATER}",
            f"6:15 `revert_after` {LATER}",
            f"7:15 the module `certificate` {LATER}",
            f"8:34 `soak` {LATER}",
        ],
    ),
    "a secret": (
        f"vars: {{x: !vault abc}}\n{HEAD}{STEP}",
        ["1:11 `!vault` stands before what Ansible Vault did not write"],
    ),
    "files that are not there": (
        steps(
            "template: {src: no.j2, dest: /x}",
            "copy: {src: no.txt, dest: /x}",
            "include: no.yml",
        ),
        [
            "4:25 there is no file 'no.j2'\n    looked for playbooks/templates/no.j2",
            "5:21 there is no file 'no.txt'\n    looked for playbooks/files/no.txt",
            "6:23 cannot read 'playbooks/no.yml': there is no such file",
        ],
    ),
}


@pytest.mark.parametrize("case", PLAYBOOKS)
def test_a_bad_playbook_is_told_with_its_places_and_nothing_is_touched(
    here: Untouched, case: str
) -> None:
    playbook, expected = PLAYBOOKS[case]
    said = here.apply(playbook)
    for words in expected:
        assert f"{BAD}{words if words.startswith(' ') else f':{words}'}" in said, said
    assert said.count(BAD) >= len(expected)
    assert len(said) < 4000
    assert not (here.project.folder / "pwned").exists()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (b"fine\n{{ ok }\nmore\n", ":2:7 not valid Jinja2"),
        (b"fine\n\n x {{ nope }}\nmore\n", ":3:7 `nope` is not defined"),
        (b"caf\xe9\n", ":1:4 this is not UTF-8 text"),
    ],
)
def test_an_error_in_a_template_is_told_with_its_place_in_the_template(
    here: Untouched, template: bytes, words: str
) -> None:
    (here.project.folder / "playbooks" / "templates" / "x.j2").write_bytes(template)
    said = here.apply(steps("template: {src: x.j2, dest: /x}"))
    assert f"playbooks/templates/x.j2{words}" in said


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("a9", "--limit no host or group is called 'a9'"),
        ("stagin", "Did you mean 'staging'?"),
        ("staging:!a1", "--limit the limit leaves no host"),
        ("other", "--limit the limit leaves no host"),
        ("all", "the run spans the environments staging (a1) and production (a2)"),
        ("staging:web", "Limit it, for instance: --limit staging"),
    ],
)
def test_a_bad_limit_is_refused(here: Untouched, limit: str, words: str) -> None:
    assert words in here.apply(HEAD + STEP, limit=limit)


def test_a_host_in_no_environment_is_refused(here: Untouched) -> None:
    said = here.apply(HEAD.replace("web", "other") + STEP, limit="other")
    assert "mplay.toml stray is in no environment" in said


def test_a_key_file_that_is_not_there_is_named_with_its_place(here: Untouched) -> None:
    hosts = here.project.inventory / "hosts.ini"
    hosts.write_text(f"{hosts.read_text()}[web:vars]\nansible_ssh_private_key_file=keys/none\n")
    said = here.apply(HEAD + STEP)
    assert re.search(r"hosts\.ini:11:\d+ a1: the private key \S*keys/none is not there", said)
    assert "ansible_ssh_private_key_file" in said
