"""Which hosts a pattern chooses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplay.inventory import Inventory
from mplay.inventory.patterns import Patterns
from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text

GROUPS = {
    "all": ("w1", "w2", "w3", "d1.ex.org", "d2.ex.org", "x"),
    "ungrouped": ("x",),
    "web": ("w1", "w2", "w3"),
    "db": ("d1.ex.org", "d2.ex.org"),
    "staging": ("w1", "d1.ex.org"),
    "empty": (),
}
PATTERNS = Patterns(GROUPS, GROUPS["all"])


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("all", "w1 w2 w3 d1.ex.org d2.ex.org x"),
        ("*", "w1 w2 w3 d1.ex.org d2.ex.org x"),
        ("web", "w1 w2 w3"),
        ("w2", "w2"),
        ("db,w1", "d1.ex.org d2.ex.org w1"),
        ("db:w1", "d1.ex.org d2.ex.org w1"),
        (" db , w1 ", "d1.ex.org d2.ex.org w1"),
        ("web:w1:web", "w1 w2 w3"),
        ("web:&staging", "w1"),
        ("web:!w2", "w1 w3"),
        ("!w2:web", "w1 w3"),
        ("web:&staging:!w1", ""),
        ("!web", "d1.ex.org d2.ex.org x"),
        ("&staging", "w1 d1.ex.org"),
        ("*.ex.org", "d1.ex.org d2.ex.org"),
        ("w?", "w1 w2 w3"),
        ("w[!3]", "w1 w2"),
        ("~w[13]|x", "w1 w3 x"),
        ("~.*org$", "d1.ex.org d2.ex.org"),
        ("web[0]", "w1"),
        ("web[-1]", "w3"),
        ("web[0:1]", "w1 w2"),
        ("web[1:]", "w2 w3"),
        ("web[0-1]", "w1 w2"),
        ("web[2:9]", "w3"),
        ("web[5:9]", ""),
        ("web[1:0]", "w2"),
        ("empty[0]", ""),
        ("w[0]*", ""),
        ("web[1:2]:d1.ex.org", "w2 w3 d1.ex.org"),
        ("all[0:1]:!w1", "w2"),
        ("empty", ""),
        ("*.nowhere", ""),
        ("localhost", "localhost"),
        ("web,localhost", "w1 w2 w3 localhost"),
    ],
)
def test_a_pattern_chooses_hosts(pattern: str, chosen: str) -> None:
    assert list(PATTERNS.select(pattern)) == chosen.split()


def test_a_file_holds_one_pattern_a_line(tmp_path: Path) -> None:
    (tmp_path / "retry").write_text("# failed\nw1\n\n  db\n!d2.ex.org\n")
    assert PATTERNS.select(f"@{tmp_path}/retry") == ("w1", "d1.ex.org")


def test_a_line_of_a_file_is_one_name(tmp_path: Path) -> None:
    (tmp_path / "retry").write_text("w1\n db:w2\n")
    with pytest.raises(UsageError, match=r"retry:2:2 no host or group is called 'db:w2'"):
        PATTERNS.select(f"@{tmp_path}/retry")


def test_commas_and_colons_are_not_mixed() -> None:
    with pytest.raises(UsageError, match="no host or group is called 'web:&staging'") as caught:
        PATTERNS.select("web:&staging,w1")
    assert "Put ',' between the parts" in str(caught.value)


@pytest.mark.parametrize("pattern", ["web[9]", "web[-4]", "w1,web[3]"])
def test_a_position_that_a_group_does_not_have_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="chooses nobody: there are 3 hosts, from 0"):
        PATTERNS.select(pattern)


@pytest.mark.parametrize(
    ("hosts", "pattern", "chosen"),
    [
        (("a", "127.0.0.1"), "localhost", "127.0.0.1"),
        (("a", "localhost"), "127.0.0.1", "localhost"),
        (("a",), "localhost", "localhost"),
    ],
)
def test_localhost_is_whichever_of_its_names_the_inventory_has(
    hosts: tuple[str, ...], pattern: str, chosen: str
) -> None:
    assert Patterns({"all": hosts, "ungrouped": hosts}, hosts).select(pattern) == (chosen,)


def test_another_name_of_localhost_that_nobody_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"the inventory has no 127\.0\.0\.1\n    Write localhost"):
        PATTERNS.select("127.0.0.1")


def test_a_name_of_host_and_group_means_the_host_and_with_a_sign_the_group() -> None:
    both = Patterns({"all": ("x", "y"), "ungrouped": (), "x": ("y",)}, ("x", "y"))
    assert both.select("x") == ("x",)
    assert both.select("all:!x") == ("x",)
    assert both.select("all:&x") == ("y",)


def test_a_file_that_is_not_there_is_located() -> None:
    with pytest.raises(UsageError) as caught:
        PATTERNS.select(Text("web,@none.txt", Where("--limit")))
    assert "--limit @none.txt: this cannot be read: No such file" in str(caught.value)


def test_every_unknown_name_is_located_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        PATTERNS.select(Text("wbe:&stagign: !d1.ex.rog", Where("p.yml", 3, 10)))
    assert str(caught.value) == (
        "p.yml:3:10 no host or group is called 'wbe'\n    Did you mean 'web'?\n"
        "p.yml:3:14 no host or group is called 'stagign'\n    Did you mean 'staging'?\n"
        "p.yml:3:24 no host or group is called 'd1.ex.rog'\n    Did you mean 'd1.ex.org'?"
    )


def test_an_unknown_name_with_a_position_is_refused() -> None:
    with pytest.raises(UsageError, match="no host or group is called 'wbe'"):
        PATTERNS.select("wbe[0]")


@pytest.mark.parametrize("pattern", ["web[", "~[", "w]", "web:!x["])
def test_half_a_bracket_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="has a bracket without its other half"):
        PATTERNS.select(pattern)


@pytest.mark.parametrize("pattern", ["", " ", ",", ":", "!", "& , !"])
def test_a_pattern_without_a_name_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="a pattern without a name chooses nobody"):
        PATTERNS.select(pattern)


def test_a_sign_for_an_expression_without_one_is_refused() -> None:
    with pytest.raises(UsageError, match="stands before a regular expression"):
        PATTERNS.select("~")


@pytest.mark.parametrize("pattern", ["~(", "~[z-a]", "~*"])
def test_a_wrong_expression_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="is no regular expression"):
        PATTERNS.select(pattern)


def test_an_unknown_group_or_host_by_name_is_refused() -> None:
    inventory = Inventory.load(["web1,"])
    with pytest.raises(UsageError, match="no group is called 'ungroupd'"):
        inventory.group("ungroupd")
    with pytest.raises(UsageError, match="no host is called 'web2'"):
        inventory.host("web2")


names = st.sampled_from([*GROUPS, "w1", "w2", "d1.ex.org", "*", "w*", "web[0]", "~w"])


@given(st.lists(names, min_size=1), st.lists(names), st.lists(names))
def test_unions_then_intersections_then_exclusions(
    unions: list[str], both: list[str], without: list[str]
) -> None:
    parts = [*unions, *(f"&{name}" for name in both), *(f"!{name}" for name in without)]
    expected = set().union(*(PATTERNS.select(name) for name in unions))
    for name in both:
        expected &= set(PATTERNS.select(name))
    for name in without:
        expected -= set(PATTERNS.select(name))
    for joint in (":", ","):
        assert set(PATTERNS.select(joint.join(parts))) == expected
        assert set(PATTERNS.select(joint.join(reversed(parts)))) == expected
