from __future__ import annotations

import re
from pathlib import Path

from mplay.spec import keys

PAGE = (Path(__file__).parents[3] / "docs/reference/playbook-keys.md").read_text()


def words(section: str) -> set[str]:
    """All words in code spans of a section."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return {word for span in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", span)}


def rows(section: str) -> set[str]:
    """The keys that the table of a section explains."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    firsts = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {word for cell in firsts for word in re.findall(r"`(\w+)`", cell)}


def test_the_page_explains_every_key_and_no_other() -> None:
    assert rows("Playbook") == keys.PLAYBOOK.known
    assert rows("Step") == keys.STEP.known
    assert rows("Block") == keys.BLOCK.known


def test_the_page_names_every_key_that_comes_later() -> None:
    assert keys.PLAYBOOK.later <= words("Playbook")
    assert keys.STEP.later <= words("Step")
    assert keys.BLOCK.later | keys.BETWEEN.later <= words("Block")


def test_the_page_names_the_keys_of_brackets_and_included_files() -> None:
    assert keys.BRACKET.known <= words("Block")
    assert keys.INCLUDED.known <= words("Block")
