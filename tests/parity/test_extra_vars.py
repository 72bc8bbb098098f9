"""The texts of ``-e`` mean what they mean to ansible-core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mplay.app.extra import extra_vars
from mplay.model.errors import UsageError
from mplay.source.words import pairs
from tests.parity.oracle import Oracle


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("extra")
    (root / "vars.yml").write_text("a: 1\nb: [x, yes, 0644, ~]\nc: {d: 'e'}\nt: '{{ b }}'\n")
    (root / "vars.json").write_text('{"a": 2, "b": {"c": null, "d": 1.5}}')
    (root / "no suffix").write_text("---\na: from a file\n")
    (root / "empty.yml").write_text("---\n")
    (root / "list.yml").write_text("- a\n")
    (root / "words.txt").write_text("just words\n")
    return root


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    with Oracle(folder) as found:
        yield found


ACCEPTED = [
    ["a=1"],
    ["a=1 b=2"],
    ["a=1", "a=2"],
    ["a=1 a=2"],
    ["a='x y' b=\"it's\""],
    ["a='x'y"],
    ["a=x'y z'"],
    ['a="x=y" b=c=d'],
    ["a="],
    ["a=''"],
    ["a='  '"],
    ["  a=1   b=2  "],
    ["a=1\nb=2"],
    ["a='1\n2'"],
    ["a=1 \\\n b=2"],
    ["a={{ b | default('x y') }}"],
    ["a={{ {'k': 1} }} c={% if true %}x{% endif %}"],
    [""],
    [" "],
    ["a={# a note #}x"],
    [r"a=x\ty"],
    [r"a='\x41\u0042'"],
    [r"a=\"quoted\""],
    [r"a='it\'s'"],
    ["a=ünï"],
    ["a=yes b=0644 c=null d=1.10"],
    ["a=[1,2]"],
    ["a={x:1}"],
    ["a=1\tb=2"],
    ['{"a": 1, "b": [1, 2.5, true, null, "x"], "c": {"d": "e"}}'],
    ["{a: 1, b: [x, yes, no, 0644, 0o17, 1_000, ~]}"],
    ['{"a": 1e3, "b": 1.5E+3, "c": -0.0}'],
    [r'{"a": "\ud83d\ude00 \/ \t"}'],
    ["{a: '{{ b }}', b: \"x\"}"],
    ["{}"],
    ['{"a":\n 1}'],
    ["@vars.yml"],
    ["@vars.json"],
    ["@no suffix"],
    ["@~/vars.yml"],
    ["a=1", "@vars.yml", '{"a": 3}'],
    ["@vars.yml", "a=last b='{{ a }}'"],
]


@pytest.mark.parametrize("given_texts", ACCEPTED, ids=lambda texts: " -e ".join(texts))
def test_what_is_given_is_what_ansible_understands(
    oracle: Oracle, folder: Path, given_texts: list[str]
) -> None:
    texts = [text.replace("@", f"@{folder}/", 1).replace("/~/", "/") for text in given_texts]
    theirs = oracle.ask("extra", given_texts)
    if not theirs.get("_raw_params", "x").strip():
        del theirs["_raw_params"]  # blanks before the first word
    assert extra_vars(texts) == theirs


REFUSED_BY_BOTH = [
    "a='1",
    'a="x',
    "a={{ b",
    "a={% if %",
    "[1, 2]",
    '["a=1"]',
    "{a",
    "/etc/vars.yml",
    "./vars.yml",
    "@empty.yml",
    "@list.yml",
    "@words.txt",
    "@none.yml",
    "@/",
    "@",
]


@pytest.mark.parametrize("text", REFUSED_BY_BOTH)
def test_what_ansible_refuses_is_refused(oracle: Oracle, folder: Path, text: str) -> None:
    with pytest.raises(ValueError, match="Ansible"):
        oracle.ask("extra", [text])
    with pytest.raises(UsageError):
        extra_vars([text.replace("@", f"@{folder}/", 1) if text[:2] not in {"@/", "@"} else text])


REFUSED_HERE = {
    "a": "-e (1) 'a' is no variable",
    "a=1 b": "-e (1) 'b' is no variable",
    "a =1": "-e (1) 'a' is no variable",
    "c={% if true %}x y{% endif %}": "-e (1) 'y{% endif %}' is no variable",
    "=1": "-e (1) '=1' is no variable",
    '{"a": 1, "a": 2}': "-e (1):1:11 the key 'a' is given twice",
    "item=1": "-e (1) the variable 'item' is set by mplay",
}
"""Ansible takes these and does something that nobody meant."""


@pytest.mark.parametrize("text", REFUSED_HERE)
def test_what_ansible_takes_and_nobody_means_is_refused(oracle: Oracle, text: str) -> None:
    oracle.ask("extra", [text])
    with pytest.raises(UsageError) as refused:
        extra_vars([text])
    assert REFUSED_HERE[text] in str(refused.value)


PIECES = ["a", "=", " ", "\n", "'", '"', "\\", "{{", "}}", "{%", "%}", "{#", "#}", "b=", "é", r"\n"]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example(text="a='x\\' y' b=c")
@example(text="a=}}{{ }}")
@example(text="a\\=b=c")
def test_words_are_cut_where_ansible_cuts_them(oracle: Oracle, text: str) -> None:
    try:
        theirs = oracle.ask("pairs", text)
    except ValueError:
        with pytest.raises(ValueError, match="is not closed"):
            pairs(text)
        return
    theirs.pop("_raw_params", None)
    assert {key: value for key, value in pairs(text) if value is not None} == theirs
