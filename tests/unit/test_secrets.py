from __future__ import annotations

import pytest

from mplay.model.secrets import Secrets, has_marks, names_in, variables
from mplay.sdk import sh

PEM = "-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8\n-----END KEY-----\n"


def known(*values: str) -> Secrets:
    secrets = Secrets()
    for number, value in enumerate(values, 1):
        secrets.add(value, f"vault:{number}")
    return secrets


def test_a_line_of_a_secret_of_several_lines_is_taken_out_by_itself() -> None:
    secrets = Secrets([PEM])
    assert secrets(f"cat: {PEM}") == "cat: [secret]"
    assert "MIIB" not in secrets(PEM.splitlines()[1])


def test_every_text_inside_plain_data_is_taken_out_keys_too() -> None:
    data = {"a hunter22": [{"b": "xhunter22x"}, 3, None, True]}
    secrets = known("hunter22")
    assert secrets.found_in(data)
    assert secrets.redacted(data) == {"a [secret]": [{"b": "x[secret]x"}, 3, None, True]}


def test_data_with_marks_is_read_again_where_the_secret_is_known() -> None:
    data = {"content": "pw=hunter22 aHVudGVyMjI=", "mode": "0600", "list": [1, "plain"]}
    marked = known("hunter22").marked(data)
    assert not known("hunter22").found_in(marked)
    assert known("hunter22").unmarked(marked) == data
    assert known("another", "hunter23").unmarked(marked) != data
    assert Secrets(["hunter22"]).unmarked(marked) == marked
    assert Secrets()(marked["content"]) == "pw=[secret] [secret]"


def test_a_secret_without_a_reference_is_known_by_no_other_process() -> None:
    first, second = Secrets(["hunter22", "hunter33"]), Secrets(["hunter44", "hunter55"])
    marked = first.marked(["hunter22", "hunter33"])
    assert first.unmarked(marked) == ["hunter22", "hunter33"]
    assert second.unmarked(marked) == marked
    assert all(has_marks(text) for text in marked)


def test_a_reference_that_comes_later_is_taken() -> None:
    secrets = Secrets(["hunter22"])
    secrets.add("hunter22", "vault:1")
    assert secrets.marked("hunter22") == known("hunter22").marked("hunter22")
    assert names_in(secrets.marked(["x hunter22"])) <= variables("vault:1")


@pytest.mark.parametrize("secret", ["it's a secret", "'quoted'", "plain-one"])
def test_a_quoted_script_is_read_again_as_it_was(secret: str) -> None:
    inner = sh("mysql -p{x}", x=f"a{secret}b")
    script = sh("( exec /bin/sh -c {x} )", x=inner)
    marked = known(secret).marked(script)
    assert not known(secret).found_in(marked)
    assert "without name" not in marked
    assert known(secret).unmarked(marked) == script


def test_a_secret_that_holds_another_one_is_taken_out_whole() -> None:
    assert known("hunter22", "my-hunter22-key")("x my-hunter22-key") == "x [secret]"


@pytest.mark.parametrize("secret", ['it\'s "both"', "back\\slash\nline", "tab\tand 'quote"])
@pytest.mark.parametrize("around", ["", '"', "'", "'\""])
def test_a_text_as_python_shows_it_holds_no_secret(secret: str, around: str) -> None:
    shown = repr(f"was {around} {secret}")
    assert "[secret]" in Secrets([secret])(shown)


def test_the_beginning_of_a_secret_that_was_cut_is_taken_out() -> None:
    secrets = known("hunter22-and-more")
    assert secrets("mysql -phunter22-an ...") == "mysql -p[secret] ..."
    assert secrets.marked("mysql -phunter22…") == "mysql -p[secret without name]…"
    assert secrets("hunt ...") == "hunt ..."


def test_what_is_left_of_a_secret_at_the_end_of_cut_output_is_taken_out() -> None:
    secrets = known("hunter22-and-more")
    assert secrets.trimmed("x" * 50 + "hunter22-a") == "x" * 50 + "[secret]"
    assert secrets.trimmed("hunter22-and-more") == "hunter22-and-more"  # whole: marked elsewhere
    assert secrets.trimmed("the hunter") == "the [secret]"
    assert secrets.trimmed("the hunt") == "the hunt"
