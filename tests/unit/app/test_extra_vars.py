"""Variables of ``-e``: which words are variables, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.app.extra import extra_vars
from mplay.model.errors import UsageError
from mplay.model.playbook import Text


def test_words_json_and_files_are_merged_and_the_last_one_wins(tmp_path: Path) -> None:
    file = tmp_path / "more.yml"
    file.write_text("c: {d: 1}\na: file\n")
    given = ["a=1 b='x y'", '{"a": [1, 2], "n": null}', f"@{file}", "b=last"]
    assert extra_vars(given) == {"a": "file", "b": "last", "n": None, "c": {"d": 1}}


def test_a_value_remembers_where_it_was_given() -> None:
    value = extra_vars(["a=1", "b='{{ nope }}'"])["b"]
    assert isinstance(value, Text)
    assert str(value.where) == "-e (2)"


def test_where_a_host_is_may_be_said_here() -> None:
    assert extra_vars(["ansible_host=10.0.0.1"]) == {"ansible_host": "10.0.0.1"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["x"], "-e (1) 'x' is no variable\n    Write -e key=value"),
        (["a=1", "=x"], "-e (2) '=x' is no variable"),
        (["a=1 b"], "-e (1) 'b' is no variable"),
        (["a='1"], "-e (1) a quote is not closed"),
        (["{x"], "-e (1):2:1 not valid YAML"),
        (["[1]"], "-e (1) is no mapping of variables"),
        (['{"a": 1, "a": 2}'], "-e (1):1:11 the key 'a' is given twice"),
        (["1a=2"], "-e (1) a name in `-e` is made of letters, digits and _"),
        (["results=1", "item=2"], "-e (2) the variable 'item' is set by mplay"),
        (["@none.yml"], "none.yml cannot be read: no such file or directory"),
        (["@/"], "/ cannot be read: is a directory"),
    ],
)
def test_what_is_no_variable_is_refused_with_its_place(given: list[str], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        extra_vars(given)
    assert said in str(refused.value)


def test_a_file_of_another_encoding_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "latin.yml"
    file.write_bytes(b"a: caf\xe9\n")
    with pytest.raises(UsageError, match=r"latin\.yml:1:7 this is not UTF-8"):
        extra_vars([f"@{file}"])
