"""Every promise names tests, and every test that is named is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PAGE = (CHECKOUT / "docs/invariants.md").read_text("utf-8")
WITHOUT_TESTS = {"Not in this version", "Not promised"}
NAMED = re.compile(r"`(tests/[^`]+)`")


def promises() -> list[str]:
    """The items of all lists of promises, each with the tests that it names."""
    found = []
    for section in PAGE.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        if heading not in WITHOUT_TESTS:
            found += re.findall(r"^- .+(?:\n  .+)*", text, re.MULTILINE)
    return found


@cache
def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("promise", promises())
def test_a_promise_names_tests_that_are_there(promise: str) -> None:
    named = NAMED.findall(promise)
    assert named, "no test is named"
    for test in named:
        path, _, name = test.partition("::")
        file = CHECKOUT / path
        assert file.is_file(), test
        if file.suffix == ".py":
            assert name in names_in(file), test


@pytest.mark.parametrize("promise", promises())
def test_a_promise_says_must_or_should(promise: str) -> None:
    assert re.search(r"\b(must|should)\b", promise)


def test_every_promise_of_the_design_is_spoken_of() -> None:
    assert set(re.findall(r"\bP[1-9]\b", PAGE)) == {f"P{number}" for number in range(1, 10)}
