from __future__ import annotations

from pathlib import Path

import pytest

from mplay.lab.store import Store, content_key, tree_parts


def quiet(_line: str) -> None:
    pass


def test_an_entry_is_built_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    built = []

    def make(half: Path) -> None:
        built.append(half)
        (half / "file").write_text("whole")

    with store.building(quiet):
        first = store.build("thing-1", make)
        second = store.build("thing-1", make)
    assert first == second == store.path("thing-1")
    assert (first / "file").read_text() == "whole"
    assert len(built) == 1


def test_a_build_that_failed_is_no_entry_and_is_swept_by_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fail(half: Path) -> None:
        (half / "file").write_text("half")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"), store.building(quiet):
        store.build("thing-1", fail)
    assert not store.has("thing-1")
    assert list(tmp_path.glob("building-*"))
    with store.building(quiet):
        assert not list(tmp_path.glob("building-*"))


def test_leftovers_are_not_swept_from_under_a_build_in_progress(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def make(half: Path) -> None:
        Store(tmp_path).sweep_if_idle()
        (half / "file").write_text("whole")

    with store.building(quiet):
        assert (store.build("thing-1", make) / "file").exists()


def test_images_are_for_root_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    with store.building(quiet):
        assert store.root.stat().st_mode & 0o777 == 0o700


def test_a_key_tells_where_one_part_ends_and_the_next_begins() -> None:
    assert content_key(["ab", "c"]) != content_key(["a", "bc"])
    assert content_key(["ab", b"c"]) == content_key([b"ab", "c"])


def test_a_key_over_a_tree_knows_names_and_contents(tmp_path: Path) -> None:
    def key() -> str:
        return content_key(tree_parts(tmp_path))

    (tmp_path / "one").write_text("x")
    keys = {key()}
    (tmp_path / "one").write_text("y")
    keys.add(key())
    (tmp_path / "one").rename(tmp_path / "two")
    keys.add(key())
    assert len(keys) == 3
