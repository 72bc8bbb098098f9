from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mplay.source import load
from tests.unit.spec.books import problems
from tests.unit.spec.test_loading import FULL

PLAIN = load(FULL.encode(), "p.yml")
SCRAPS = st.sampled_from(
    [
        "{{ x }}",
        "{{",
        "x: y",
        "- ",
        "[",
        "}",
        "&a",
        "*a",
        "!t",
        "<<: ",
        "'",
        '"',
        "|",
        "\t",
        "\n",
        "0",
    ]
)
WORDS = ["", " ", "a", "a b", "{{ x }}", "{{ x", "{% if %}", "50%", "3m", "\x85", "1" * 5000]
NAMES = ["results['web']", "{{ results['docs'].x }}", "p.yml", "../p.yml", "/", "web/conf"]
SHAPES: list[Any] = [
    *([], {}, [[]], [{}], [None], {"a": []}, {"": 1}, {"step": "a"}, ["a", "a"]),
    *(None, True, False, 0, -1, 7, 1.5, 10**30),
]
VALUES = st.sampled_from([*SHAPES, *WORDS, *NAMES])
OWN = "id name needs when vars loop steps include serial around poke burn touch ask look verify"
OTHERS = "rollback until on_change hosts throttle nonsense {{"
KEYS = st.sampled_from(["", "a b", *OWN.split(), *OTHERS.split()])


def sound(found: list[str]) -> bool:
    """All problems are in our words and have a place."""
    foreign = ("Traceback", "pydantic", "validation error", "Input should", "object at 0x")
    return all(
        problem.startswith(("book/p.yml", "p.yml", "…")) and not any(w in problem for w in foreign)
        for problem in found
    )


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside."""
    yield here
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*here, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*here, index))


ALL_PATHS = [path for path in paths(PLAIN) if path]


def mutated(path: tuple[Any, ...], kind: str, key: str, value: Any) -> Any:
    """The playbook with one thing replaced, added or taken away."""
    root = json.loads(json.dumps(PLAIN))
    holder = root
    for step in path[:-1]:
        holder = holder[step]
    if kind == "take":
        del holder[path[-1]]
    elif kind == "add" and isinstance(holder[path[-1]], dict):
        holder[path[-1]][key] = value
    elif kind == "add" and isinstance(holder[path[-1]], list):
        holder[path[-1]].append(value)
    else:
        holder[path[-1]] = value
    return root


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL_PATHS), st.sampled_from(["put", "take", "add"]), KEYS, VALUES)
def test_no_change_of_a_value_makes_it_fail_otherwise(
    path: tuple[Any, ...], kind: str, key: str, value: Any
) -> None:
    text = yaml.safe_dump(mutated(path, kind, key, value), allow_unicode=True)
    assert sound(problems(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(FULL)), st.integers(0, 6), SCRAPS), max_size=4))
@example([(0, 0, "\t")])
def test_no_change_of_the_text_makes_it_fail_otherwise(cuts: list[tuple[int, int, str]]) -> None:
    text = FULL
    for at, length, scrap in cuts:
        text = text[:at] + scrap + text[at + length :]
    assert sound(problems(text))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(FULL)))
def test_a_playbook_that_is_cut_off_anywhere_is_read_or_refused(length: int) -> None:
    assert sound(problems(FULL[:length]))
