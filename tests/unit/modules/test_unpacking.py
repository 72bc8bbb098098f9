"""`unarchive` with each form of archive, of the controller and of the host, in a real shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mplay.registry import BadArguments, Registry, call
from mplay.sdk import CannotPlan, Change, Facts, State, unmet
from mplay.testing.golden import filled
from mplay.testing.hostshell import HostShell
from mplay.testing.laws import cuts
from mplay.testing.packed import packed
from tests.unit.modules.test_file_changes import tree

ENTRIES = {"./d/": "", "d/a": "new\n", "d/run*": "#!/bin/sh\n", "l -> d": "", "e [x]/*b?": "odd\n"}
HELD = {name.removesuffix("*"): text for name, text in ENTRIES.items()}
REGISTRY = Registry()


@pytest.fixture
def host(tmp_path: Path) -> HostShell:
    return HostShell(state=str(tmp_path / "state"))


def made(name: str, dest: Path, *, remote: bool, **more: Any) -> State:
    src = name
    if remote:
        src = str(dest.parent / name)
        Path(src).write_bytes(packed(name, ENTRIES))
    module = REGISTRY.find("unarchive")
    assert module is not None
    given = {"src": src, "dest": str(dest), "remote_src": remote, **more}
    state = call(module, filled(module, given, {name: ENTRIES}))
    assert isinstance(state, State)
    return state


def old(folder: Path) -> Path:
    (folder / "there" / "d").mkdir(parents=True, mode=0o750)
    (folder / "there" / "d" / "a").write_text("old")
    (folder / "there" / "d" / "a").chmod(0o4711)
    (folder / "there" / "mine").write_text("mine")
    return folder / "there"


def planned(host: HostShell, state: State) -> tuple[Change, Facts]:
    seen = host.facts(state.probe())
    change = state.plan(seen)
    assert change is not None
    for blob in change.blobs:
        host.put(blob)
    return Change.from_json(json.loads(json.dumps(change.as_json()))), seen


@pytest.mark.parametrize("remote", [False, True], ids=["controller", "host"])
@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.zip"])
def test_what_is_unpacked_is_there_once_and_goes_again(
    host: HostShell, tmp_path: Path, name: str, *, remote: bool
) -> None:
    dest = old(tmp_path)
    before = tree(dest)
    state = made(name, dest, remote=remote)
    change, seen = planned(host, state)
    blobs = [] if remote else [state.src.blob]  # type: ignore[attr-defined]
    for script in (*cuts(change.apply), change.apply):
        assert host.run(change.save).rc == 0
        host.run(script)
        if script == change.apply:
            after = host.facts(state.probe())
            assert not unmet(change.expect, after)
            assert state.plan(after) is None
            assert (dest / "d" / "a").read_text() == "new\n"
            assert (dest / "d" / "run").stat().st_mode & 0o111
            assert (dest / "l").readlink() == Path("d")
            assert (dest / "mine").read_text() == "mine"
        ended = host.run(change.restore or "")
        assert ended.rc == 0, ended.err
        assert tree(dest) == before
        assert not unmet(change.restored or {}, host.facts(state.probe()))
        host.forget()
        for blob in blobs:
            host.put(blob)
    assert seen == host.facts(state.probe())


@pytest.mark.parametrize("remote", [False, True], ids=["controller", "host"])
@pytest.mark.parametrize("name", ["a.tar", "a.zip"])
@pytest.mark.parametrize("spoil", ["content", "kind", "gone", "link"])
def test_every_difference_is_seen(
    host: HostShell, tmp_path: Path, name: str, spoil: str, *, remote: bool
) -> None:
    dest = old(tmp_path)
    state = made(name, dest, remote=remote)
    change, _ = planned(host, state)
    assert host.run(change.save).rc == host.run(change.apply).rc == 0
    (dest / "d" / "a").unlink()
    if spoil == "content":
        (dest / "d" / "a").write_text("other")
    elif spoil == "kind":
        (dest / "d" / "a").symlink_to("nowhere")
    elif spoil == "link":
        (dest / "d" / "a").write_text("new\n")
        (dest / "l").unlink()
        (dest / "l").symlink_to("e [x]")
    again = state.plan(host.facts(state.probe()))
    assert again is not None
    assert again.diff[0].after == ("l\n" if spoil == "link" else "d/a\n")


def test_an_archive_of_the_host_that_changed_meanwhile_is_not_unpacked(
    host: HostShell, tmp_path: Path
) -> None:
    dest = old(tmp_path)
    before = tree(dest)
    change, _ = planned(host, made("a.tar", dest, remote=True))
    (tmp_path / "a.tar").write_bytes(packed("a.tar", {"other": "x"}))
    ended = host.run(change.save)
    assert (ended.rc, "has changed" in ended.err) == (1, True)
    assert host.run(change.apply).rc != 0
    assert tree(dest) == before


@pytest.mark.parametrize("entry", ["../out", "/out", "d/../../out"])
def test_names_that_lead_out_of_an_archive_of_the_host_are_refused(
    host: HostShell, tmp_path: Path, entry: str
) -> None:
    dest = old(tmp_path)
    state = made("a.tar", dest, remote=True)
    (tmp_path / "a.tar").write_bytes(packed("a.tar", {entry: "x"}))
    change, _ = planned(host, state)
    ended = host.run(change.save)
    assert ended.rc != 0
    assert "not unpacked" in ended.err
    assert not (tmp_path / "out").exists()


def test_what_somebody_else_put_into_a_new_directory_stays(host: HostShell, tmp_path: Path) -> None:
    dest = old(tmp_path)
    change, _ = planned(host, made("a.tar", dest, remote=False))
    assert host.run(change.save).rc == host.run(change.apply).rc == 0
    (dest / "e [x]" / "theirs").write_text("x")
    assert host.run(change.restore or "").rc == 0
    assert [path.name for path in (dest / "e [x]").iterdir()] == ["theirs"]


def test_a_directory_in_the_way_is_told_before_anything_is_sent(
    host: HostShell, tmp_path: Path
) -> None:
    dest = old(tmp_path)
    (dest / "l").mkdir()
    state = made("a.tar", dest, remote=False)
    with pytest.raises(CannotPlan, match=r"in the way of l$"):
        state.plan(host.facts(state.probe()))


def test_an_archive_of_very_many_entries_is_compared_by_a_path_that_it_creates(
    host: HostShell, tmp_path: Path
) -> None:
    dest = old(tmp_path)
    many = {f"many/{'n' * 40}-{number}": "x" for number in range(2500)}
    module = REGISTRY.find("unarchive")
    assert module is not None
    given = {"src": "a.tar", "dest": str(dest)}
    with pytest.raises(BadArguments, match="give `creates`"):
        call(module, filled(module, given, {"a.tar": many}))
    state = call(module, filled(module, {**given, "creates": f"{dest}/many"}, {"a.tar": many}))
    assert isinstance(state, State)
    before = tree(dest)
    change, _ = planned(host, state)
    assert host.run(change.save).rc == host.run(change.apply).rc == 0
    assert len(list((dest / "many").iterdir())) == 2500
    assert state.plan(host.facts(state.probe())) is None
    assert host.run(change.restore or "").rc == 0
    assert tree(dest) == before
