"""Recording a host key on purpose: the old one goes, however its line names the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.channel.hostkeys import HostKey, remember

NEW = HostKey("web1", "ssh-ed25519", "NEW", "SHA256:1")
# As `ssh-keygen -H` wrote them for web1 and web2.
HASHED = "|1|8aH2Hl0WCMsIaCSIx8Q840nxkos=|WsQLfDd8/9cZPOeGmTCWoRTjtgM= ssh-ed25519 OLD\n"
OTHER = "|1|TQVsJozW5xD0RXNGhRgGPCo3Dpc=|lFBlFEZPGS6KecvHaJD3qQJiDsI= ssh-ed25519 OTHER\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("web1 ssh-ed25519 OLD\n", ""),
        ("10.0.0.1,web1 ssh-ed25519 OLD\n", "10.0.0.1 ssh-ed25519 OLD\n"),
        (HASHED + OTHER, OTHER),
        ("web1 ssh-rsa OLD\nweb1 ssh-ed25519 OLD\n", ""),
        ("# web1 ssh-ed25519 OLD\n", "# web1 ssh-ed25519 OLD\n"),
        ("@revoked web1 ssh-ed25519 BAD\n", "@revoked web1 ssh-ed25519 BAD\n"),
        ("[web1]:2222 ssh-ed25519 OTHER\n", "[web1]:2222 ssh-ed25519 OTHER\n"),
        ("web2 ssh-ed25519 OTHER", "web2 ssh-ed25519 OTHER\n"),
        ("|1|no|hash\n|1|x ssh-ed25519 OTHER\n", "|1|no|hash\n|1|x ssh-ed25519 OTHER\n"),
    ],
)
def test_the_old_key_of_the_same_name_goes_and_all_else_stays(
    tmp_path: Path, before: str, after: str
) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(before)
    remember(NEW, file)
    assert file.read_text() == f"{after}web1 ssh-ed25519 NEW\n"


def test_a_file_keeps_its_mode_and_its_place_behind_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "real", tmp_path / "known_hosts"
    file.write_bytes(b"# caf\xe9\n")
    file.chmod(0o644)
    link.symlink_to(file)
    remember(NEW, link)
    assert link.is_symlink()
    assert file.read_bytes() == b"# caf\xe9\nweb1 ssh-ed25519 NEW\n"
    assert file.stat().st_mode & 0o777 == 0o644
