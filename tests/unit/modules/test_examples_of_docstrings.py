"""The example in a module's docstring is what people copy: it must load."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
import yaml

from mplay.registry import Registry, call
from mplay.sdk import Module
from mplay.testing.golden import filled

REGISTRY = Registry()


def found(name: str) -> type[Module]:
    module = REGISTRY.find(name)
    assert module is not None
    return module


def example(module: type[Module]) -> list[dict[str, Any]]:
    """The steps of the first block that follows ``::``."""
    _, mark, rest = (inspect.getdoc(module) or "").partition("::\n")
    assert mark, "there is no example"
    block = rest.split("\n\n", 2)
    text = next(part for part in block if part.startswith(("    ", "\n    ")))
    steps = yaml.safe_load(textwrap.dedent(text.strip("\n")))
    assert isinstance(steps, list)
    return steps


def arguments(module: type[Module], given: object) -> Mapping[str, object]:
    """As the engine passes them: free text named, files read, conditions and secrets evaluated."""
    named: dict[str, Any] = given if isinstance(given, dict) else {module.FREE_FORM: given}
    if "that" in named:
        named = named | {"that": [True for _ in named["that"]]}
    if named.get("to") == "env:STAKEHOLDERS_URL":
        named = named | {"to": "json://chat.example.org/"}
    return filled(module, named, defaultdict(lambda: "content"))


def calls(name: str) -> Iterator[tuple[type[Module], Mapping[str, object]]]:
    module = found(name)
    for step in example(module):
        if name in step:
            yield module, arguments(module, step[name])


@pytest.mark.parametrize("name", REGISTRY.names())
def test_the_example_of_a_module_loads(name: str) -> None:
    made = [call(module, given) for module, given in calls(name)]
    assert made, "the example does not call the module"


def described(owner: type) -> Iterator[str]:
    """The fields of a class that a text stands below."""
    [body] = [
        node.body
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(owner))))
        if isinstance(node, ast.ClassDef)
    ]
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            yield field.target.id


@pytest.mark.parametrize("name", REGISTRY.names())
def test_every_argument_of_a_module_is_described(name: str) -> None:
    module = found(name)
    owners = [base for base in module.__mro__ if issubclass(base, Module) and base is not Module]
    texts = {field for owner in owners for field in described(owner)}
    assert set(module.model_fields) <= texts
