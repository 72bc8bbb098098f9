"""What lookups may reach: what a playbook's author names, and not what a host names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.source import Key, Vault
from mplay.spec import DiskFiles, Finder
from mplay.spec.lookups import LookupFiles, unchanged
from mplay.template import Renderer
from tests.unit.source.vaults import encrypt, password_file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, content in {
        "books/site.yml": "",
        "books/files/motd": "hello\n",
        "books/files/keys/a.pub": "key a",
        "books/files/keys/b.pub": "key b",
        "books/templates/t.j2": "{{ lookup('file', 'motd') }} {{ port }}\n",
        "books/templates/late.j2": "{{ results['x'].stdout }}",
        "books/templates/loop.j2": "{{ lookup('template', 'loop.j2') }}",
        "books/password": "secret",
        "files/shared": "of the project",
        "files/latin": "",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (root / "files/latin").write_bytes(b"caf\xe9")
    (root / "files/large").write_bytes(b"x" * (1024 * 1024 + 1))
    (root / "files/link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").write_text("outside")
    return root


@pytest.fixture
def renderer(project: Path) -> Renderer:
    return Renderer(files=files(project), environment={"HOME": "/root", "DB_PASSWORD": "s3cret!x"})


def files(project: Path) -> LookupFiles:
    finder = Finder(files=DiskFiles(), root=project)
    return LookupFiles(finder=finder, playbook_dir=project / "books")


def render(renderer: Renderer, project: Path, expression: str, **variables: Any) -> Any:
    at = Where(str(project / "books/site.yml"), 1, 1)
    return renderer.render(Text("{{ " + expression + " }}", at), variables)


def test_a_file_is_found_beside_the_playbook_and_in_the_project(
    renderer: Renderer, project: Path
) -> None:
    assert render(renderer, project, "lookup('file', 'motd')") == "hello"
    assert render(renderer, project, "lookup('file', 'shared')") == "of the project"
    assert render(renderer, project, "lookup('template', 't.j2')", port=80) == "hello 80\n"
    found = render(renderer, project, "query('fileglob', 'keys/*.pub') | map('basename') | list")
    assert found == ["a.pub", "b.pub"]


def test_a_name_that_stands_in_a_file_may_be_any(renderer: Renderer, project: Path) -> None:
    outside = str(project.parent / "outside")
    assert render(renderer, project, f"lookup('file', '{outside}')") == "outside"
    named = Text(outside, Where("group_vars/all.yml", 1, 1))
    assert render(renderer, project, "lookup('file', name)", name=named) == "outside"
    assert render(renderer, project, "lookup('file', 'password')") == "secret"


@pytest.mark.parametrize(
    "name", ["/etc/hostname", "../password", "password", "link", "~/x", "../../books/password"]
)
def test_a_name_that_came_from_a_host_leads_only_to_what_steps_can_send(
    renderer: Renderer, project: Path, name: str
) -> None:
    assert render(renderer, project, "lookup('file', said)", said="motd") == "hello"
    with pytest.raises(UsageError, match="can only be that of a file under files/ or templates/"):
        render(renderer, project, "lookup('file', said)", said=name)
    with pytest.raises(UsageError, match="can only be that of a file under files/ or templates/"):
        render(renderer, project, "lookup('file', '' ~ said)", said=name)


def test_a_name_that_came_from_a_host_finds_no_other_files(
    renderer: Renderer, project: Path
) -> None:
    for said in ("../../*", "/etc/host*", "../password"):
        with pytest.raises(UsageError, match="may not be read"):
            render(renderer, project, "query('fileglob', said)", said=said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "there is no file 'none'"),
        ("", "this is no file name"),
        ("latin", "this is not UTF-8"),
        ("large", "1 MiB"),
        ("a\0b", "this is no file name"),
        ("keys", "there is no file 'keys'"),
    ],
)
def test_what_cannot_be_read_is_located(
    renderer: Renderer, project: Path, name: str, said: str
) -> None:
    with pytest.raises(UsageError, match=r"site\.yml:1:1 ") as refused:
        render(renderer, project, "lookup('file', name)", name=Text(name, Where("x")))
    assert said in str(refused.value)


def test_the_environment_is_read_by_written_names_only(renderer: Renderer, project: Path) -> None:
    assert render(renderer, project, "lookup('env', 'HOME')") == "/root"
    with pytest.raises(UsageError, match="must stand in a file as it is"):
        render(renderer, project, "lookup('env', said)", said="HOME")


def test_a_variable_that_is_called_like_a_secret_is_known_as_one(
    renderer: Renderer, project: Path
) -> None:
    render(renderer, project, "lookup('env', 'HOME')")
    assert renderer.vault.secrets("/root") == "/root"
    assert render(renderer, project, "lookup('env', 'DB_PASSWORD')") == "s3cret!x"
    assert renderer.vault.secrets("it is s3cret!x") == "it is [secret]"


def test_what_a_template_reads_that_is_looked_up_is_known(
    renderer: Renderer, project: Path
) -> None:
    at = Where(str(project / "books/site.yml"), 1, 1)
    looked_up = Text("{{ lookup('template', 'late.j2') }}", at)
    assert "results" in renderer.reads(looked_up)
    assert renderer.results_read(looked_up) == {"x"}
    by_name = Text("{{ lookup('vars', 'late') }}", at)
    assert "results" in renderer.reads(by_name, {"late": Text("{{ results.x.stdout }}", at)})


def test_a_template_that_looks_itself_up_ends(renderer: Renderer, project: Path) -> None:
    with pytest.raises(UsageError, match=r"nested too deeply|too much work"):
        render(renderer, project, "lookup('template', 'loop.j2')")


def test_nothing_is_read_while_a_playbook_is_only_checked(project: Path) -> None:
    at = Where(str(project / "books/site.yml"), 1, 1)
    assert Renderer().check(Text("{{ lookup('file', 'motd') }}", at)) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("lookup('pipe', 'ls')", "there is no lookup 'pipe'\n    use the module `shell`"),
        ("query('ansible.builtin.url', 'x')", "there is no lookup 'url'\n    use the module"),
        ("x }}{% include 'a.j2' %}{{ x", "of mplay\n    write {{ lookup('template', 'FILE') }}"),
        ("lookup('fil', 'x')", "there is no lookup 'fil'. Did you mean 'file'?"),
        ("x | json_query('a')", "there is no filter 'json_query'\n    use map, selectattr"),
        ("x | community.general.json_query('a')", "json_query'\n    use map, selectattr"),
        ("x | password_hash", "there is no filter 'password_hash'\n    a dry-run"),
        ("x | map('realpath') | list", "there is no filter 'realpath'\n    templates do not"),
        ("x | map('uper') | list", "there is no filter 'uper'. Did you mean 'upper'?"),
        ("x | select('exists') | list", "there is no test 'exists'\n    templates do not"),
        ("x | selectattr('a', 'definde') | list", "there is no test 'definde'. Did you mean"),
        ("x is vault_encrypted", "there is no test 'vault_encrypted'\n    keep the value"),
    ],
)
def test_what_is_ansibles_and_not_mplays_is_told_before_anything_is_rendered(
    expression: str, said: str
) -> None:
    (problem,) = Renderer().check(Text("{{ " + expression + " }}", Where("p.yml", 1, 1)))
    assert str(problem).startswith("p.yml:1:")
    assert said in str(problem)


def test_an_encrypted_file_is_opened_and_is_a_secret_from_then_on(
    project: Path, tmp_path: Path
) -> None:
    file = project / "books/files/token"
    file.write_text("s3cr3t-of-a-file\n")
    encrypt(file, password_file(tmp_path, "pw"))
    vault = Vault([Key("default", b"pw")])
    finder = Finder(files=DiskFiles(), root=project, vault=vault)
    renderer = Renderer(vault, LookupFiles(finder=finder, playbook_dir=project / "books"))
    assert render(renderer, project, "lookup('file', 'token')") == "s3cr3t-of-a-file"
    assert vault.secrets("it is s3cr3t-of-a-file!") == "it is [secret]!"
    closed = Renderer(files=files(project))
    with pytest.raises(UsageError, match="no password was given"):
        render(closed, project, "lookup('file', 'token')")


def test_a_file_that_has_changed_since_the_run_began_is_refused(project: Path) -> None:
    known = {"books/files/motd": "0" * 64}
    finder = Finder(files=DiskFiles(), root=project)
    renderer = Renderer(
        files=LookupFiles(
            finder=finder, playbook_dir=project / "books", check=unchanged(project, known)
        )
    )
    assert render(renderer, project, "lookup('file', 'shared')") == "of the project"
    with pytest.raises(UsageError, match="is not what it was when the run began"):
        render(renderer, project, "lookup('file', 'motd')")


@pytest.mark.parametrize(
    "expression",
    [
        "query('sequence', 'count=1000000')",
        "query('sequence', '5:%9999999d')",
        "query('nested', range(2000) | list, range(2000) | list)",
        "range(3000) | product(range(3000)) | list",
        "range(50) | permutations(20) | list",
        "range(50) | combinations(25) | list",
        "range(20) | product(repeat=9)",
        "'x' | comment(decoration='y' * 1000000, prefix_count=10000)",
        "'x' | comment(prefix_count=1000000000)",
        "lines | comment(decoration='y' * 1000)",
        "'%9999999d' | strftime(0)",
        "[1] | to_json(indent=1000000000)",
        "query('vars', *(['big'] * 1000))",
        "2 | pow(100000)",
    ],
)
def test_work_and_size_are_bounded(renderer: Renderer, project: Path, expression: str) -> None:
    with pytest.raises(UsageError, match=r"site\.yml:1:1 "):
        render(renderer, project, expression, big="x" * 1_000_000, lines="\n" * 100_000)
