from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mplay.model.change import SMALL, Blob
from mplay.model.errors import InvalidInput, UsageError, Where
from mplay.model.plan import PlannedStep, Role, Section
from mplay.model.playbook import ModuleCall, Step, Text
from mplay.registry import Registry
from mplay.sdk import Module
from mplay.source import load
from mplay.spec import Binder, DiskFiles, Finder, KeptFiles, TaskContents, bind, check_bound
from mplay.template import Renderer
from tests.unit.spec.books import SHELF, Memory

AT = Where("book/p.yml", 7, 5)


def call(text: str, name: str = "touch") -> ModuleCall:
    return ModuleCall(name=Text(name, AT), args=load(text.encode(), "book/p.yml"), where=AT)


def binder(files: dict[str, bytes] | None = None, **included: str) -> Binder:
    finder = Finder(files=Memory(files or {}), root=Path("root"), included_by=included)
    return Binder(modules=SHELF, finder=finder, renderer=Renderer())


def made(text: str, name: str = "touch", **variables: object) -> Module:
    return binder()(call(text, name), variables)


def values(module: Module) -> dict[str, Any]:
    return module.model_dump(exclude_defaults=True)


def problems(text: str, name: str = "touch", **variables: object) -> list[str]:
    with pytest.raises(UsageError) as caught:
        made(text, name, **variables)
    error = caught.value
    found = error.problems if isinstance(error, InvalidInput) else (error.problem,)
    return [str(problem) for problem in found]


def test_arguments_are_rendered_with_their_types() -> None:
    module = made("{path: '/etc/{{ n }}', count: '{{ c }}'}", n="x", c=3)
    assert values(module) == {"path": "/etc/x", "count": 3}


def test_a_number_is_taken_as_it_was_written_where_text_is_wanted() -> None:
    assert values(made("{path: 7, mode: 0600, labels: {v: 1.10}, words: [010]}")) == {
        "path": "7",
        "mode": "0600",
        "labels": {"v": "1.10"},
        "words": ("010",),
    }
    assert values(made("{path: '{{ p }}'}", p=8080)) == {"path": "8080"}


def test_a_text_is_cut_at_commas_where_a_list_is_wanted() -> None:
    assert values(made("{path: /x, words: 'a, b'}"))["words"] == ("a", "b")
    assert values(made("{path: /x, words: '{{ w }}'}", w=["c"]))["words"] == ("c",)


def test_another_name_of_an_argument_is_accepted() -> None:
    assert values(made("{dest: /x}")) == {"path": "/x"}


def test_an_argument_that_is_omitted_keeps_its_default() -> None:
    assert values(made("{path: /x, mode: '{{ m | default(omit) }}'}")) == {"path": "/x"}


def test_a_text_fills_the_free_form_argument() -> None:
    assert values(made("echo '{{ x }}' a=b", "burn", x=1)) == {"run": "echo '1' a=b"}


def test_the_short_form_of_other_modules_is_name_and_value() -> None:
    assert values(made("path='/a b' mode=0600")) == {"path": "/a b", "mode": "0600"}
    assert problems("path='/a") == ["book/p.yml:1:1 a quote is not closed"]


def test_all_wrong_arguments_are_told_at_their_places() -> None:
    found = problems("{pat: /x,\n mode: [1],\n state: gone}")
    assert [line.split(" ")[0] for line in found] == [
        *("book/p.yml:1:1", "book/p.yml:2:2", "book/p.yml:3:2", "book/p.yml:1:2"),
    ]
    assert all("pydantic" not in line and "Input" not in line for line in found)


def test_what_a_host_said_is_never_rendered_again() -> None:
    assert values(made("{path: '{{ said }}'}", said="{{ evil }}")) == {"path": "{{ evil }}"}


def test_a_file_is_looked_for_beside_the_step_then_its_includer_then_the_project() -> None:
    places = ["book/files/f", "files/f", "root/files/f"]
    for found in range(3):
        files = dict.fromkeys(places[found:], b"")
        finder = Finder(
            files=Memory(files), root=Path("root"), included_by={"book/p.yml": "main.yml"}
        )
        assert str(finder.find("files", "f", AT)) == places[found]
    finder = Finder(files=Memory({}), root=Path("root"), included_by={"book/p.yml": "main.yml"})
    with pytest.raises(UsageError, match="looked for book/files/f, files/f, root/files/f"):
        finder.find("files", "f", AT)


def test_an_absolute_path_is_taken_as_it_is() -> None:
    finder = Finder(files=Memory({"/etc/f": b""}), root=Path("root"))
    assert finder.find("files", "/etc/f", AT) == Path("/etc/f")


def test_a_local_file_becomes_a_blob_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "f").write_bytes(b"\x00\xff")
    finder = Finder(files=DiskFiles(), root=tmp_path)
    bound = bind(
        call("{path: /x, src: f}"),
        {"path": "/x", "src": "f"},
        SHELF,
        TaskContents(finder=finder, render=str),
    )
    content = bound.content()  # type: ignore[attr-defined]
    assert content.name == "f"
    assert (content.blob.size, content.blob.path) == (2, str(tmp_path / "files" / "f"))
    assert finder.sources == {}, "content that travels as it is stays out of the journal"


