"""Which variable wins, and how a host is reached by its variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.inventory import Inventory
from mplay.model.errors import UsageError
from mplay.model.host import Connection
from mplay.template import Renderer
from tests.unit.inventory.test_formats import write

LAYERS = [
    ("inv/hosts.yml", "all", "all: {vars: {LEVEL}}\n"),
    ("inv/hosts.yml", "group", "outer: {vars: {LEVEL}}\n"),
    ("inv/hosts.yml", "deeper group", "inner: {vars: {LEVEL}}\n"),
    ("inv/group_vars/all.yml", "", "LEVEL\n"),
    ("play/group_vars/all/x.yml", "", "LEVEL\n"),
    ("inv/group_vars/outer.yaml", "", "LEVEL\n"),
    ("inv/group_vars/inner", "", "LEVEL\n"),
    ("play/group_vars/outer.json", "", "{LEVEL}\n"),
    ("play/group_vars/inner.yml", "", "LEVEL\n"),
    ("inv/hosts.yml", "host", "inner: {hosts: {h: {LEVEL}}}\n"),
    ("inv/host_vars/h.yml", "", "LEVEL\n"),
    ("play/host_vars/h/deep/x.yml", "", "LEVEL\n"),
]


@pytest.mark.parametrize("strongest", range(len(LAYERS)))
def test_variables_win_in_ansibles_order(tmp_path: Path, strongest: int) -> None:
    base = "outer: {children: {inner: {hosts: {h: }}}}\n"
    write(tmp_path, "inv/0.yml", base)
    for number in range(strongest + 1):
        name, _, text = LAYERS[number]
        level = f'"v": {number}'
        name = name.replace("hosts.yml", f"{number}.yml") if "hosts.yml" in name else name
        write(tmp_path, name if number else "inv/00.yml", text.replace("LEVEL", level))
    inventory = Inventory.load([tmp_path / "inv"], tmp_path / "play")
    assert inventory.host("h").vars["v"] == strongest


def test_a_higher_priority_wins_among_groups_of_one_depth(tmp_path: Path) -> None:
    text = """
    a: {hosts: {h: }, vars: {v: a, ansible_group_priority: 10}}
    b: {hosts: {h: }, vars: {v: b}}
    """
    assert Inventory.load([write(tmp_path, "h.yml", text)]).host("h").vars["v"] == "a"


def test_a_value_replaces_a_weaker_one_whole(tmp_path: Path) -> None:
    text = "g: {hosts: {h: {v: {b: 2}}}, vars: {v: {a: 1}}}\n"
    assert Inventory.load([write(tmp_path, "h.yml", text)]).host("h").vars["v"] == {"b": 2}


def test_the_implicit_localhost_has_the_variables_of_all_and_is_in_no_group(tmp_path: Path) -> None:
    write(tmp_path, "h.yml", "all: {hosts: {h: }, vars: {v: 1, ansible_user: x}}\n")
    write(tmp_path, "host_vars/localhost.yml", "w: 2\n")
    inventory = Inventory.load([tmp_path / "h.yml"])
    assert inventory.controller.vars == {"v": 1, "ansible_user": "x", "w": 2}
    assert inventory.controller.connection == Connection(kind="local")
    assert "localhost" not in inventory.hosts
    assert inventory.controller.groups == ()


@pytest.mark.parametrize("name", ["group_vars/all.yml", "host_vars/h.yml"])
def test_a_file_of_variables_that_is_no_mapping_is_located(tmp_path: Path, name: str) -> None:
    write(tmp_path, "h.ini", "h\n")
    write(tmp_path, name, "- a\n")
    inventory = Inventory.load([tmp_path / "h.ini"])
    with pytest.raises(UsageError, match="a file of variables is a mapping") as caught:
        inventory.check_keys(inventory.select("all"))
    assert f"{name}:1:1" in str(caught.value)


def test_what_is_wrong_with_one_host_is_told_where_that_host_is_worked_on(tmp_path: Path) -> None:
    write(tmp_path, "h.ini", "[a]\na1\n[b]\nb1\n[c]\nc1 ansible_connection=winrm\n[d]\nd1\n")
    write(tmp_path, "group_vars/b.yml", "- x\n")
    write(tmp_path, "host_vars/d1.yml", "x: [\n")
    inventory = Inventory.load([tmp_path / "h.ini"])
    inventory.check_keys(inventory.select("a"))
    assert inventory.names("all") == ("a1", "b1", "c1", "d1")
    with pytest.raises(UsageError) as caught:
        inventory.check_keys(inventory.select("all"))
    told = str(caught.value)
    assert "group_vars/b.yml:1:1 a file of variables is a mapping" in told
    assert "ansible_connection winrm is not in this version" in told
    assert "host_vars/d1.yml:" in told
    with pytest.raises(UsageError, match="winrm"):
        inventory.host("c1")
    with pytest.raises(UsageError, match="winrm"):
        inventory.check_keys([inventory.known("c1")])
    with pytest.raises(UsageError, match="a file of variables"):
        inventory.check_vars(["b1"])
    inventory.check_vars(["c1"])


def test_the_variables_of_a_group_itself_are_those_of_the_inventory(tmp_path: Path) -> None:
    write(tmp_path, "inv/h.ini", "[g]\nh\n[g:vars]\na=1\nansible_group_priority=7\n")
    write(tmp_path, "inv/group_vars/g.yml", "b: 2\n")
    write(tmp_path, "play/group_vars/g.yml", "b: 3\n")
    inventory = Inventory.load([tmp_path / "inv"], tmp_path / "play")
    own = {"a": 1, "b": 2, "ansible_group_priority": 7}
    assert inventory.vars_of_group("g", beside_playbook=False) == own
    assert inventory.vars_of_group("g", beside_playbook=True) == own | {"b": 3}
    assert "ansible_group_priority" not in inventory.host("h").vars


def test_a_group_with_a_wrong_file_says_so(tmp_path: Path) -> None:
    source = write(tmp_path, "h.ini", "[g]\n")
    write(tmp_path, "group_vars/g.yml", "- x\n")
    with pytest.raises(UsageError, match="a file of variables is a mapping"):
        Inventory.load([source]).vars_of_group("g", beside_playbook=False)


def test_the_later_of_two_names_of_one_setting_wins_as_in_ansible(tmp_path: Path) -> None:
    line = "ansible_host=a ansible_ssh_host=b ansible_port=1 ansible_ssh_port=2"
    found = connection(tmp_path, f"{line} ansible_user=u ansible_ssh_user=v")
    assert (found.address, found.port, found.user) == ("b", 2, "v")


def test_the_source_of_a_host_is_where_it_came_first(tmp_path: Path) -> None:
    one = write(tmp_path, "one.ini", "a\n")
    two = write(tmp_path, "two.ini", "a\nb\n")
    assert Inventory.load([one, two, "c,"]).files == {"a": str(one), "b": str(two), "c": ""}


def connection(folder: Path, line: str, **extra: str) -> Connection:
    source = write(folder, "h.ini", f"h {line}\n")
    return Inventory.load([source], extra_vars=extra).host("h").connection


def test_a_host_is_reached_as_its_variables_say(tmp_path: Path) -> None:
    line = (
        "ansible_host=10.0.0.1 ansible_port=2222 ansible_user=op "
        "ansible_ssh_private_key_file=/keys/op ansible_ssh_common_args='-o ProxyJump=gate'"
    )
    assert connection(tmp_path, line) == Connection(
        address="10.0.0.1",
        port=2222,
        user="op",
        key_file="/keys/op",
        common_args="-o ProxyJump=gate",
    )


def test_without_variables_ssh_decides(tmp_path: Path) -> None:
    assert connection(tmp_path, "") == Connection(kind="ssh")


def test_a_local_connection_needs_no_ssh(tmp_path: Path) -> None:
    assert connection(tmp_path, "ansible_connection=local").kind == "local"


def test_extra_variables_win_where_they_say_how_a_host_is_reached(tmp_path: Path) -> None:
    assert connection(tmp_path, "ansible_user=a", ansible_user="b").user == "b"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ansible_connection=winrm", "ansible_connection winrm is not in this version"),
        ("ansible_port=ssh", "the port of h is 'ssh'"),
        ("ansible_port=70000", "the port of h is '70000'"),
        ("ansible_ssh_port=ssh", "the port of h is 'ssh'"),
        (
            "ansible_timeout=soon",
            "the time to connect to h is 'soon', which is no number of seconds",
        ),
        ("ansible_timeout=0", "the time to connect to h is '0'"),
        ("ansible_password=x", "ansible_password is not in this version"),
        ("ansible_become_method=doas", "ansible_become_method doas is not in this version"),
        ("ansible_host='{{ x }}'", "a template in ansible_host is not in this version"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_place(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        connection(tmp_path, line)
    assert told in str(caught.value)
    if "'" in line or line[-1].isalpha():
        assert "h.ini:1:" in str(caught.value)


def test_a_template_of_a_connection_is_rendered_with_the_hosts_variables(tmp_path: Path) -> None:
    source = write(tmp_path, "h.ini", "h ip=10.1.1.1 ansible_host='{{ ip }}'\n")
    inventory = Inventory.load([source], render=lambda _text, variables: variables["ip"])
    assert inventory.host("h").connection.address == "10.1.1.1"


REACHED = """\
g:
  vars: {net: 10.0.0, ip: "{{ net }}.5"}
  hosts:
    a: {ansible_host: "{{ ip }}"}
    b.ex.org: {ansible_host: "{{ inventory_hostname_short }}.example"}
    c: {ansible_ssh_common_args: "-o ProxyJump={{ hostvars['a'].ansible_host }}"}
    d: {ansible_user: "{{ group_names[0] }}", ansible_port: "{{ groups['g'] | length }}"}
    e: {ansible_ssh_private_key_file: "{{ inventory_dir }}/{{ inventory_file[-5:] }}"}
    f: {ansible_ssh_private_key_file: "{{ playbook_dir }}/key"}
    h: {ansible_host: "{{ hostvars['i'].ansible_host }}"}
    i: {ansible_host: "{{ hostvars['h'].ansible_host }}"}
    j: {ansible_host: "{{ hostvars['k'].ansible_host }}"}
    k: {ansible_host: "{{ nothing }}"}
    l: {ansible_host: "{{ hostvars['nobody'].x }}"}
    m: {ansible_host: "{{ hostvars['c'].ansible_host }}"}
