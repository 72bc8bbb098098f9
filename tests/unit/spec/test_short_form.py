"""``service: name=nginx state=started``: taken apart before anything is put into it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mplay.model.errors import Where
from mplay.model.playbook import Step, Text
from mplay.template import Renderer
from tests.unit.spec.books import book, problems


def arguments(written: str) -> Mapping[str, Text]:
    (step,) = book(f"steps: [{{id: x, touch: {written}}}]").steps
    assert isinstance(step, Step)
    assert isinstance(step.module.args, Mapping)
    return step.module.args


def test_arguments_have_their_names_and_places() -> None:
    found = arguments("path=/a mode=0600")
    assert found == {"path": "/a", "mode": "0600"}
    assert found[Text("mode")].where == Where("book/p.yml", 1, 37)


def test_quotes_enclose_a_whole_value_as_in_ansible() -> None:
    assert arguments("\"path='/a b' mode=0600\"") == {"path": "/a b", "mode": "0600"}
    assert arguments("\"path=/a'b' mode='0600'\"") == {"path": "/a'b'", "mode": "0600"}


def test_what_a_variable_holds_adds_no_argument() -> None:
    found = arguments("\"path={{ said }} mode='{{ m }}'\"")
    rendered = Renderer().render(found, {"said": "/a state=absent", "m": "0600"})
    assert rendered == {"path": "/a state=absent", "mode": "0600"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("/a", "'/a' is no argument of touch"),
        ("=x", "'=x' is no argument of touch"),
        ('"path=\'/a"', "a quote is not closed"),
        ("path=/a pth=/b", "touch has no argument 'pth'. Did you mean 'path'?"),
        ("'path={{ x | uper }}'", "there is no filter 'uper'"),
    ],
)
def test_what_is_no_argument_is_told_when_the_playbook_is_read(written: str, said: str) -> None:
    (problem,) = problems(f"steps: [{{id: x, touch: {written}}}]")
    assert said in problem
