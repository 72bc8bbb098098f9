"""The modules of one's own project: what they lack is told, and which laws concern them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mplay.app import skeleton
from mplay.config import load_config
from mplay.model.errors import UsageError
from mplay.testing.hostshell import HostShell
from mplay.testing.own import OwnProject
from mplay.testing.surface import HostSurface, look

ANSWER = (
    "d 755 root:root\t\t/etc\0"
    "f 640 root:adm\t\t/etc/a file\nof two lines\0"
    "l 777 root:root\t/etc/a\t/etc/link\0"
    "\0"
    f"{'ab' * 32}  /etc/a file\nof two lines\0"
    "\0"
    "nginx:amd64\t1.22.1-9, install ok installed\n"
)


@pytest.fixture
def own(tmp_path: Path) -> OwnProject:
    """A project with the module that `mplay init module` makes."""
    skeleton.project(tmp_path, "ann").write()
    skeleton.module(load_config(tmp_path), "greeting").write()
    return OwnProject(tmp_path)


def again(own: OwnProject, name: str, before: str, after: str) -> OwnProject:
    """The project with a file changed."""
    file = own.folder / name
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    return OwnProject(own.folder)


def test_what_is_made_lacks_nothing(own: OwnProject) -> None:
    assert own.modules == ["greeting"]
    assert own.faults("greeting") == []
    assert len(own.cases) == 6
    for playbook in own.playbooks:
        own.load(playbook)


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        (
            "modules/greeting.py",
            '    """What the file is to hold: one line."""\n',
            "",
            "no text below `value`",
        ),
        (
            "modules/greeting.py",
            "greeting: {value: hello}",
            "other: {value: hello}",
            "no example in its docstring calls `greeting`",
        ),
        (
            "modules/greeting.py",
            "sh(PROBE, file=FILE)",
            'sh("cat " + FILE)',
            "text put together with an operator where shell is written; use sh()",
        ),
        (
            "tests/laws/greeting.yaml",
            "args: {value: hello}",
            "args: {valu: hello}",
            "the scenario 'where nothing is yet': greeting needs the argument 'value'",
        ),
    ],
)
def test_what_a_module_lacks_is_told(
    file: str, before: str, after: str, told: str, own: OwnProject
) -> None:
    faults = again(own, file, before, after).faults("greeting")
    assert any(told in fault for fault in faults), faults


def test_missing_cases_and_scenarios_are_told(own: OwnProject) -> None:
    (own.folder / "tests" / "laws" / "greeting.yaml").unlink()
    for case in own.cases:
        case.unlink()
    assert OwnProject(own.folder).faults("greeting") == [
        "no golden case below tests/golden/greeting/",
        "no scenario for the laws in tests/laws/greeting.yaml",
    ]


def test_shell_that_shellcheck_complains_of_is_told(own: OwnProject) -> None:
    changed = again(own, "modules/greeting.py", "fact greeting:kind absent\n", "cd $HOME\n")
    assert any("SC2086" in fault for fault in changed.faults("greeting"))


def test_a_playbook_that_is_wrong_does_not_load(own: OwnProject) -> None:
    book = own.folder / "playbooks" / "bad.yml"
    book.write_text("steps: [{shel: a}]\n")
    with pytest.raises(UsageError, match="shel"):
        own.load(book)


def test_the_laws_of_a_scenario_are_those_of_its_kind_and_of_what_it_says(
    own: OwnProject,
) -> None:
    names = [law.name for law in own.laws() if law.scenario.name == "where nothing is yet"]
    assert names == [
        "probing is steady",
        "apply keeps its word",
        "restore brings back",
        "a foreign change is seen",
    ]
    secret = again(own, "tests/laws/greeting.yaml", "{value: hello}", '{value: "{canary}"}')
    assert "the secret stays" in {law.name for law in secret.laws()}


def test_a_scenario_with_wrong_arguments_has_no_laws(own: OwnProject) -> None:
    wrong = again(own, "tests/laws/greeting.yaml", "{value: hello}", "{valu: hello}")
    assert wrong.laws() == []


def answering(folder: Path, answer: str) -> HostShell:
    """A host that says the same whatever it is asked."""
    (folder / "answer").write_bytes(answer.encode())
    return HostShell(
        prefix=["sh", "-c", f"cat >/dev/null; cat {folder}/answer"], state=str(folder / "state")
    )


def test_a_look_sees_kinds_modes_owners_links_contents_and_packages(tmp_path: Path) -> None:
    seen = look(answering(tmp_path, ANSWER)).entries
    assert seen == {
        "/etc": "directory 755 root:root",
        "/etc/a file\nof two lines": "file 640 root:adm abababababab",
        "/etc/link": "link 777 root:root /etc/a",
        "package nginx:amd64": "1.22.1-9, install ok installed",
    }


def test_a_host_without_any_file_or_package_can_be_looked_at(tmp_path: Path) -> None:
    seen = look(answering(tmp_path, "d 755 root:root\t\t/etc\0\0\0")).entries
    assert seen == {"/etc": "directory 755 root:root"}


def test_what_differs_is_told_by_its_name() -> None:
    before = HostSurface(entries={"/a": "file 1", "/b": "file 2", "/c": "file 3"})
    after = HostSurface(entries={"/a": "file 1", "/b": "link", "/d": "file 4"})
    assert before.differences(after) == [
        "/b: file 2 -> link",
        "/c: file 3 -> absent",
        "/d: absent -> file 4",
    ]
    assert before.differences(before) == []


def test_a_host_that_cannot_be_looked_at_is_an_error(tmp_path: Path) -> None:
    host = HostShell(prefix=["sh", "-c", "echo no >&2; exit 3"], state=str(tmp_path))
    with pytest.raises(AssertionError, match="the host cannot be looked at: no"):
        look(host)


def test_the_shell_of_a_look_is_clean() -> None:
    from mplay.testing import surface
    from mplay.testing.scripts import shellcheck

    assert (
        shellcheck({"look": surface._LOOK.replace("{folders}", "a").replace("{left_out}", "b")})
        == ""
    )
    assert subprocess.run(["sh", "-n", "-c", surface._LOOK], check=True).returncode == 0
