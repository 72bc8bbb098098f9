"""What is wrong with arguments is said in our words, all of it at once."""

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
from pydantic import AliasChoices, Field

from mplay.registry import BadArguments, Registry, call, content_arguments
from mplay.sdk import Change, Facts, LocalFile, Script, State, TemplateFile


class Example(State):
    REFUSED: ClassVar = {"backup": "leave it out"}

    path: str = Field(validation_alias=AliasChoices("path", "dest"))
    state: Literal["present", "absent"] = "present"
    count: int = Field(1, ge=1)
    force: bool = False
    body: LocalFile | None = None
    page: TemplateFile | None = None

    def probe(self) -> Script:
        return ""

    def plan(self, seen: Facts) -> Change | None:
        return None


def complaints(**arguments: object) -> list[str]:
    with pytest.raises(BadArguments) as caught:
        call(Example, arguments)
    return [str(problem) for problem in caught.value.problems]


def test_good_arguments_make_the_module() -> None:
    made = call(Example, {"dest": "/a", "state": "absent"})
    assert isinstance(made, Example)
    assert (made.path, made.state) == ("/a", "absent")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(complaints(state="gone", force="perhaps", other=1)) == 4


def test_a_missing_argument_is_named() -> None:
    assert complaints() == ["test_calls needs the argument 'path'"]


def test_a_mistyped_argument_is_corrected() -> None:
    [said] = complaints(path="/a", stat="absent")
    assert said == "test_calls has no argument 'stat'.\n    did you mean 'state'?"


def test_an_argument_unlike_any_other_gets_the_list_of_them() -> None:
    [said] = complaints(path="/a", zzzzzz=1)
    assert said.endswith("it has path, dest, state, count, force, body, page")


def test_an_argument_that_only_ansible_has_is_refused_with_its_hint() -> None:
    [said] = complaints(path="/a", backup=True)
    assert said == "test_calls does not take Ansible's 'backup'\n    leave it out"


@pytest.mark.parametrize(
    ("argument", "value", "said"),
    [
        ("state", "gone", "test_calls: state must be one of 'present' or 'absent', not 'gone'"),
        ("count", "many", "test_calls: count must be a whole number, not 'many'"),
        ("count", 0, "test_calls: count must be at least 1, not 0"),
        ("force", "perhaps", "test_calls: force must be yes or no (true or false), not 'perhaps'"),
        ("path", ["/a"], "test_calls: path must be text, not ['/a']"),
        ("body", 5, "test_calls: body must be the name of a file, not 5"),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_wanted(
    argument: str, value: object, said: str
) -> None:
    assert complaints(**{"path": "/a", argument: value}) == [said]


def test_a_problem_leads_to_its_value() -> None:
    with pytest.raises(BadArguments) as caught:
        call(Example, {"path": "/a", "state": "gone"})
    assert caught.value.problems[0].path == ("state",)


def test_files_of_the_controller_are_known_by_their_kind() -> None:
    assert content_arguments(Example) == {"body": "file", "page": "template"}
    shipped = {name: Registry().find(name) for name in ("copy", "template", "file")}
    kinds = {name: content_arguments(cls) for name, cls in shipped.items() if cls}
    assert kinds == {"copy": {"src": "file"}, "template": {"src": "template"}, "file": {}}
