"""Lines are edited as Ansible's users expect, by the program that runs on the host."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.registry import Registry, call
from mplay_modules._line_edit import LineEdit
from mplay_modules.lineinfile import Lineinfile

LINES = st.lists(st.sampled_from(["one", "two", "#one", "", "a b", "é$"]), max_size=6)


def edited(text: str, edit: LineEdit) -> tuple[str, str]:
    """What the edit makes of a text, and what it says about it."""
    done, asked = (
        subprocess.run(["sh", "-euc", script], input=text.encode(), capture_output=True, check=True)
        for script in (edit.do(), edit.ask())
    )
    return done.stdout.decode(), asked.stdout.decode()


@settings(max_examples=60, deadline=None)
@given(LINES, st.booleans(), st.sampled_from(["one", "two", "new $x"]))
def test_a_line_is_there_once_it_was_asked_for_and_no_other_is_touched(
    lines: list[str], ended: bool, line: str
) -> None:
    text = "\n".join(lines) + ("\n" if ended and lines else "")
    after, said = edited(text, LineEdit(line=line, present=True))
    if line in lines:
        assert (after, said) == (text, "done")
    else:
        assert after == (text + "\n" if text and not text.endswith("\n") else text) + line + "\n"
        assert said == "todo"


@settings(max_examples=40, deadline=None)
@given(LINES)
def test_lines_that_match_go_and_all_others_stay(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    after, said = edited(text, LineEdit(line=None, present=False, regexp="^#?one$"))
    assert after == "".join(f"{line}\n" for line in lines if line not in {"one", "#one"})
    assert said == ("done" if after == text else "todo")


TEXT = "Port 22\n#Port 23\nMatch all\n"


@pytest.mark.parametrize(
    ("args", "after"),
    [
        ({"regexp": "^#?Port", "line": "Port 1"}, "Port 22\nPort 1\nMatch all\n"),
        ({"regexp": "^None", "line": "Match all"}, TEXT),
        ({"search_string": "Match", "line": "M"}, "Port 22\n#Port 23\nM\n"),
        ({"line": "x", "insertbefore": "BOF"}, f"x\n{TEXT}"),
        ({"line": "x", "insertafter": "BOF"}, f"x\n{TEXT}"),
        ({"line": "x", "insertafter": "EOF"}, f"{TEXT}x\n"),
        ({"line": "x", "insertafter": "Port"}, "Port 22\n#Port 23\nx\nMatch all\n"),
        (
            {"line": "x", "insertafter": "Port", "firstmatch": True},
            "Port 22\nx\n#Port 23\nMatch all\n",
        ),
        ({"line": "x", "insertbefore": "Port"}, "Port 22\nx\n#Port 23\nMatch all\n"),
        ({"line": "x", "insertbefore": "none of them"}, f"{TEXT}x\n"),
        ({"line": "x", "insertafter": "^Match all$"}, f"{TEXT}x\n"),
        (
            {"regexp": r"^(?P<word>\w+) (2.)$", "line": r"\g<word>=\2\\", "backrefs": True},
            "Port=22\\\n#Port 23\nMatch all\n",
        ),
        ({"regexp": "^(None)", "line": r"\1", "backrefs": True}, TEXT),
        ({"regexp": r"\d\d", "state": "absent"}, "Match all\n"),
        ({"search_string": "ort 2", "state": "absent"}, "Match all\n"),
        ({"line": "Match all", "state": "absent"}, "Port 22\n#Port 23\n"),
    ],
)
def test_arguments_mean_what_they_mean_in_ansible(args: dict[str, Any], after: str) -> None:
    module = Registry().find("lineinfile")
    assert module is not None
    made = call(module, {"path": "/a", **args})
    assert isinstance(made, Lineinfile)
    assert edited(TEXT, made.edit)[0] == after


def test_an_edit_that_would_never_end_says_so() -> None:
    edit = LineEdit(line=r"\1 more", present=True, regexp="^(Port.*)$", backrefs=True)
    assert edited("Port 22\n", edit)[1] == "unstable"


def test_the_ends_of_other_lines_are_kept() -> None:
    edit = LineEdit(line="x", present=True, regexp="^two")
    assert edited("one\r\ntwo\r\nthree", edit)[0] == "one\r\nx\nthree"


def test_perl_s_own_code_in_an_expression_is_not_run() -> None:
    edit = LineEdit(line="x", present=True, regexp="(?{ print STDERR 1 })")
    done = subprocess.run(["sh", "-euc", edit.do()], input=b"a\n", capture_output=True, check=False)
    assert done.returncode != 0
    assert b"not allowed" in done.stderr


def test_bytes_that_are_no_text_pass_unharmed() -> None:
    edit = LineEdit(line="x", present=True)
    data = bytes(range(256))
    done = subprocess.run(["sh", "-euc", edit.do()], input=data, capture_output=True, check=True)
    assert done.stdout == data + b"\nx\n"
