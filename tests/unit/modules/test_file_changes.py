"""The modules of files do what they say in a real shell, and undo it from wherever they came to."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.registry import Registry, call
from mplay.sdk import CannotPlan, CannotTell, Change, State, unmet
from mplay.testing.golden import filled
from mplay.testing.hostshell import HostShell
from mplay.testing.laws import cuts
from mplay_modules._place import temporary

REGISTRY = Registry()
NAME = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12
).filter(lambda name: name not in {".", ".."}) | st.sampled_from(
    ["-n", "a b", "it's", '"', "$(id)", "`id`", "a\nb", "*", "\\x41", "é", "%41", "~", "#"]
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["", "one\ntwo\n", "-n %s\\n", "'\"$x`id`\n", "\\"]
)
MODE = st.sampled_from(["0644", "0600", "0755", "0440", "u+x", "go=", "a+r"])
MODES = st.sampled_from([0o644, 0o600, 0o755, 0o4711])
BEFORE = st.one_of(
    st.just(("absent",)),
    st.tuples(st.just("file"), TEXT, MODES),
    st.tuples(st.just("link"), NAME.map("to {}".format)),
    st.tuples(st.just("directory"), NAME, TEXT),
)
LINE = st.sampled_from(["one", "two", "Port 22", "$x 'y' \"z\"", ""])


def calls(path: str) -> st.SearchStrategy[tuple[str, dict[str, Any], dict[str, str]]]:
    """Calls of modules about one path: name, arguments, files."""
    mode = st.fixed_dictionaries({}, optional={"mode": MODE})
    states = st.sampled_from(["directory", "touch", "absent", "file"])
    return st.one_of(
        st.tuples(
            st.just("copy"),
            st.builds(lambda m, text: {"dest": path, "content": text, **m}, mode, TEXT),
            st.just({}),
        ),
        st.tuples(
            st.just("template"),
            st.builds(
                lambda m, f: {"dest": path, "src": "a", "force": f, **m}, mode, st.booleans()
            ),
            TEXT.map(lambda text: {"a": text}),
        ),
        st.tuples(
            st.just("file"),
            st.builds(
                lambda m, state: {"path": path, "state": state, **(m if state != "absent" else {})},
                mode,
                states,
            ),
            st.just({}),
        ),
        st.tuples(
            st.just("file"),
            NAME.map(lambda to: {"path": path, "state": "link", "src": f"to {to}", "force": True}),
            st.just({}),
        ),
        st.tuples(
            st.just("lineinfile"),
            st.builds(
                lambda m, line, state: (
                    {"path": path, "line": line, "state": state, "create": True} | m
                ),
                mode,
                LINE,
                st.sampled_from(["present", "absent"]),
            ),
            st.just({}),
        ),
    )


def make(path: Path, before: tuple[Any, ...]) -> None:
    match before:
        case ("file", text, mode):
            path.write_bytes(text.encode())
            path.chmod(mode)
        case ("link", target):
            path.symlink_to(target)
        case ("directory", name, text):
            path.mkdir(mode=0o750)
            (path / name).write_bytes(text.encode())
            (path / "pipe-é").symlink_to("nowhere")


def tree(root: Path) -> dict[str, tuple[str, object]]:
    """Kind, mode, owner and content of all that is below."""
    found: dict[str, tuple[str, object]] = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = Path(folder, name)
            status = path.lstat()
            content: object = path.readlink() if path.is_symlink() else ""
            if stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            mode = f"{status.st_mode:o} {status.st_uid}:{status.st_gid}"
            found[str(path.relative_to(root))] = (mode, content)
    return found


@contextmanager
def machine() -> Iterator[tuple[HostShell, Path]]:
    """This machine's ``sh``, and a folder that a probe may look at."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "it's here")
        place.mkdir()
        yield HostShell(state=str(Path(folder, "state"))), place


def planned(host: HostShell, module: State) -> Change | None:
    """The change that a host needs, its blobs laid ready there."""
    try:
        change = module.plan(host.facts(module.probe()))
    except CannotTell:
        raise
    except CannotPlan:
        return None
    for blob in change.blobs if change else ():
        host.put(blob)
    return change


