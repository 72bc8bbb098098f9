"""Blocks are edited as Ansible's users expect, by the program that runs on the host."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from mplay.registry import Registry, call
from mplay.testing.golden import filled
from mplay_modules._block_edit import BlockEdit
from mplay_modules.blockinfile import Blockinfile

TEXT = "Port 22\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\nMatch all\n"
PLAIN = "Port 22\nMatch all\nPort 23"
NEW = "# BEGIN ANSIBLE MANAGED BLOCK\nnew\n# END ANSIBLE MANAGED BLOCK\n"


def edited(text: str, script: str) -> str:
    done = subprocess.run(["sh", "-euc", script], input=text.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("text", "args", "after"),
    [
        (TEXT, {"block": "new"}, f"Port 22\n{NEW}Match all\n"),
        (TEXT, {"block": "new", "insertbefore": "BOF"}, f"Port 22\n{NEW}Match all\n"),
        (TEXT, {"block": ""}, "Port 22\nMatch all\n"),
        (TEXT, {"state": "absent", "block": "new"}, "Port 22\nMatch all\n"),
        (PLAIN, {"block": "new"}, f"{PLAIN}\n{NEW}"),
        (PLAIN, {"block": "new\n", "insertafter": "EOF"}, f"{PLAIN}\n{NEW}"),
        (PLAIN, {"block": "new", "insertbefore": "BOF"}, f"{NEW}{PLAIN}"),
        (PLAIN, {"block": "new", "insertafter": "^Port"}, f"{PLAIN}\n{NEW}"),
        (PLAIN, {"block": "new", "insertbefore": "^Match"}, f"Port 22\n{NEW}Match all\nPort 23"),
        (PLAIN, {"block": "new", "insertbefore": "none such"}, f"{PLAIN}\n{NEW}"),
        (PLAIN, {"state": "absent"}, PLAIN),
        ("", {"block": "new"}, NEW),
    ],
)
def test_arguments_mean_what_they_mean_in_ansible(
    text: str, args: dict[str, Any], after: str
) -> None:
    module = Registry().find("blockinfile")
    assert module is not None
    made = call(module, filled(module, {"path": "/a", **args}, {}))
    assert isinstance(made, Blockinfile)
    assert edited(text, made.edit.do) == after
    assert edited(after, made.edit.do) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a\n#x\njob\nb\n", "a\n#x\nnew\nb\n"),
        ("a\n#x", "a\n#x\nnew\n"),
        ("a", "a\n#x\nnew\n"),
    ],
)
def test_without_an_end_a_block_is_the_marker_and_one_line(text: str, after: str) -> None:
    edit = BlockEdit(begin="#x", end=None, block="#x\nnew\n")
    assert edited(text, edit.do()) == after
    gone = BlockEdit(begin="#x", end=None, block="")
    assert "#x" not in edited(after, gone.do())


def test_bytes_that_are_no_text_pass_unharmed() -> None:
    edit = BlockEdit(begin="#b", end="#e", block="#b\né\n#e\n")
    data = bytes(range(256))
    done = subprocess.run(["sh", "-euc", edit.do()], input=data, capture_output=True, check=True)
    assert done.stdout == data + "\n#b\né\n#e\n".encode()
