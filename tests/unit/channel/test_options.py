"""OpenSSH options of an inventory, and host keys on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.channel.hostkeys import HostKey, known_files, remember
from mplay.channel.options import parse_options


def test_options_are_read_in_all_their_spellings() -> None:
    text = "-o UserKnownHostsFile=/a/b -oPort=2222 -o 'ProxyJump gate' -i ~/k -4 -q -l me"
    options = parse_options(text)
    assert options.values == {
        "userknownhostsfile": "/a/b",
        "port": "2222",
        "proxyjump": "gate",
        "identityfile": "~/k",
        "user": "me",
    }


def test_the_first_value_of_an_option_counts() -> None:
    assert parse_options("-p 1 -o Port=2").get("port") == "1"


@pytest.mark.parametrize("text", ["-z 1", "host", "-o", "-o Name", "-p", "-D 8080", "'"])
def test_what_is_no_option_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^-|^No closing|is no option"):
        parse_options(text)


def test_known_hosts_are_the_users_or_those_named_and_always_the_systems() -> None:
    assert [str(p) for p in known_files("/x /y")][:2] == ["/x", "/y"]
    assert Path("~/.ssh/known_hosts").expanduser() in known_files("")
    assert Path("/etc/ssh/ssh_known_hosts") in known_files("/x")


def test_a_key_is_recorded_once_and_replaces_its_predecessor(tmp_path: Path) -> None:
    file = tmp_path / "new" / "known_hosts"
    remember(HostKey("web1", "ssh-ed25519", "AAAA1", "SHA256:1"), file)
    remember(HostKey("web2", "ssh-ed25519", "AAAA2", "SHA256:2"), file)
    remember(HostKey("web1", "ssh-ed25519", "AAAA3", "SHA256:3"), file)
    assert file.read_text() == "web2 ssh-ed25519 AAAA2\nweb1 ssh-ed25519 AAAA3\n"
    assert file.stat().st_mode & 0o777 == 0o600
