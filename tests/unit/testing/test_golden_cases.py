"""A golden case is read, judged, and rewritten without loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mplay.registry import Registry
from mplay.testing import casefile, golden

ABSENT = """\
# why this case is here
args: {content: hello, dest: /srv/a}
host says: |
  file:/srv/a:kind\tabsent
  file:/srv:kind\tdirectory
plan: null
then host says: |
  file:/srv/a:kind\tfile
  file:/srv/a:mode\t0644
  file:/srv/a:sha256\t2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
"""


@pytest.fixture
def case_at(tmp_path: Path) -> Path:
    (tmp_path / "copy").mkdir()
    path = tmp_path / "copy" / "creates.yaml"
    path.write_text(ABSENT)
    return path


def test_a_case_that_says_otherwise_fails_until_it_is_accepted(case_at: Path) -> None:
    case = golden.load(case_at, Registry())
    with pytest.raises(AssertionError, match="--accept"):
        golden.check(case)
    golden.accept(case)
    golden.check(golden.load(case_at, Registry()))
    text = case_at.read_text()
    assert text.startswith("# why this case is here\nargs: {content: hello, dest: /srv/a}\n")
    assert text.endswith(ABSENT[ABSENT.index("then host says") :])


def test_an_expectation_that_does_not_come_true_fails(case_at: Path) -> None:
    case_at.write_text(ABSENT.replace("mode\t0644", "mode\t0600"))
    golden.accept(golden.load(case_at, Registry()))
    with pytest.raises(AssertionError, match="not what the host then says"):
        golden.check(golden.load(case_at, Registry()))


def test_accepting_takes_away_what_is_said_no_more(case_at: Path) -> None:
    case_at.write_text(ABSENT.partition("then")[0].replace("directory", "absent"))
    golden.accept(golden.load(case_at, Registry()))
    sections = casefile.read(case_at)
    assert "plan" not in sections
    assert "does not exist" in sections["cannot plan"]


def test_a_section_that_nobody_knows_is_refused(case_at: Path) -> None:
    case_at.write_text(ABSENT + "planned: null\n")
    with pytest.raises(ValueError, match="no such section: planned"):
        golden.load(case_at, Registry())


def test_every_script_of_a_case_is_handed_to_shellcheck(case_at: Path) -> None:
    parts = dict(golden.scripts(golden.load(case_at, Registry())))
    assert set(parts) == {"probe", "save", "apply", "restore"}
    assert "printf" in parts["apply"]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40) | st.text(
    "ab \t\n'\":{}[]#|-\\", max_size=30
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(VALUE, VALUE)
def test_what_is_written_is_read_again(first: Any, second: Any) -> None:
    text = casefile.replace("args: {}\n", "plan", first)
    assert yaml.safe_load(text) == {"args": {}, "plan": first}
    text = casefile.replace(text, "plan", second)
    assert yaml.safe_load(text) == {"args": {}, "plan": second}
    assert yaml.safe_load(casefile.removed(text, "plan")) == {"args": {}}
