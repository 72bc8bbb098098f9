"""Modules are found by name, imported late, and a broken one is named with its line."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from mplay.model.errors import UsageError
from mplay.registry import Registry
from mplay.sdk import State

GOOD = '''
from mplay.sdk import Change, Facts, Script, State, sh


class Motd(State):
    """A greeting."""

    text: str = ""

    def probe(self) -> Script:
        return sh("fact motd {text}", text=self.text)

    def plan(self, seen: Facts) -> Change | None:
        return None
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "modules"
    folder.mkdir()
    return folder


def refusal(project: Path, name: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        Registry(project).find(name)
    return caught.value


def test_the_shipped_modules_are_found_with_or_without_ansible_s_prefix() -> None:
    registry = Registry()
    template = registry.find("template")
    assert template is not None
    assert issubclass(template, State)
    assert registry.find("ansible.builtin.template") is template
    assert registry.find("nothing_like_it") is None
    assert registry.file("nothing_like_it") is None
    assert {"copy", "file", "lineinfile", "template"} <= set(registry.names())


def test_files_with_an_underscore_are_no_modules() -> None:
    assert not [name for name in Registry().names() if name.startswith("_")]
    assert Registry().find("_placing") is None


def test_a_project_s_own_module_comes_first(project: Path) -> None:
    (project / "template.py").write_text(GOOD)
    registry = Registry(project)
    found = registry.find("template")
    assert found is not None
    assert found.__name__ == "Motd"
    assert registry.file("template") == project / "template.py"
    assert registry.find("copy") is not None


def test_a_folder_that_is_not_there_holds_no_module(tmp_path: Path) -> None:
    assert Registry(tmp_path / "none").names() == Registry().names()


def test_a_project_s_module_may_import_its_private_neighbour(project: Path) -> None:
    (project / "_greeting.py").write_text("TEXT = 'hello'\n")
    text = GOOD.replace('text: str = ""', "text: str = TEXT")
    (project / "motd.py").write_text(f"from ._greeting import TEXT\n{text}")
    found = Registry(project).find("motd")
    assert found is not None
    assert found().model_dump() == {"text": "hello"}


def test_two_projects_have_each_their_own_module_of_one_name(tmp_path: Path) -> None:
    found = []
    for name in ("One", "Two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "motd.py").write_text(GOOD.replace("Motd", name))
        found.append(Registry(folder).find("motd"))
    assert [cls.__name__ for cls in found if cls] == ["One", "Two"]


def test_the_digest_is_that_of_the_source_file(project: Path) -> None:
    (project / "motd.py").write_text(GOOD)
    assert Registry(project).digest("motd") == hashlib.sha256(GOOD.encode()).hexdigest()
    with pytest.raises(KeyError):
        Registry(project).digest("none")


def test_asking_for_names_and_digests_imports_no_module(project: Path) -> None:
    (project / "motd.py").write_text("raise RuntimeError('imported')\n")
    registry = Registry(project)
    assert "motd" in registry.names()
    assert registry.digest("motd")


def test_making_a_registry_imports_nothing_of_the_modules() -> None:
    code = (
        "import sys; from mplay.registry import Registry; r = Registry(); r.names();"
        "print([m for m in sys.modules if m.startswith('mplay_modules')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_module_that_is_not_python_is_named_with_its_line(project: Path) -> None:
    (project / "bad.py").write_text("x = 1\ndef (:\n")
    error = refusal(project, "bad")
    assert str(error).startswith(f"{project / 'bad.py'}:2:")
    assert error.exit_code == 2
    assert "mend the file" in error.problem.hint


def test_a_module_that_fails_when_imported_is_named_with_its_line(project: Path) -> None:
    (project / "bad.py").write_text("x = 1\n\nx.nothing()\n")
    assert str(refusal(project, "bad")).startswith(f"{project / 'bad.py'}:3:")


def test_a_module_must_define_exactly_one_class(project: Path) -> None:
    (project / "none.py").write_text("from mplay.sdk import State\n")
    assert "it defines none" in str(refusal(project, "none"))
    (project / "two.py").write_text(GOOD + GOOD.replace("Motd", "Other"))
    assert "it defines Motd, Other" in str(refusal(project, "two"))


def test_a_module_must_say_how_it_looks_and_plans(project: Path) -> None:
    head, _, _ = GOOD.partition("    def plan")
    (project / "half.py").write_text(head)
    assert "'half' does not define plan" in str(refusal(project, "half"))
