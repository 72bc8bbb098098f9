"""What an inventory says of becoming root, in the words in which INI and YAML say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.app.prepare import Request, prepare
from mplay.app.project import Project
from mplay.config import Config
from mplay.model.errors import UsageError

BOOK = "name: X\nhosts: all\nsteps: [{id: a, shell: {run: x, undo: y}}]\n"


def rooted(folder: Path, word: str) -> set[str]:
    (folder / "hosts.ini").write_text(f"h ansible_become={word} wanted=no\n")
    (folder / "book.yml").write_text(BOOK)
    project = Project(config=Config(root=folder), inventory=(folder / "hosts.ini",))
    return set(prepare(project, Request(playbook=folder / "book.yml"), "r").rehearsal.become)


@pytest.mark.parametrize("word", ["true", "True", "yes", "on", "1", "'{{ 1 == 1 }}'"])
def test_yes_in_any_spelling_is_root(tmp_path: Path, word: str) -> None:
    assert rooted(tmp_path, word) == {"h"}


@pytest.mark.parametrize("word", ["false", "False", "no", "off", "0", "", "'{{ wanted }}'"])
def test_no_in_any_spelling_is_not(tmp_path: Path, word: str) -> None:
    assert rooted(tmp_path, word) == set()


def test_a_word_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="become is 'perhaps', which is neither yes nor no"):
        rooted(tmp_path, "perhaps")
