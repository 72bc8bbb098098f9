"""The words of `mplay do` become a playbook of one step, each value at the place of its word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mplay.app.typed import NO_UNDO, Typed, as_source, typed_playbook
from mplay.model.errors import UsageError
from mplay.registry import Registry
from mplay.source import key_place
from mplay.spec import DiskFiles, Finder, read_playbook

REGISTRY = Registry()


def step(here: Path = Path("/nowhere"), **given: Any) -> Any:
    return typed_playbook(Typed(**given), REGISTRY, here)["steps"][0]  # type: ignore[index]


def words(*given: str, **more: Any) -> Any:
    """The arguments that these words mean, of whichever module."""
    made = step(words=("web", *given), **more)
    return next(made[key] for key in made if key not in {"id", "irreversible"})


def refused(*given: str, **more: Any) -> str:
    with pytest.raises(UsageError) as caught:
        step(words=given, **more)
    return str(caught.value)


def loaded(**given: Any) -> Any:
    content = typed_playbook(Typed(**given), REGISTRY, Path("/nowhere"))
    finder = Finder(files=DiskFiles(), root=Path("/nowhere"))
    return read_playbook(content, "do", REGISTRY, finder).playbook


def test_words_with_an_equals_sign_are_arguments() -> None:
    playbook = loaded(words=("web", "service", "name=nginx", "state=restarted"))
    assert playbook.hosts == "web"
    assert playbook.name == "do service on web"
    (only,) = playbook.steps
    assert (only.id, only.module.name) == ("service", "service")
    assert only.module.args == {"name": "nginx", "state": "restarted"}


def test_a_value_may_hold_blanks_quotes_and_further_equals_signs() -> None:
    given = words("lineinfile", "path=/etc/x", "line=a = 'b c'")
    assert given == {"path": "/etc/x", "line": "a = 'b c'"}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["shell", "echo a | wc -l"], {"run": "echo a | wc -l"}),
        (["shell", "echo", "a", "|", "wc"], {"run": "echo a | wc"}),
        (["command", "touch", "a b"], {"run": "touch 'a b'"}),
        (["command", "touch 'a b'"], {"run": "touch 'a b'"}),
        (["shell", "chdir=/srv", "ls"], {"chdir": "/srv", "run": "ls"}),
        (["shell", "echo a", "undo=true b"], {"undo": "true b", "run": "echo a"}),
        (["shell", "run=echo a", "undo=b"], {"run": "echo a", "undo": "b"}),
        (["shell", "cmd=echo a"], {"cmd": "echo a"}),
        (["shell", "dd", "if=/a", "of=/b"], {"run": "dd if=/a of=/b"}),
        (["query", "uptime"], {"run": "uptime"}),
        (["apt", "curl", "state=absent"], {"name": "curl", "state": "absent"}),
        (["ansible.builtin.shell", "true"], {"run": "true"}),
    ],
)
def test_what_is_no_argument_is_the_text_of_a_command(
    given: list[str], meant: dict[str, str]
) -> None:
    assert words(*given) == meant


@pytest.mark.parametrize(
    ("verbatim", "meant"),
    [(("ls", "-la", "state=on"), "ls -la state=on"), (("ls -la",), "ls -la")],
)
def test_after_two_dashes_all_is_the_command(verbatim: tuple[str, ...], meant: str) -> None:
    found = words("command", "chdir=/", verbatim=verbatim)
    assert found == {"chdir": "/", "run": meant}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ls -l | wc", {"run": "ls -l | wc"}),
        ("chdir=/srv ls  -l", {"chdir": "/srv", "run": "ls  -l"}),
        ("chdir='/a b' echo \"it's\"", {"chdir": "/a b", "run": 'echo "it\'s"'}),
        ("for i in 1 2; do\n  echo $i\ndone", {"run": "for i in 1 2; do\n  echo $i\ndone"}),
        ("FOO=1 env", {"run": "FOO=1 env"}),
        ('{"run": "ls", "creates": "/x"}', {"run": "ls", "creates": "/x"}),
        ("{{ tool }} --now", {"run": "{{ tool }} --now"}),
    ],
)
def test_the_text_of_a_keeps_its_blanks_and_quotes(text: str, meant: dict[str, str]) -> None:
    assert words("shell", arguments=text) == meant


def test_a_takes_a_mapping_with_types_and_a_file(tmp_path: Path) -> None:
    mapping = '{"name": ["curl"], "cache_valid_time": 60}'
    assert words("apt", arguments=mapping) == {"name": ["curl"], "cache_valid_time": 60}
    file = tmp_path / "args.yml"
    file.write_text("name: [curl]\n")
    assert words("apt", arguments=f"@{file}") == {"name": ["curl"]}


def test_without_a_module_a_is_a_command_and_m_names_the_module() -> None:
    assert step(words=("web",), verbatim=("ls", "-l"))["command"] == {"run": "ls -l"}
    assert step(words=("web",), arguments="uptime")["command"] == {"run": "uptime"}
    assert step(words=("web", "name=x"), module="service")["service"] == {"name": "x"}


def test_a_command_without_an_undo_is_irreversible_and_says_why() -> None:
    assert step(words=("web", "shell", "true"))["irreversible"] == NO_UNDO
    assert "irreversible" not in step(words=("web", "shell", "run=a", "undo=b"))
    assert "irreversible" not in step(words=("web", "query", "uptime"))
    assert step(words=("web", "shell", "a"), irreversible="why")["irreversible"] == "why"


def test_another_user_means_become() -> None:
    made = step(words=("web", "shell", "id"), become_user="app")
    assert (made["become"], made["become_user"]) == (True, "app")


def test_files_of_the_working_directory_are_found_first(tmp_path: Path) -> None:
    (tmp_path / "motd").write_text("hello\n")
    made = step(tmp_path, words=("web", "copy", "src=motd", "dest=/etc/motd"))
    assert made["copy"]["src"] == str(tmp_path / "motd")
    other = step(tmp_path, words=("web", "copy", "src=other", "dest=/etc/motd"))
    assert other["copy"]["src"] == "other"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((), "argument 1 names no hosts"),
        (("web",), "argument 2 names no module"),
        (("web", "srevice"), "argument 2 there is no module 'srevice'. Did you mean 'service'?"),
        (("web", "service", "nginx"), "argument 3 'nginx' is no argument of service"),
        (("web", "service", "name=a", "name=b"), "argument 4 the argument 'name' is given twice"),
        (("web", "apt", "curl", "htop"), "argument 4 'htop' is no argument of apt"),
        (("web", "command", "tool", "state=on"), "argument 4 'state=on' may be an argument, or"),
        (("web", "shell", "a b", "crates=/x"), "'crates=/x' is no argument of shell. Did you mean"),
    ],
)
def test_a_word_that_means_nothing_or_two_things_is_refused_at_its_place(
    given: tuple[str, ...], told: str
) -> None:
    assert told in refused(*given)


@pytest.mark.parametrize(
    ("module", "text", "told"),
    [
        ("apt", "name='curl", "-a a quote is not closed"),
        ("service", "nginx", "-a 'nginx' is no argument of service"),
        ("service", "name=a name=b", "-a the argument 'name' is given twice"),
        ("apt", "{name: [}", "-a:1:9"),
        ("apt", "@/no/such", "/no/such cannot be read: no such file"),
        ("shell", "ls creates=/x", "-a 'creates=' after the beginning of shell"),
    ],
)
def test_a_text_of_a_that_cannot_be_read_is_refused(module: str, text: str, told: str) -> None:
    assert told in refused("web", module, arguments=text)


def test_two_dashes_are_for_commands() -> None:
    assert "-- service runs no command" in refused("web", "service", verbatim=("x",))


def test_words_beside_a_are_refused() -> None:
    assert "argument 3 with -a all" in refused("web", "apt", "name=x", arguments="name=y")


def test_an_option_behind_a_command_of_one_word_is_refused_and_behind_a_quoted_one_is_not() -> None:
    told = refused("web", "command", "ls", options=[("-C", 3)])
    assert told.startswith("argument 3 '-C' may be an option of mplay, or a part of the command")
    assert words("command", "ls -l", options=[("-C", 3)]) == {"run": "ls -l"}
    assert words("command", "ls", options=[("-C", 2)]) == {"run": "ls"}


def test_what_is_wrong_with_an_argument_is_told_at_its_word() -> None:
    with pytest.raises(UsageError) as caught:
        loaded(words=("web", "service", "name=nginx", "stat=restarted"))
    assert "argument 4 service has no argument 'stat'. Did you mean 'state'?" in str(caught.value)
    with pytest.raises(UsageError) as caught:
        loaded(words=("web", "service", "name=nginx", "state=gone"))
    assert str(caught.value).startswith("argument 4 ")


def test_the_place_of_a_key_is_that_of_its_word() -> None:
    made = words("service", "name=nginx", "state=started")
    assert str(key_place(made, "state", made.where)) == "argument 4"


def test_the_source_that_the_journal_keeps_is_the_playbook_as_yaml() -> None:
    content = typed_playbook(Typed(words=("web", "shell", "true")), REGISTRY, Path("/nowhere"))
    source = json.loads(as_source(content))
    assert source["hosts"] == "web"
    assert source["steps"][0]["shell"] == {"run": "true"}


@pytest.mark.parametrize(
    "given",
    [
        {"words": ("web", "shell", "\udcff")},
        {"words": ("web", "apt"), "arguments": "{name: \udcff}"},
        {"words": ("web", "apt"), "arguments": "@\udcff"},
        {"words": ("web", "shell"), "verbatim": ("\udcff",)},
        {"words": ("web", "shell", "x"), "irreversible": "\udcff"},
    ],
)
def test_bytes_that_are_no_text_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        step(**given)


def test_a_name_that_is_too_long_for_a_file_is_no_file() -> None:
    assert step(words=("web", "copy", f"src={'x' * 5000}", "dest=/x"))["copy"]["src"] == "x" * 5000
