"""Programs that print an inventory: what they may print, and what is said when they do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mplay.inventory import Inventory
from mplay.inventory.program import output_of
from mplay.model.errors import UsageError
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed


def program(folder: Path, text: str, name: str = "inv.sh") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def printing(folder: Path, json: str) -> Path:
    return program(folder, f"cat <<'END'\n{json}\nEND")


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        Inventory.load([path])
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{path.parent}/", "")


def test_a_program_tells_groups_hosts_and_variables(tmp_path: Path) -> None:
    path = printing(
        tmp_path,
        '{"web": {"hosts": ["w1"], "vars": {"a": "{{ b }}"}, "children": ["db"]}, "db": ["d1"],'
        ' "_meta": {"hostvars": {"d1": {"x": {"y": "t"}, "z": {"__ansible_unsafe": "{{ no }}"}}}}}',
    )
    inventory = Inventory.load([path])
    assert inventory.groups["web"] == ("w1", "d1")
    values = inventory.host("d1").vars
    assert values == {"a": "{{ b }}", "x": {"y": "t"}, "z": "{{ no }}"}
    assert isinstance(values["a"], Text)
    assert str(values["a"].where) == f"{path} --list"
    assert not isinstance(values["z"], Text)


def test_without_meta_the_program_is_asked_for_each_host(tmp_path: Path) -> None:
    path = program(
        tmp_path,
        'echo "$@" >>calls\n[ $1 = --list ] && echo \'{"g": ["a", "b"]}\' && exit\n'
        "[ $2 = a ] && echo '{\"v\": 1}' || :",
    )
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        inventory = Inventory.load([path])
    finally:
        os.chdir(before)
    assert inventory.host("a").vars == {"v": 1}
    assert inventory.host("b").vars == {}
    assert (tmp_path / "calls").read_text().splitlines() == ["--list", "--host a", "--host b"]


def test_an_encrypted_value_of_a_program_stays_sealed(tmp_path: Path) -> None:
    meta = '{"hostvars": {"a": {"v": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\\n30"}}}}'
    inventory = Inventory.load([printing(tmp_path, f'{{"g": ["a"], "_meta": {meta}}}')])
    assert isinstance(inventory.host("a").vars["v"], Sealed)


@pytest.mark.parametrize(
    ("json", "told"),
    [
        ("{", "inv.sh --list:2:1 not valid JSON: "),
        ('{"a": 1,}', "inv.sh --list:1:9 not valid JSON: "),
        ("[]", "inv.sh --list this printed no mapping of groups"),
        ('{"g": {"hosts": "a"}}', "inv.sh --list g.hosts is no list of names"),
        ('{"g": {"hosts": [1]}}', "inv.sh --list g.hosts is no list of names"),
        ('{"g": {"vars": []}}', "inv.sh --list g.vars is no mapping"),
        ('{"g": {"children": null}}', "inv.sh --list g.children is no list of names"),
        ('{"g": ["a b"]}', "inv.sh --list the host 'a b' is no name of a host"),
        ('{"_meta": {}}', "inv.sh --list _meta.hostvars is no mapping"),
        ('{"_meta": []}', "inv.sh --list _meta.hostvars is no mapping"),
        ('{"g": ["a"], "_meta": {"hostvars": {"a": 1}}}', "the variables of a are no mapping"),
        ('{"g": {"children": ["h"]}, "h": {"children": ["g"]}}', "would be inside itself"),
        ("[" * 100_000, "inv.sh --list "),
    ],
)
def test_what_a_program_prints_wrongly_is_located(tmp_path: Path, json: str, told: str) -> None:
    assert told in refusal(printing(tmp_path, json))


def test_a_program_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    path = program(tmp_path, "echo '{}'; echo first >&2; echo no token >&2; exit 3")
    assert refusal(path) == "inv.sh --list this ended with 3\n    It said: no token"


def test_a_program_that_fails_for_one_host_is_told(tmp_path: Path) -> None:
    path = program(tmp_path, '[ $1 = --list ] && echo \'{"g": ["a"]}\'')
    assert refusal(path) == "inv.sh --host a this ended with 1"


def test_a_program_without_its_interpreter_is_told(tmp_path: Path) -> None:
    path = program(tmp_path, "")
    path.write_text("#!/nowhere/python\n")
    assert "inv.sh --list this cannot be run: No such file or directory" in refusal(path)


def test_a_program_that_prints_no_text_is_told(tmp_path: Path) -> None:
    assert "what is not UTF-8" in refusal(program(tmp_path, "printf '\\377'"))


def test_a_program_that_prints_without_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this printed more than 1000 bytes"):
        output_of(program(tmp_path, "yes"), "--list", most=1000)


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    path = program(tmp_path, "sleep 60")
    with pytest.raises(UsageError, match=r"inv\.sh --list this has not ended after 0 s"):
        output_of(path, "--list", seconds=0.2)


def test_what_a_program_leaves_behind_is_not_waited_for(tmp_path: Path) -> None:
    assert output_of(program(tmp_path, "sleep 60 & echo '{}'"), "--list", seconds=5.0) == b"{}\n"


def test_a_program_has_no_input(tmp_path: Path) -> None:
    assert output_of(program(tmp_path, "cat; echo '{}'"), "--list") == b"{}\n"


def test_a_file_that_is_no_program_whatever_its_mode_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("[g]\na\n")
    path.chmod(0o755)
    assert Inventory.load([path]).groups["g"] == ("a",)
