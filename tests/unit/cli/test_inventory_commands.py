"""`mplay inventory`: what is listed, drawn and shown, and what is not recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mplay.cli.main import main

HOSTS = """\
[staging]
web1 ansible_host=10.0.0.1 ansible_port=2222 app=shop
[other]
box ansible_connection=local
[outer:children]
staging
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mplay.toml").write_text('[environments.staging]\ngroup = "staging"\n')
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.ini").write_text(HOSTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["inventory", *arguments]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    return [line.rstrip() for line in found.out.splitlines()]


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found = json.loads("\n".join(said(capsys, *arguments, "--format", "json")))
    assert isinstance(found, dict)
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["inventory", *arguments]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert "Traceback" not in found.err
    return found.err


def test_hosts_are_listed_with_address_environment_and_groups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(capsys, "list") == [
        "host  address        environment  groups",
        "box   local          -            other",
        "web1  10.0.0.1:2222  staging      outer staging",
    ]


def test_a_pattern_chooses_and_variables_are_shown_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = said(capsys, "list", "staging", "--vars")
    assert "  app: shop" in lines
    assert not [line for line in lines if line.startswith("box")]


def test_a_pattern_without_hosts_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "list", "staging:!web1") == ["no hosts"]


def test_the_document_is_that_of_ansible(capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, "list") == {
        "_meta": {
            "hostvars": {
                "box": {"ansible_connection": "local"},
                "web1": {"ansible_host": "10.0.0.1", "ansible_port": 2222, "app": "shop"},
            }
        },
        "all": {"children": ["ungrouped", "other", "outer"]},
        "other": {"hosts": ["box"]},
        "outer": {"children": ["staging"]},
        "staging": {"hosts": ["web1"]},
    }


@pytest.mark.parametrize(
    "words", [("--limit", "staging"), ("staging",), ("web1,box", "-l", "web1")]
)
def test_the_document_is_narrowed(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    found = document(capsys, "list", *words)
    assert list(found["_meta"]["hostvars"]) == ["web1"]
    assert "other" not in found
    assert found["staging"] == {"hosts": ["web1"]}


def test_a_limit_that_leaves_nobody_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "list", "--limit", "staging:!web1")
    assert found["_meta"] == {"hostvars": {}}
    assert not [name for name, group in found.items() if "hosts" in group]
    assert said(capsys, "list", "--limit", "staging:!web1") == ["no hosts"]


def test_a_limit_that_nobody_is_called_like_is_told_and_leaves_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["inventory", "list", "--limit", "stagin", "--format", "json"]) == 0
    found = capsys.readouterr()
    assert json.loads(found.out)["_meta"] == {"hostvars": {}}
    assert "--limit no host or group is called 'stagin'" in found.err
    assert "Did you mean 'staging'?" in found.err


def test_an_unknown_name_is_refused_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = refused(capsys, "list", "stagin")
    assert "PATTERN no host or group is called 'stagin'" in told
    assert "Did you mean 'staging'?" in told


def test_another_inventory_can_be_named(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "more.yml").write_text("g: {hosts: {a: }}\n")
    assert said(capsys, "list", "-i", "more.yml")[1:] == ["a     a        -            g"]
    assert said(capsys, "list", "-i", "x,y,")[1:] == [
        "x     x        -            ungrouped",
        "y     y        -            ungrouped",
    ]


def test_extra_variables_win_and_those_beside_a_playbook_count(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "group_vars").mkdir()
    (project / "group_vars/staging.yml").write_text("here: 1\n")
    (project / "books/group_vars").mkdir(parents=True)
    (project / "books/group_vars/staging.yml").write_text("there: 1\n")
    found = document(capsys, "vars", "web1", "-e", "app=new")
    assert found == {"ansible_host": "10.0.0.1", "ansible_port": 2222, "app": "new", "here": 1}
    found = document(capsys, "list", "-e", '{"n": [1]}', "--playbook-dir", "books")
    assert found["_meta"]["hostvars"]["web1"] == {
        "ansible_host": "10.0.0.1",
        "ansible_port": 2222,
        "app": "shop",
        "there": 1,
        "n": [1],
    }


def test_the_variables_of_a_host_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "vars", "web1") == [
        "ansible_host: 10.0.0.1",
        "ansible_port: 2222",
        "app: shop",
    ]
    assert document(capsys, "vars", "localhost") == {}


def test_groups_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "graph") == [
        "@all:",
        "  |--@ungrouped:",
        "  |--@other:",
        "  |  |--box",
        "  |--@outer:",
        "  |  |--@staging:",
        "  |  |  |--web1",
    ]
    assert said(capsys, "graph", "staging", "--vars") == [
        "@staging:",
        "  |--web1",
        "  |  |--{ansible_host = 10.0.0.1}",
        "  |  |--{ansible_port = 2222}",
        "  |  |--{app = shop}",
    ]


