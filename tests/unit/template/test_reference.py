"""The page about templates names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2.filters import FILTERS

from mplay.spec.keys import RESERVED
from mplay.template import filters, tests
from mplay.template.lookups import LOOKUPS

PAGE = (Path(__file__).parents[3] / "docs/reference/templates.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n\n")[1].split("\n## ")[0]


def words(text: str) -> set[str]:
    """All words in code spans."""
    return {word for span in re.findall(r"`([^`]+)`", text) for word in span.split()}


def cells(title: str, column: int) -> set[str]:
    """The words in code spans of one column of a section's table."""
    rows = re.findall(r"^\| (.* \| .*) \|$", section(title), re.MULTILINE)
    return {
        word
        for row in rows
        for word in re.findall(r"`(\w+)[`\[]", re.sub(r"\(.*?\)", "", row.split(" | ")[column]))
    }


def test_the_page_names_every_filter_and_no_other() -> None:
    listed = words(section("Filters").split("\n\n")[0])
    assert listed <= set(FILTERS)
    assert listed | cells("Filters", 1) == set(filters.table())


def test_the_page_names_every_test_and_no_other() -> None:
    said = re.sub(r"\(.*?\)|takes .*", "", section("Tests"))
    listed = words(said)
    named = {name for name in tests.table() if name.isidentifier()}
    assert {word for word in listed if word.isidentifier()} == named


def test_the_page_names_every_lookup_and_no_other() -> None:
    assert cells("Lookups", 0) == set(LOOKUPS)


def test_the_page_names_every_variable_that_is_set_and_no_other() -> None:
    assert cells("Variables that mplay sets", 0) - {"HOST"} == RESERVED
