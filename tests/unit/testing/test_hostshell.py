"""Scripts run on a host as the supervisor runs them; a case is recorded from what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.registry import Registry
from mplay.sdk import Blob
from mplay.testing import golden, recording
from mplay.testing.hostshell import HostShell


@pytest.fixture
def host(tmp_path: Path) -> HostShell:
    return HostShell(prefix=["env"], state=str(tmp_path / "state"))


def test_a_script_has_its_restore_point_and_no_more_of_our_environment(
    host: HostShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "leaked")
    done = host.run('echo "${OURS-none} $- $PWD"; echo kept >"$MPLAY_SAVE/x"', save="one")
    assert done.out.split()[0] == b"none"
    assert b"e" in done.out.split()[1]
    assert done.out.split()[2] == b"/"
    assert host.run('cat "$MPLAY_SAVE/x"', save="one").out == b"kept\n"
    assert host.run('cat "$MPLAY_SAVE/x"', save="two").rc == 1


def test_no_argument_shows_the_script(host: HostShell) -> None:
    assert b"canary" not in host.run("# canary\ntr '\\0' ' ' </proc/$$/cmdline").out


def test_a_script_is_killed_with_all_that_it_started(host: HostShell, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    host.run(f"(sleep 0.6; touch {mark}) &\nsleep 0.6; touch {mark}", kill_after=0.1)
    host.raw("sleep 0.8")
    assert not mark.exists()


@pytest.mark.parametrize("data", [b"", b"\0\xff\n", b"x" * 100_000])
def test_a_blob_lies_where_scripts_look_for_it(host: HostShell, data: bytes) -> None:
    blob = Blob.of_bytes(data)
    host.put(blob)
    assert host.run(f'cat "$MPLAY_BLOBS/{blob.sha256}"').out == data


def test_a_probe_that_fails_is_told_with_its_complaint(host: HostShell) -> None:
    assert host.facts("fact a 'b\nc'") == {"a": "b\nc"}
    with pytest.raises(AssertionError, match="no such luck"):
        host.facts("echo no such luck >&2; exit 1")


def test_a_case_takes_what_the_host_says(host: HostShell, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    path = tmp_path / "copy" / "case.yaml"
    there = tmp_path / "there"
    path.write_text(
        f"# kept\nargs: {{content: text, dest: {there}/a}}\n"
        f"setup: mkdir {there}\ncleanup: rm -r {there}\nplan: null\n"
    )
    recording.record(golden.load(path, Registry()), host.prefix, host.state)
    golden.accept(golden.load(path, Registry()))
    case = golden.load(path, Registry())
    golden.check(case)
    assert case.seen("host says")[f"file:{there}/a:kind"] == "absent"
    assert case.seen("then host says")[f"file:{there}/a:kind"] == "file"
    assert path.read_text().startswith("# kept\n")
    assert not there.exists()
    assert not Path(host.state).exists()


def test_a_case_without_setup_is_left_as_it_is(host: HostShell, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    path = tmp_path / "copy" / "case.yaml"
    path.write_text("args: {dest: /srv/a}\nrefused: needs either 'src' or 'content'\n")
    before = path.read_text()
    recording.record(golden.load(path, Registry()), host.prefix, host.state)
    assert path.read_text() == before
