from __future__ import annotations

import base64
import io
import json
import shlex
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplay.report.redact import Redactor, escaped, one_line
from mplay.report.writer import Styled, Writer

SECRET = "s3cr3t p/w'\"ö+"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("half \ud800", "half \\ud800"),
        ("Zoë 中 🙂", "Zoë 中 🙂"),
        ("\u2028", "\\u2028"),
    ],
)
def test_control_characters_are_shown_and_never_sent(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_a_cell_stays_on_one_line() -> None:
    assert one_line("a\nb\tc") == "a\\nb\\tc"


@given(st.text())
def test_nothing_that_is_printed_can_act_on_a_terminal(text: str) -> None:
    out = io.StringIO()
    Writer(out).line(text)
    shown = out.getvalue()
    acting = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
    assert acting <= {"\n", "\t"}
    out.getvalue().encode()


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        json.dumps(SECRET)[1:-1],
        shlex.quote(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_known_secret_is_taken_out_in_every_form(form: str) -> None:
    out = io.StringIO()
    Writer(out, redactor=Redactor([SECRET])).line("before ", form, " after")
    assert out.getvalue().startswith("before ")
    assert "[secret]" in out.getvalue()
    assert form not in out.getvalue()


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "z", "zz", "zzz"])
def test_a_secret_inside_a_longer_base64_text_is_taken_out(before: str, after: str) -> None:
    text = base64.b64encode(f"{before}hunter22hunter{after}".encode()).decode()
    assert "[secret]" in Redactor(["hunter22hunter"])(text)


def test_a_secret_in_json_is_taken_out_and_the_json_stays_whole() -> None:
    out = io.StringIO()
    Writer(out, redactor=Redactor([SECRET])).document({"output": f"password={SECRET}\n"})
    assert json.loads(out.getvalue()) == {"output": "password=[secret]\n"}


def test_a_secret_learned_late_is_taken_out_from_then_on() -> None:
    out = io.StringIO()
    writer = Writer(out)
    writer.redactor.add("correct horse")
    writer.line(Styled("the correct horse", "bad"))
    assert out.getvalue() == "the [secret]\n"


def test_a_secret_too_short_to_tell_from_words_is_left() -> None:
    assert Redactor(["cat"])("concatenate") == "concatenate"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _printed_on_a_terminal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = _Terminal()
    Writer(out).line(Styled("failed", "bad"))
    return out.getvalue()


def test_colour_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in _printed_on_a_terminal(monkeypatch)
    out = io.StringIO()
    Writer(out).line(Styled("failed", "bad"))
    assert out.getvalue() == "failed\n"


def test_no_color_means_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _printed_on_a_terminal(monkeypatch, NO_COLOR="1") == "failed\n"