def module_of(name: str, args: Mapping[str, Any], files: Mapping[str, str]) -> State:
    found = REGISTRY.find(name)
    assert found is not None
    module = call(found, filled(found, args, files))
    assert isinstance(module, State)
    return module


@settings(max_examples=60, deadline=None)
@given(st.data(), NAME, BEFORE)
def test_what_is_changed_is_as_expected_and_comes_back_as_it_was(
    data: st.DataObject, name: str, before: tuple[Any, ...]
) -> None:
    with machine() as (host, place):
        path = place / name
        make(path, before)
        module = module_of(*data.draw(calls(str(path))))
        start = tree(place)
        change = planned(host, module)
        assert tree(place) == start
        if change is None:
            return
        assert host.run(change.save).rc == 0
        places = [*cuts(change.apply), change.apply]
        host.run(data.draw(st.sampled_from(places)))
        host.run(data.draw(st.sampled_from(["", *cuts(change.restore or "")])))
        assert host.run(change.restore or "").rc == 0
        assert tree(place) == start
        done = host.run(change.apply)
        assert done.rc == 0, done.err
        after = host.facts(module.probe())
        assert unmet(change.expect, after) == {}
        assert module.plan(after) is None
        for _ in range(2):
            assert host.run(change.restore or "").rc == 0
            assert tree(place) == start
        assert unmet(change.restored or {}, host.facts(module.probe())) == {}


def test_a_save_that_was_cut_short_is_never_restored_from(tmp_path: Path) -> None:
    host = HostShell(state=str(tmp_path / "state"))
    path = tmp_path / "a"
    path.write_text("old\n")
    change = planned(host, module_of("copy", {"dest": str(path), "content": "new"}, {}))
    assert change is not None
    assert host.run(change.save).rc == 0
    (tmp_path / "state/saves/0/old").write_text("ol")
    assert host.run(change.restore or "").rc == 0
    assert path.read_text() == "old\n"


def test_a_validator_that_says_no_leaves_everything_as_it_was(tmp_path: Path) -> None:
    host = HostShell(state=str(tmp_path / "state"))
    path = tmp_path / "a"
    args = {"dest": str(path), "content": "new", "validate": "grep -q old %s"}
    change = planned(host, module_of("copy", args, {}))
    assert change is not None
    assert host.run(change.apply).rc == 1
    assert [p.name for p in tmp_path.iterdir() if p.name != "state"] == []


def test_nothing_is_written_through_a_link_that_lies_where_the_new_file_is_made(
    tmp_path: Path,
) -> None:
    host = HostShell(state=str(tmp_path / "state"))
    path = tmp_path / "a"
    victim = tmp_path / "victim"
    victim.write_text("precious")
    change = planned(host, module_of("copy", {"dest": str(path), "content": "new"}, {}))
    assert change is not None
    Path(temporary(str(path))).symlink_to(victim)
    assert host.run(change.apply).rc == 0
    assert victim.read_text() == "precious"
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    ("size", "mode", "inline"),
    [(10, "0644", True), (40_000, "0644", False), (10, "0600", False), (10, "0640", False)],
)
def test_small_public_content_goes_inline_and_all_other_as_a_blob(
    size: int, mode: str, *, inline: bool
) -> None:
    text = "x" * size
    module = module_of("copy", {"dest": "/srv/a", "content": text, "mode": mode}, {})
    change = module.plan({"file:/srv/a:kind": "absent", "file:/srv:kind": "directory"})
    assert change is not None
    assert (text in change.apply) is inline
    assert bool(change.blobs) is not inline
    if mode != "0644":
        assert text not in str(change.as_json())


def test_content_below_a_private_directory_is_in_no_fact_and_no_diff(tmp_path: Path) -> None:
    host = HostShell(state=str(tmp_path / "state"))
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    path = folder / "a"
    path.write_text("old canary\n")
    path.chmod(0o644)
    module = module_of("copy", {"dest": str(path), "content": "new canary\n"}, {})
    seen = host.facts(module.probe())
    change = module.plan(seen)
    assert change is not None
    assert "canary" not in str(seen)
    assert "canary" not in str(change.as_json())