def test_sealed_values_stay_sealed_in_every_form(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    envelope = "$ANSIBLE_VAULT;1.1;AES256\n3031\n"
    sealed = envelope.replace("\n", "\n    ").rstrip(" ")
    (project / "v.yml").write_text("g: {hosts: {h: }}\n")
    (project / "host_vars").mkdir()
    (project / "host_vars/h.yml").write_text(f"s: !vault |\n    {sealed}")
    words = ("-i", "v.yml")
    assert document(capsys, "vars", "h", *words) == {"s": {"__ansible_vault": envelope}}
    assert said(capsys, "vars", "h", *words) == ["s: (encrypted)"]
    assert "  |  |--{s = (encrypted)}" in said(capsys, "graph", "g", "--vars", *words)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("graph", "stagin"), "no group is called 'stagin'\n    Did you mean 'staging'?"),
        (("graph", "web1"), "no group is called 'web1'"),
        (("vars", "wbe1"), "no host is called 'wbe1'\n    Did you mean 'web1'?"),
        (("vars", "staging"), "no host is called 'staging'"),
        (("ping", "stagin"), "PATTERN no host or group is called 'stagin'"),
        (("ping", "web1", "--limit", "box"), "'web1' chooses no host"),
        (("facts", "web1", "--limit", "nix"), "--limit no host or group is called 'nix'"),
        (("list", "-i", "none.ini"), "none.ini there is no such inventory"),
        (("list", "-e", "nothing"), "nothing"),
        (("list", "web["), "has a bracket without its other half"),
        (("list", "--limit", ","), "--limit a pattern without a name chooses nobody"),
        (("list", "--limit", "@none"), "--limit @none: this cannot be read"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert told in refused(capsys, *words)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("h.ini", "[g\n", "h.ini:1:1 the host '[g'"),
        ("h.yml", "g: {hosts: [a]}\n", "h.yml:1:12 hosts of g: this is no mapping"),
        ("h.json", '{"g": 1}\n', "h.json:1:3 the group g is a mapping"),
        ("h.toml", "[g]\nx = \n", "h.toml:2:5 not valid TOML"),
        ("h.sh", "#!/bin/sh\necho '{,}'\n", "h.sh --list:1:2 not valid JSON"),
        ("d/h.ini", "h a\n", "d/h.ini:1:1 'a' after the host h is no variable"),
        ("d/h.ini", "h x='\n", "d/h.ini:1:1 a quote in this line is never closed"),
    ],
)
@pytest.mark.parametrize("command", ["list", "graph", "vars"])
def test_an_inventory_that_is_wrong_is_located(
    capsys: pytest.CaptureFixture[str], project: Path, command: str, name: str, text: str, told: str
) -> None:
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755 if text.startswith("#!") else 0o644)
    source = name.partition("/")[0]
    words = (command, "h") if command == "vars" else (command,)
    assert told in refused(capsys, *words, "-i", source)


@pytest.mark.parametrize("words", [("list",), ("graph", "--vars"), ("vars", "web1")])
def test_variables_that_are_wrong_are_located(
    capsys: pytest.CaptureFixture[str], project: Path, words: tuple[str, ...]
) -> None:
    (project / "inventory/group_vars").mkdir()
    (project / "inventory/group_vars/staging.yml").write_text("- a\n")
    told = refused(capsys, *words)
    assert "inventory/group_vars/staging.yml:1:1 a file of variables is a mapping" in told
    assert document(capsys, "vars", "box") == {"ansible_connection": "local"}


def test_what_mplay_does_not_connect_with_is_listed_all_the_same(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    (project / "w.ini").write_text("w ansible_connection=winrm\n")
    assert said(capsys, "list", "-i", "w.ini")[1].split() == ["w", "w", "-", "ungrouped"]
    assert "w.ini:1:22 w: ansible_connection winrm" in refused(capsys, "ping", "w", "-i", "w.ini")


def test_this_machine_answers_to_ping_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    (host,) = document(capsys, "ping", "box")["hosts"]
    assert (host["host"], host["status"], host["why"]) == ("box", "ok", "")
    assert said(capsys, "ping", "box")[1].split()[:2] == ["box", "ok"]
    (host,) = document(capsys, "facts", "localhost")["hosts"]
    assert host["facts"]["architecture"]
    assert host["free"]
    assert said(capsys, "facts", "box")[0] == "box:"


def test_a_host_that_does_not_answer_is_exit_4(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("-i", "127.0.0.1:1,", "--format", "json")
    assert main(["inventory", "ping", "all", *words]) == 4
    (host,) = json.loads(capsys.readouterr().out)["hosts"]
    assert host["status"] == "unreachable"
    assert host["why"]
    assert main(["inventory", "facts", "all", "-i", "127.0.0.1:1,"]) == 4
    assert capsys.readouterr().out.startswith("127.0.0.1:\n  ")


def test_a_host_that_is_not_reached_by_ssh_has_no_key_to_trust(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "box is not reached by ssh" in refused(capsys, "trust", "box")


def test_the_key_of_an_unknown_host_is_not_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no host is called 'wbe1'" in refused(capsys, "trust", "wbe1")
