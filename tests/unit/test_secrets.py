from __future__ import annotations

import pytest

from mplay.model.secrets import Secrets

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
    with pytest.raises(KeyError):
        Secrets(["hunter22"]).unmarked(marked)


def test_a_secret_that_holds_another_one_is_taken_out_whole() -> None:
    assert known("hunter22", "my-hunter22-key")("x my-hunter22-key") == "x [secret]"
