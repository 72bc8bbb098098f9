"""Sources in YAML and INI, alone, in folders and several together."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.inventory import Inventory
from mplay.inventory.listing import as_graph
from mplay.model.errors import UsageError
from mplay.model.playbook import Text


def loaded(folder: Path, **files: str) -> Inventory:
    """Files by name, `__` for a dot or a slash: ``hosts__yml``."""
    return Inventory.load([write(folder, name, text) for name, text in files.items()])


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name.replace("__", ".")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refusal(folder: Path, name: str, text: str) -> str:
    path = write(folder, name, text)
    with pytest.raises(UsageError) as caught:
        Inventory.load([path])
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{folder}/", "")


YAML = """\
all:
  hosts:
    solo: {a: 1}
  vars: {everywhere: yes}
  children:
    web:
      hosts:
        web[01:03].ex.org:
          port_of_app: 80
      vars: {tier: front}
    prod:
      children:
        web:
        db: {hosts: db1}
"""

INI = """\
# a comment
solo a=1

[web]
web[01:03].ex.org port_of_app=80   # at the end of the line

[web:vars]
tier = front

[db]
db1

[prod:children]
web
db
; another comment
[all:vars]
everywhere=True
"""


@pytest.mark.parametrize(("name", "text"), [("hosts__yml", YAML), ("hosts__ini", INI)])
def test_both_formats_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    inventory = loaded(tmp_path, **{name: text})
    web = ("web01.ex.org", "web02.ex.org", "web03.ex.org")
    assert inventory.groups == {
        "all": ("solo", *web, "db1"),
        "ungrouped": ("solo",),
        "web": web,
        "db": ("db1",),
        "prod": (*web, "db1"),
    }
    host = inventory.host("web02.ex.org")
    assert host.groups == ("prod", "web")
    assert host.vars == {"everywhere": True, "tier": "front", "port_of_app": 80}
    assert inventory.host("solo").groups == ("ungrouped",)
    assert [h.name for h in inventory.group("db")] == ["db1"]
    assert inventory.groups_of("db1") == ("db", "prod")


@pytest.mark.parametrize("text", [YAML, INI])
def test_a_file_that_does_not_tell_its_format_is_read_by_its_content(
    tmp_path: Path, text: str
) -> None:
    assert loaded(tmp_path, hosts=text).groups["db"] == ("db1",)


def test_a_folder_is_read_file_by_file_and_other_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "inv/1.yml", "web: {hosts: {w1: {v: first}}}\n")
    write(tmp_path, "inv/2.ini", "[web]\nw1 v=second\nw2\n")
    write(tmp_path, "inv/more/3.yml", "db: {hosts: d1}\n")
    write(tmp_path, "inv/README.md", "not an inventory: [\n")
    write(tmp_path, "inv/old.yml~", "[[[\n")
    write(tmp_path, "inv/.hidden.yml", "[[[\n")
    write(tmp_path, "inv/group_vars/web.yml", "g: 1\n")
    inventory = Inventory.load([tmp_path / "inv"])
    assert inventory.groups["web"] == ("w1", "w2")
    assert inventory.host("w1").vars == {"v": "second", "g": 1}
    assert inventory.groups["db"] == ("d1",)


def test_several_sources_are_one_inventory_and_later_ones_win(tmp_path: Path) -> None:
    inventory = loaded(
        tmp_path,
        one__yml="web: {hosts: {w1: {a: 1, b: 1}}}\n",
        two__yml="web: {hosts: {w1: {b: 2}, w2: }}\n",
    )
    assert inventory.host("w1").vars == {"a": 1, "b": 2}
    assert inventory.groups["web"] == ("w1", "w2")


def test_names_with_a_comma_are_an_inventory_of_their_own() -> None:
    inventory = Inventory.load(["a,b:2222,"])
    assert inventory.groups["ungrouped"] == ("a", "b")
    assert inventory.host("b").connection.port == 2222


def test_a_range_among_names_with_a_comma_is_refused() -> None:
    with pytest.raises(UsageError, match=r"-i the host 'a\[1:2\]' is a range, and ranges stand in"):
        Inventory.load(["a[1:2],b"])


def test_a_file_whose_name_has_a_comma_is_a_file(tmp_path: Path) -> None:
    assert list(Inventory.load([write(tmp_path, "a,b", "h\n")]).hosts) == ["h"]


def test_no_source_at_all_leaves_localhost() -> None:
    inventory = Inventory.load([])
    assert inventory.select("all") == ()
    assert [h.name for h in inventory.select("localhost")] == ["localhost"]
    assert inventory.controller.connection.kind == "local"


def test_ini_values_are_python_literals_or_texts(tmp_path: Path) -> None:
    text = """h a=1 b=1.5 c=yes d=True e='two words' f="[1, 'x']" g=0644 i==x j= k=1e999 l="{'a':1}"
    [all:vars]
    list = ['a', "b"]
    plain = a # b
    quoted = 'q'
    """
    host = loaded(tmp_path, hosts__ini=text).host("h")
    assert host.vars == {
        "a": 1,
        "b": 1.5,
        "c": "yes",
        "d": True,
        "e": "two words",
        "f": [1, "x"],
        "g": "0644",
        "i": "=x",
        "j": "",
        "k": "1e999",
        "l": {"a": 1},
        "list": ["a", "b"],
        "plain": "a # b",
        "quoted": "q",
    }


def test_texts_of_both_formats_know_where_they_were_written(tmp_path: Path) -> None:
    inventory = loaded(
        tmp_path, a__yml="g:\n  hosts:\n    y: {v: text}\n", b__ini="[g]\n  i x=1 v=text\n"
    )
    for name, line, column in (("y", 3, 12), ("i", 2, 11)):
        value = inventory.host(name).vars["v"]
        assert isinstance(value, Text)
        assert (value.where.line, value.where.column) == (line, column)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("w[1:3]", ["w1", "w2", "w3"]),
        ("w[01:05:2]x", ["w01x", "w03x", "w05x"]),
        ("w[8:10]", ["w8", "w9", "w10"]),
        ("w[:2]", ["w0", "w1", "w2"]),
        ("x[a:c]", ["xa", "xb", "xc"]),
        ("r[1:2]h[a:b]", ["r1ha", "r1hb", "r2ha", "r2hb"]),
        ("10.0.0.[1:2]", ["10.0.0.1", "10.0.0.2"]),
        ("[fe80::1]:22", ["fe80::1"]),
        ("fe80::1", ["fe80::1"]),
    ],
)
def test_ranges_stand_for_hosts(tmp_path: Path, pattern: str, names: list[str]) -> None:
    assert list(loaded(tmp_path, hosts__ini=f"{pattern}\n").hosts) == names


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("w[3:1]", "begins after its end"),
        ("w[01:100]", "differ in length"),
        ("w[1:x]", "neither numbers nor letters"),
        ("w[1:3:0]", "step is less than 1"),
        ("w[1:]", "not begin:end"),
        ("w[1:99999999]", "more than 20000 hosts"),
        ("w:99999", "port 99999, which does not exist"),
    ],
)
def test_wrong_ranges_are_located(tmp_path: Path, pattern: str, what: str) -> None:
    assert what in refusal(tmp_path, "hosts__ini", f"[g]\n{pattern}\n")
    told = refusal(tmp_path, "hosts__yml", f"g:\n  hosts:\n    '{pattern}':\n")
    assert told.startswith("hosts.yml:3:")
    assert what in told


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "h__yml",
            "g:\n  host: {a: }\n",
            "h.yml:2:3 a group has no key 'host'\n    Did you mean 'hosts'?",
        ),
        ("h__yml", "g:\n  hosts: [a, b]\n", "h.yml:2:10 hosts of g: this is no mapping"),
        ("h__yml", "g:\n  hosts: {a: 1}\n", "h.yml:2:11 the host a: this is no mapping"),
        ("h__yml", "- a\n", "h.yml:1:1 an inventory is a mapping of groups"),
        ("h__yml", "plugin: aws_ec2\n", "h.yml:1:1 inventory plugins are not in this version"),
        ("h__yml", "a:\n  children: {b: {children: {a: }}}\n", "h.yml:2:29 the group b would be"),
        ("h__yml", "a: {hosts: {x: {v: !vault y}}}\n", "h.yml:1:20 `!vault` stands before what"),
        ("h__yml", "a:\n\thosts:\n", "h.yml:2:1"),
        ("h__ini", "[g x]\n", "h.ini:1:1 this is no section"),
        ("h__ini", "[g\n", "h.ini:1:1 the host '[g' is no name of a host"),
        ("h__ini", "a/b\n", "h.ini:1:1 the host 'a/b' is no name of a host"),
        ("h__yml", "g: {hosts: {a@b: }}\n", "h.yml:1:13 the host 'a@b' is no name of a host"),
        (
            "h__ini",
            "[g:var]\n",
            "h.ini:1:1 a section of a group has no kind 'var'\n    Did you mean 'vars'?",
        ),
        ("h__ini", "[wbe:vars]\na=1\n[web]\nw\n", "Did you mean 'web'?"),
        ("h__ini", "[p:children]\nweb\n", "h.ini:2:1 [p:children] names the group web, which is"),
        ("h__ini", "h a\n", "h.ini:1:1 'a' after the host h is no variable"),
        ("h__ini", "h a='x\n", "h.ini:1:1 a quote in this line is never closed"),
        ("h__ini", "[g:vars]\nnothing\n", "h.ini:2:1 'nothing' is no variable"),
        ("h", "#!/bin/sh\necho\n", "h this begins like a program and is none\n    chmod +x"),
        ("h__toml", "[g\n", "h.toml:1:3 not valid TOML: "),
        ("h__toml", "a = 1\n\n[g]\nhost = 1\n", "h.toml:3:2 a group has no key 'host'"),
        ("h__toml", "[g]\nchildren = 'x'\n[g.hosts]\na = 1\n", "h.toml:1:2 the host a: this is no"),
        ("h__ini", "[g:vars]\nd = {1: 2}\n[g]\n", "h.ini:2:5 a key of a mapping must be text"),
        ("h__ini", "[g] ; remark\n", "h.ini:1:1 the host '[g]' is no name of a host"),
        ("h__ini", "[g]\nh\n[g:vars]\nansible_group_priority=high\n", "h.ini:4:24 ansible_group_p"),
        ("h__ini", "me@box\n", "h.ini:1:1 the host 'me@box' is no name of a host: say who logs in"),
        ("h__ini", "[::1] a=1\n", "h.ini:1:1 the host '[::1]' has a range that is not begin:end"),
        ("h__ini", "box:ssh\n", "h.ini:1:1 the host 'box:ssh' is no name of a host"),
        ("h__ini", "[g:children]\nall\n", "h.ini:2:1 the group all cannot be inside another one"),
        ("h__yml", "g: {children: {ungrouped: }}\n", "h.yml:1:16 the group ungrouped cannot be"),
        ("h__yml", "ungrouped: {children: {g: }}\n", "h.yml:1:24 ungrouped holds hosts only"),
        ("h__ini", "[all]\ng\n[g]\n", "h.ini the host g is in no group but all, and a group is"),
        ("h__yml", "x\n[g]\ny z\n", "h.yml:3:1 'z' after the host y is no variable"),
        ("h", "all:\n  hosts: [\n", "h:3:1 not valid YAML"),
        ("h", "a\nb c\n", "h:2:1 'c' after the host b is no variable"),
        ("h", "a: b\n", "h:1:4 the group a is a mapping"),
        ("h__yml", "a b\n", "h.yml:1:1 an inventory is a mapping of groups"),
        ("h__yml", "g: {vars: x}\n", "h.yml:1:11 vars of g: this is no mapping"),
        ("h__json", '{"g": {"hosts": ["a"]}}\n', "h.json:1:17 hosts of g: this is no mapping"),
        ("h__yml", "x" * (1024 * 1024 + 1), "h.yml the file is larger than 1 MiB"),
    ],
)
def test_what_is_wrong_with_a_source_is_located(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    assert told in refusal(tmp_path, name, text)


def test_the_problems_of_all_sources_are_told_at_once(tmp_path: Path) -> None:
    paths = [write(tmp_path, "a__ini", "h x\n"), write(tmp_path, "b__yml", "g: {vrs: {}}\n")]
    with pytest.raises(UsageError) as caught:
        Inventory.load([*paths, tmp_path / "none"])
    text = str(caught.value)
    assert "'x' after the host h" in text
    assert "Did you mean 'vars'?" in text
    assert "none there is no such inventory" in text


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "--- # nothing\n...\n"])
@pytest.mark.parametrize("name", ["h__yml", "h"])
def test_a_file_with_nothing_in_it_names_nobody(tmp_path: Path, name: str, text: str) -> None:
    assert not Inventory.load([write(tmp_path, name, text)]).hosts


def test_of_a_file_full_of_what_is_wrong_some_is_told(tmp_path: Path) -> None:
    write(tmp_path, "inv/hosts", "h\n")
    write(tmp_path, "inv/LICENSE", "You may do this.\n" * 40)
    with pytest.raises(UsageError) as caught:
        Inventory.load([tmp_path / "inv"])
    lines = str(caught.value).splitlines()
    assert len(lines) < 25
    assert "inv/LICENSE:1:1 'may' after the host You is no variable" in lines[0]
    assert "inv/LICENSE and 110 more in this file" in lines[-2]
    assert "take it out of the folder" in lines[-1]


def test_groups_may_be_nested_as_deep_as_one_likes(tmp_path: Path) -> None:
    chain = "".join(f"[g{n}:children]\ng{n + 1}\n" for n in range(1100))
    inventory = loaded(tmp_path, hosts__ini=f"{chain}[g1100]\nh\n")
    assert inventory.groups["g0"] == ("h",)
    assert len(list(as_graph(inventory, "all", with_vars=False, extra_vars={}))) == 1104


def test_a_source_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "h.ini").write_bytes(b"h\xff\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        Inventory.load([tmp_path / "h.ini"])


def test_a_source_whose_name_no_file_can_have_is_refused() -> None:
    with pytest.raises(UsageError, match="this inventory cannot be read: File name too long"):
        Inventory.load(["x" * 5000])
