"""Public keys are read with all that may stand before and after them."""

from __future__ import annotations

import re

import pytest

from mplay_modules._ssh_keys import parsed

BODY = "AAAAC3NzaC1lZDI1NTE5AAAAIC29XX9AQHDZb8TnKWHu2OVmInr1tYnQUtK2ItOk39Vb"


@pytest.mark.parametrize(
    ("line", "options", "comment"),
    [
        (f"ssh-ed25519 {BODY}", "", ""),
        (f"  ssh-ed25519   {BODY}  ann at the desk ", "", "ann at the desk"),
        (f"no-pty ssh-ed25519 {BODY} ann", "no-pty", "ann"),
        (
            rf'command="say \"ssh-ed25519 x\"",from="192.0.2.0/24" ssh-ed25519 {BODY}',
            r'command="say \"ssh-ed25519 x\"",from="192.0.2.0/24"',
            "",
        ),
    ],
)
def test_options_and_comment_are_told_apart(line: str, options: str, comment: str) -> None:
    key = parsed(line)
    assert (key.options, key.kind, key.body, key.comment) == (
        options,
        "ssh-ed25519",
        BODY,
        comment,
    )
    assert re.search(key.pattern, line)
    assert parsed(key.line) == key


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", f"ssh-rsa {BODY}", "ssh-ed25519 AAAA", f"ed25519 {BODY}", BODY]
)
def test_what_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is no public key"):
        parsed(line)


def test_a_key_is_not_found_in_a_comment_or_in_a_longer_key() -> None:
    pattern = parsed(f"ssh-ed25519 {BODY}").pattern
    assert not re.search(pattern, f"# ssh-ed25519 {BODY}")
    assert not re.search(pattern, f"ssh-ed25519 {BODY}AA")
