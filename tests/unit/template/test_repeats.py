"""Which regular expressions are run, and which could take for ever."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.template.filters.regex import pattern


@pytest.mark.parametrize(
    "expression",
    [
        r"^(\d{1,3}\.){3}\d{1,3}$",
        r"^(\d+\.)+\d+$",
        r"(\.\d+)*",
        r"(?:[^,]*,)*z",
        r"(\w+=\d+,)*",
        r"([a-z]+\d+,)*",
        r"(yes|no)*",
        r"(?:ab)+",
        r"([a-z]\d)*",
        r"(a|b)*c",
        r"((a|b)c)*",
        r"^(?P<name>\w+)(?:-(?P<rest>.*))?$",
        r"(\s*\w+\s*)?=",
        r"https?://[^/]+(/[^/?#]*)*",
        r"(x{3})+",
        r"(\s\w+)*$",
        r"^\S+@\S+$",
        r"(?i)(KEY=[^;]*;)*",
        r"(?>a+)b",
        r"x(?!y+)z*",
    ],
)
def test_what_matches_in_one_way_is_run(expression: str) -> None:
    assert pattern(expression).pattern == expression


@pytest.mark.parametrize(
    "expression",
    [
        r"(a+)+$",
        r"((a+))+$",
        r"(a*)*b",
        r"(a|aa)+$",
        r"(a|a)*b",
        r"(a|b|ab)*c",
        r"([a-z]+\s?)*$",
        r"(x+x+)+y",
        r"(\d+\d*,)*",
        r"(.*,)*x",
        r"(\w+\d,)*x",
        r"(a?)*b",
        r"(a+b?)*c",
        r"(?:(?:\w+)-?)+$",
        r"(?i)(a+A)+$",
        r"((?:x|y)+)*z",
        r"(a{1,9}){1,9}$",
        r"((a)\2*)*b",
    ],
)
def test_what_matches_in_several_ways_and_is_repeated_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="could take for ever"):
        pattern(expression)


@pytest.mark.parametrize("expression", ["(", "[a", "*", "(?P<a>x)(?P<a>y)", "a{2,1}", r"\g<x>"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression"):
        pattern(expression)


PARTS = ["a", "b", "ab", "(", "(?:", ")", "|", "+", "*", "?", "{1,3}", r"\w", r"\d", ".", "[ab]"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join))
def test_an_expression_that_is_run_does_not_explode(expression: str) -> None:
    try:
        compiled = pattern(expression)
    except ValueError:
        return
    # 2 ** 24 ways would not end here; a polynomial of a few parts does.
    for text in ("a" * 24 + "!", "ab" * 12 + "!", "1" * 24 + "!"):
        re.compile(f"(?:{compiled.pattern})$").match(text)