"""


@pytest.fixture
def reached(tmp_path: Path) -> Inventory:
    renderer = Renderer()
    return Inventory.load(
        [write(tmp_path, "h.yml", REACHED)],
        tmp_path / "books",
        render=lambda value, variables: renderer.render(value, variables),
    )


@pytest.mark.parametrize(
    ("host", "field", "value"),
    [
        ("a", "address", "10.0.0.5"),
        ("b.ex.org", "address", "b.example"),
        ("c", "common_args", "-o ProxyJump=10.0.0.5"),
        ("d", "user", "g"),
        ("d", "port", 12),
        ("e", "key_file", "{folder}/h.yml"),
        ("f", "key_file", "{folder}/books/key"),
        ("m", "address", "c"),
    ],
)
def test_what_says_how_a_host_is_reached_may_read_its_names_and_other_hosts(
    reached: Inventory, tmp_path: Path, host: str, field: str, value: object
) -> None:
    expected = value.format(folder=tmp_path) if isinstance(value, str) else value
    assert getattr(reached.host(host).connection, field) == expected


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("h", "h.yml:11:24 variables of hosts need each other in a circle: "),
        ("j", "h.yml:13:27 `nothing` is not defined"),
        ("l", "h.yml:14:37 `nobody` is not there"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_located(
    reached: Inventory, host: str, told: str
) -> None:
    with pytest.raises(UsageError) as caught:
        reached.host(host)
    assert told in str(caught.value)


def test_arguments_of_ssh_come_in_the_order_of_ansible(tmp_path: Path) -> None:
    line = "ansible_ssh_extra_args=-o\\ C=3 ansible_ssh_common_args=-o\\ B=2 ansible_ssh_args=-C"
    assert connection(tmp_path, line).common_args == "-C -o B=2 -o C=3"


def test_the_time_to_connect_may_be_said(tmp_path: Path) -> None:
    assert connection(tmp_path, "ansible_timeout=3").connect_timeout == 3.0
    assert connection(tmp_path, "ansible_timeout=3 ansible_ssh_timeout=4").connect_timeout == 4.0


def test_a_sealed_value_of_a_connection_is_opened_and_not_taken_as_it_stands(
    tmp_path: Path,
) -> None:
    text = 'g: {hosts: {h: {ansible_user: !vault "$ANSIBLE_VAULT;1.1;AES256\\n3031"}}}\n'
    source = write(tmp_path, "h.yml", text)
    opened = Inventory.load([source], render=lambda _value, _variables: "opened")
    assert opened.host("h").connection.user == "opened"
    with pytest.raises(UsageError, match="ansible_user"):
        Inventory.load([source]).host("h")


def test_a_missing_key_is_told_once_where_it_was_named(tmp_path: Path) -> None:
    text = f"g:\n  hosts: {{a: , b: }}\n  vars:\n    ansible_ssh_private_key_file: {tmp_path}/k\n"
    inventory = Inventory.load([write(tmp_path, "h.yml", text)])
    with pytest.raises(UsageError) as caught:
        inventory.check_keys(inventory.select("all"))
    assert str(caught.value).startswith(f"{tmp_path}/h.yml:4:35 a: the private key {tmp_path}/k is")
    assert str(caught.value).count("private key") == 1
    (tmp_path / "k").touch()
    inventory.check_keys(inventory.select("all"))
