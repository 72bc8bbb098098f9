"""``mplay modules``: the reference in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mplay.cli.main import main
from mplay.registry import Registry

OWN = '''"""A module of this project."""
from typing import ClassVar
from mplay.sdk import Check, Facts, Judgement, Script, Verdict

class Weather(Check):
    """Whether the sun shines.

    ::

        - weather: {town: Bath}
    """

    REFUSED: ClassVar = {"country": "name the town"}

    town: str
    """Where to look."""

    def probe(self) -> Script:
        return ""

    def judge(self, seen: Facts) -> Verdict:
        return Verdict(judgement=Judgement.OK)
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a module of its own; commands run in it."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "weather.py").write_text(OWN)
    (tmp_path / "mplay.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_has_every_module_with_its_first_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["modules"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[1:]] == sorted([*Registry().names(), "weather"])
    [own] = [line for line in shown if line.startswith("weather")]
    assert own.split(maxsplit=2)[1:] == ["check", "Whether the sun shines."]


def test_the_list_as_json_has_name_kind_and_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["modules", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["modules"]
    assert {"name", "kind", "summary"} == set(listed[0])
    assert [one["name"] for one in listed] == list(Registry().names())


@pytest.mark.parametrize("name", Registry().names())
def test_the_reference_of_a_module_names_all_that_it_takes_and_refuses(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module = Registry().find(name)
    assert module is not None
    assert main(["modules", f"ansible.builtin.{name}"]) == 0
    shown = capsys.readouterr().out
    assert main(["modules", name, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert shown.startswith(f"{name}  {told['kind']}\n")
    words = " ".join(shown.split())
    assert told["summary"] in words
    for argument in told["arguments"]:
        assert f"\n    {argument['name']}  " in shown
        assert argument["text"] in words
    for refused, why in told["refused"].items():
        assert f"{refused}: {why}" in words
    assert len(told["arguments"]) == len(module.model_fields)


def test_choices_defaults_other_names_and_what_must_be_given_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["modules", "file"]) == 0
    shown = capsys.readouterr().out
    assert "\n    path  text  must be given  also called dest, name\n" in shown
    assert "\n    state  file | directory | link | touch | absent\n" in shown
    assert "\n    recurse  yes or no  default: no\n" in shown
    assert "        - id: cache\n" in shown


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("weathr", "there is no module 'weathr'. Did you mean 'weather'?"),
        ("ansible.builtin.serivce", "Did you mean 'service'?"),
        ("xyzzyx", "`mplay modules` lists all."),
        ("redis_evict", "the module 'redis_evict' is not in this version of mplay"),
    ],
)
def test_a_name_that_is_none_ends_with_2_and_the_nearest(
    name: str, told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["modules", name]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err


def test_a_module_that_is_broken_is_told_with_its_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "modules" / "broken.py").write_text("import no_such_package_at_all\n")
    assert main(["modules", "broken"]) == 2
    assert "modules/broken.py:1:1 the module 'broken'" in capsys.readouterr().err