def local(tmp_path: Path, module: str, **given: object) -> Module:
    """A call of a shipped module whose files are in a folder of the disk."""
    made_call = call(str(dict(given)), module)
    finder = Finder(files=DiskFiles(), root=tmp_path)
    return bind(made_call, dict(given), Registry(), TaskContents(finder=finder, render=str))


def test_a_small_file_shows_and_a_large_one_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for size in (SMALL, SMALL + 1):
        (tmp_path / "files" / "f").write_bytes(b"a" * size)
        content = local(tmp_path, "copy", src="f", dest="/etc/f").src  # type: ignore[attr-defined]
        assert content.blob == Blob.of_file(tmp_path / "files" / "f")
        assert content.text == ("a" * size if size == SMALL else None)
        assert len(content.blob.data) == (size if size == SMALL else 0)


def test_a_folder_is_refused_where_a_file_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "files" / "site").mkdir(parents=True)
    with pytest.raises(UsageError, match="'site/' is a folder, not a file") as refused:
        local(tmp_path, "copy", src="site/", dest="/srv")
    assert "loop over its files" in str(refused.value)


@pytest.mark.parametrize("name", ["run", "cmd"])
def test_a_program_is_a_file_and_the_words_behind_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a b.sh").write_bytes(b"#!/bin/sh\n")
    module = local(tmp_path, "script", **{name: "'a b.sh' --to '/srv/c d' $HOME"})
    run = module.run  # type: ignore[attr-defined]
    assert (run.name, run.words) == ("a b.sh", ("--to", "/srv/c d", "$HOME"))
    assert run.blob.data == b"#!/bin/sh\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [("a 'b", "a quote is not closed"), (" ", "names no program"), ("gone.sh -x", "no file")],
)
def test_a_program_that_cannot_be_run_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        local(tmp_path, "script", run=text)


def test_a_template_becomes_its_rendered_text_and_its_source_is_kept() -> None:
    bind_one = binder({"book/templates/t.j2": b"port {{ p }}\n"})
    bound = bind_one(call("{path: /x, template: '{{ n }}.j2'}"), {"p": 80, "n": "t"})
    content = bound.content()  # type: ignore[attr-defined]
    assert content.blob.data == b"port 80\n"
    assert bind_one.finder.sources == {"book/templates/t.j2": "port {{ p }}\n"}


def test_an_error_in_a_template_is_told_at_its_own_place_and_once() -> None:
    bind_one = binder({"book/templates/t.j2": b"a\n{{ nope }}\n"})
    with pytest.raises(InvalidInput) as caught:
        bind_one(call("{path: /x, template: t.j2}"), {})
    assert str(caught.value) == "book/templates/t.j2:2:4 `nope` is not defined"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff", "book/templates/t.j2:1:1 this is not UTF-8 text"),
        (b"x" * (1024 * 1024 + 1), "book/templates/t.j2 the file is larger than 1 MiB"),
        (b"{{ ''.__class__ }}", "book/templates/t.j2:1:1 a template cannot reach `__class__`"),
    ],
)
def test_a_template_that_cannot_be_used_is_a_located_problem(content: bytes, expected: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        binder({"book/templates/t.j2": content})(call("{path: /x, template: t.j2}"), {})
    assert str(caught.value).startswith(expected)


def test_a_resumed_run_reads_what_the_journal_kept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "new.j2").write_text("changed")
    files = KeptFiles({"book/templates/t.j2": "kept"})
    finder = Finder(files=files, root=tmp_path)
    assert finder.template(finder.find("templates", "t.j2", AT), AT) == "kept"
    with pytest.raises(UsageError, match="there is no such file"):
        finder.read(tmp_path / "new.j2", AT)


def test_an_unknown_module_is_an_error_with_a_suggestion() -> None:
    assert problems("{}", "tuch") == [
        "book/p.yml:7:5 there is no module 'tuch'. Did you mean 'touch'?"
    ]


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_is_no_file_name_is_refused(path: str) -> None:
    assert problems("{path: /x, src: '{{ s }}'}", s=path) == [
        "book/p.yml:1:12 this is no file name"
    ]


def test_a_made_module_is_asked_for_its_way_back_where_it_would_be_undone() -> None:
    written = call("{run: x}", "burn")
    step = Step(id="a", where=AT, module=written)
    module = made("{run: x}", "burn")
    planned = PlannedStep(path="a", step=step, number=0, hosts=())
    (problem,) = check_bound(planned, module)
    assert "burn has no way back" in str(problem)
    leaving = PlannedStep(path="a", step=step, number=0, hosts=(), role=Role.LEAVE)
    assert not check_bound(leaving, module)
    closing = PlannedStep(path="a", step=step, number=0, hosts=(), section=Section.FINALLY)
    assert not check_bound(closing, module)
