"""Modes come out as chmod makes them, and numbers that YAML has read are not misread."""

from __future__ import annotations

import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.registry import BadArguments, Registry, call
from mplay_modules._mode import made_by_umask, resolved, umask_for

CLAUSE = st.builds(
    "{}{}{}".format,
    st.text("ugoa", max_size=3),
    st.sampled_from("+-="),
    st.text("rwxXst", max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(
    mode=st.lists(CLAUSE, min_size=1, max_size=3).map(",".join),
    before=st.integers(0, 0o7777),
    directory=st.booleans(),
)
def test_symbolic_modes_are_those_of_chmod(mode: str, before: int, *, directory: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x")
        path.mkdir() if directory else path.touch()
        path.chmod(before)
        subprocess.run(["sh", "-c", 'umask 0; chmod -- "$1" "$2"', "-", mode, path], check=True)
        made = f"{stat.S_IMODE(path.stat().st_mode):04o}"
        path.chmod(0o700)
    assert resolved(mode, f"{before:04o}", directory=directory) == made


@given(st.integers(0, 0o7777).map("{:04o}".format).filter(made_by_umask))
def test_a_umask_makes_the_modes_that_need_no_chmod(mode: str) -> None:
    assert 0o666 & ~int(umask_for(mode), 8) == int(mode, 8)


def mode_of(given_mode: object) -> object:
    file = Registry().find("file")
    assert file is not None
    return call(file, {"path": "/a", "mode": given_mode}).model_dump()["mode"]


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("644", "0644"),
        ("0644", "0644"),
        ("2775", "2775"),
        (0o644, "0644"),
        (0o755, "0755"),
        (0o600, "0600"),
        (0o1777, "1777"),
        ("u=rw,g=r", "u=rw,g=r"),
    ],
)
def test_a_mode_is_read_in_quotes_or_as_yaml_reads_octal(written: object, mode: str) -> None:
    assert mode_of(written) == mode


@pytest.mark.parametrize("written", [644, 755, 600, 400, 500, 1777, 0, -1, 99999, 0o123])
def test_a_plain_number_that_was_meant_as_digits_is_refused(written: int) -> None:
    with pytest.raises(BadArguments, match=f"write the mode in quotes, as '0{written}'"):
        mode_of(written)


@pytest.mark.parametrize("written", ["", "9644", "rwx", "u+q", "064400", True, 6.44, ["0644"]])
def test_what_is_no_mode_is_refused(written: object) -> None:
    with pytest.raises(BadArguments, match="mode"):
        mode_of(written)
