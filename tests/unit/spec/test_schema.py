"""The JSON Schema takes what loads, and refuses what an editor should mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from mplay.cli.main import main
from mplay.model.errors import UsageError
from mplay.registry import Registry, arguments_schema
from mplay.spec import DiskFiles, Finder, keys, load_playbook
from mplay.spec.keys import Keys
from mplay.spec.schema import fragments, playbook_schema
from mplay.testing import golden

CHECKOUT = Path(__file__).parents[3]
REGISTRY = Registry()
SCHEMA = playbook_schema(REGISTRY)
VALIDATOR = Draft7Validator(SCHEMA)
PLAYBOOKS = sorted([*CHECKOUT.glob("playbooks/**/*.yml"), *CHECKOUT.glob("examples/**/*.yml")])
CASES = golden.cases_below(CHECKOUT / "tests" / "golden")


def wrong(playbook: object) -> list[str]:
    return [f"{list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(playbook)]


def read(text: str) -> Any:
    return yaml.safe_load(text)


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "kind", [k for k in vars(keys).values() if isinstance(k, Keys)], ids=lambda keys: keys.kind
)
def test_every_key_is_described(kind: Keys) -> None:
    assert kind.known <= set(fragments())


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda p: p.name)
def test_a_shipped_playbook_fits(path: Path) -> None:
    content = read(path.read_text())
    included = not isinstance(content, dict) or "steps" not in content
    assert wrong({"steps": content} if included else content) == []


def test_shipped_playbooks_are_there() -> None:
    assert len(PLAYBOOKS) >= 7


def _written(value: object) -> object:
    """A value as a playbook has it: a golden case holds conditions with what came of them."""
    if isinstance(value, list):
        return [_written(one) for one in value]
    return value["text"] if isinstance(value, dict) and {*value} == {"text", "holds"} else value


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_arguments_that_a_module_takes_fit(path: Path) -> None:
    case = golden.load(path, REGISTRY)
    schema = arguments_schema(path.parent.name, case.module)
    refused = str(case.sections.get("refused", ""))
    arguments = {name: _written(value) for name, value in case.sections["args"].items()}
    found = [error.message for error in Draft7Validator(schema).iter_errors(arguments)]
    if not refused:
        assert found == []
    if " does not take Ansible's " in refused or " has no argument " in refused:
        assert found


@pytest.mark.parametrize("name", REGISTRY.names())
def test_an_argument_that_is_refused_is_not_offered(name: str) -> None:
    module = REGISTRY.find(name)
    assert module is not None
    offered = arguments_schema(name, module)["properties"]
    assert not set(module.REFUSED) & set(offered)
    assert all(value.get("description") for value in offered.values())


GOOD = {
    "the short form": "steps: [{shell: uptime, irreversible: looks only}]",
    "the short form with names": "steps: [{service: name=cron state=started}]",
    "Ansible's prefix": "steps: [{ansible.builtin.apt: {name: curl}}]",
    "Jinja2 for a flag": "steps: [{apt: {name: curl, purge: '{{ purge }}'}}]",
    "Jinja2 for a number": "steps: [{apt: {cache_valid_time: '{{ hours * 3600 }}'}}]",
    "Jinja2 for a word": "steps: [{apt: {name: curl, state: '{{ state }}'}}]",
    "Jinja2 for a list": "steps: [{apt: {name: '{{ packages }}'}}]",
    "a list with commas": "steps: [{apt: {name: 'curl,wget'}}]",
    "a number as text": "steps: [{template: {src: a.j2, dest: /etc/a, mode: 0644}}]",
    "no arguments": "steps: [{apt: }]",
    "times and shares": "max_failed: 25%\nduration: 1h30m\nsteps: [{shell: x, timeout: 90}]",
    "needs": "steps: [{shell: a, needs: []}, {shell: b, needs: [a, {step: a, scope: host}]}]",
    "become by Jinja2": "become: '{{ root }}'\nsteps: [{shell: a}]",
    "yes as an editor of YAML 1.2 reads it": "become: 'yes'\nsteps: [{shell: a}]",
    "an empty key": "vars:\nsteps: [{shell: a}]",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_what_loads_fits(text: str) -> None:
    assert wrong(read(text)) == []


BROKEN = {
    "a list of plays": "[{hosts: all, steps: []}]",
    "no steps": "name: nothing",
    "an unknown key": "steps: [{shell: a}]\nroles: [web]",
    "Ansible's tasks": "hosts: all\ntasks: [{shell: a}]",
    "a mistyped key of a step": "steps: [{shell: a, whn: yes}]",
    "Ansible's register": "steps: [{shell: a, register: found}]",
    "no module": "steps: [{id: a, when: yes}]",
    "two modules": "steps: [{shell: a, apt: {name: curl}}]",
    "a module twice, once with the prefix": "steps: [{shell: a, ansible.builtin.apt: {name: b}}]",
    "an unknown module": "steps: [{yum: {name: curl}}]",
    "an unknown argument": "steps: [{apt: {name: curl, stat: present}}]",
    "an argument that is refused": "steps: [{apt: {deb: /tmp/a.deb}}]",
    "a missing argument": "steps: [{file: {state: directory}}]",
    "a wrong word": "steps: [{apt: {name: curl, state: installed}}]",
    "a word for a flag": "steps: [{apt: {name: curl, purge: perhaps}}]",
    "a word for a number": "steps: [{apt: {update_cache: yes, cache_valid_time: soon}}]",
    "a mapping for a text": "steps: [{file: {path: {a: b}}}]",
    "a list of arguments": "steps: [{apt: [curl]}]",
    "a wrong on_failure": "on_failure: ignore\nsteps: [{shell: a}]",
    "a wrong time": "steps: [{shell: a, timeout: 5 minutes}]",
    "a wrong share": "max_failed: some\nsteps: [{shell: a}]",
    "a wrong cadence": "cadence: fortnightly\nsteps: [{shell: a}]",
    "a wrong id": "steps: [{shell: a, id: 'web/conf'}]",
    "a loop over a text": "steps: [{shell: a, loop: hosts}]",
    "a block that calls a module": "steps: [{steps: [{shell: a}], shell: b}]",
    "a block's key on a step": "steps: [{shell: a, serial: 1}]",
    "a step's key on a block": "steps: [{steps: [{shell: a}], loop: [1]}]",
    "a wrong batch": "steps: [{serial: [one], steps: [{shell: a}]}]",
    "a block in validate": "validate: [{steps: [{shell: a}]}]\nsteps: [{shell: a}]",
    "a wrong key in around": "steps: [{around: {before: []}, steps: [{shell: a}]}]",
    "a needed step without a name": "steps: [{shell: a, needs: [{scope: host}]}]",
    "a wrong verify": "steps: [{shell: a, verify: [{tcp: {port: 1}, http: {url: a}}]}]",
    "a variable that can have no name": "vars: {a-b: 1}\nsteps: [{shell: a}]",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_does_not_fit(text: str) -> None:
    assert wrong(read(text))


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_what_does_not_fit_does_not_load_either(text: str, tmp_path: Path) -> None:
    file = tmp_path / "p.yml"
    file.write_text(text)
    with pytest.raises(UsageError):
        load_playbook(str(file), REGISTRY, Finder(files=DiskFiles(), root=tmp_path))


def test_a_module_of_the_project_is_in_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mplay.toml").write_text("")
    (tmp_path / "modules").mkdir()
    source = Path(__file__).parent / "shelf" / "look.py"
    (tmp_path / "modules" / "look.py").write_text(source.read_text())
    monkeypatch.chdir(tmp_path)
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert "module_look" in printed["definitions"]
    assert main(["schema", "--output", "s.json"]) == 0
    assert json.loads((tmp_path / "s.json").read_text()) == printed
    assert capsys.readouterr().out == ""


def test_a_schema_that_cannot_be_written_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "--output", str(tmp_path / "none" / "s.json")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
