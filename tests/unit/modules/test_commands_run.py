"""What `shell`, `command` and `query` run, on this machine, in a scratch folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.registry import Registry, call
from mplay.sdk import Certainty, Change, Check, Facts, State, Verdict, WayBack
from mplay.testing.hostshell import Ended, HostShell


@pytest.fixture
def host(tmp_path: Path) -> HostShell:
    return HostShell(state=str(tmp_path / "state"))


def made(name: str, **arguments: object) -> State:
    module = Registry().find(name)
    assert module is not None
    state = call(module, arguments)
    assert isinstance(state, State)
    return state


def planned(state: State, seen: Facts) -> Change:
    change = state.plan(seen)
    assert change is not None
    return change


def ran(host: HostShell, name: str, **arguments: object) -> Ended:
    state = made(name, **arguments)
    return host.run(planned(state, host.facts(state.probe())).apply)


def asked(host: HostShell, **arguments: object) -> Verdict:
    module = Registry().find("query")
    assert module is not None
    check = call(module, arguments)
    assert isinstance(check, Check)
    return check.judge(host.facts(check.probe()))


def test_our_own_options_do_not_reach_the_users_shell(host: HostShell) -> None:
    ended = ran(host, "shell", run="false; echo $unset; exit 7", action=True)
    assert (ended.rc, ended.out) == (7, b"\n")


def test_the_users_text_keeps_every_character(host: HostShell) -> None:
    text = "cat <<'END'\n{brace} $HOME `id` \\n \"it's\"\tx\nEND"
    assert ran(host, "shell", run=text, action=True).out == text.encode()[12:-3]


def test_a_command_is_given_its_words_and_no_shell(host: HostShell) -> None:
    ended = ran(host, "command", argv=["printf", "%s|", "*", "$HOME", "a b", "it's"], action=True)
    assert ended.out == b"*|$HOME|a b|it's|"


def test_a_command_is_a_program_and_never_a_word_of_the_shell(host: HostShell) -> None:
    assert ran(host, "command", cmd="exit 0", action=True).rc == 127


def test_stdin_is_empty_unless_it_is_given(host: HostShell) -> None:
    assert ran(host, "shell", run="cat", action=True).out == b""
    assert ran(host, "shell", run="cat", stdin="a", action=True).out == b"a\n"
    assert (
        ran(host, "shell", run="cat", stdin="a", stdin_add_newline=False, action=True).out == b"a"
    )


def test_a_directory_that_is_not_there_fails_the_step(host: HostShell) -> None:
    ended = ran(host, "shell", run="echo done", chdir="/nowhere", action=True)
    assert ended.rc != 0
    assert ended.out == b""


def test_a_state_that_fails_fails_the_probe(host: HostShell) -> None:
    state = made("shell", run="true", state="echo half; exit 4")
    ended = host.run(state.probe(), options="-u")
    assert ended.rc != 0
    assert "exit code 4" in ended.err


@pytest.mark.parametrize("name", ["plain", "with blank", "st*r", "dangling"])
def test_creates_sees_names_and_globs(host: HostShell, tmp_path: Path, name: str) -> None:
    state = made("shell", run="true", creates=f"{tmp_path}/{name[:4]}*", undo="true")
    assert state.plan(host.facts(state.probe())) is not None
    if name == "dangling":
        (tmp_path / name).symlink_to("nowhere")
    else:
        (tmp_path / name).touch()
    assert state.plan(host.facts(state.probe())) is None


def test_a_guard_makes_it_certain_and_an_undo_makes_a_way_back() -> None:
    assert made("shell", run="x").certainty() is Certainty.UNKNOWN
    assert made("shell", run="x", action=True).certainty() is Certainty.ACTS
    assert made("shell", run="x", state="y").certainty() is Certainty.UNKNOWN
    assert made("shell", run="x", state="y", expect="z").certainty() is Certainty.CERTAIN
    assert made("shell", run="x", unless="y").certainty() is Certainty.CERTAIN
    assert made("shell", run="x").way_back() is WayBack.NONE
    assert made("shell", run="x", undo="y").way_back() is WayBack.RESTORE


def test_a_query_keeps_the_code_of_a_command_that_says_too_much(host: HostShell) -> None:
    verdict = asked(host, run="yes | head -c 3000000; exit 5", rc=5, matches="^y$")
    assert verdict.judgement == "ok", verdict.reasons


def test_a_query_looks_at_all_of_a_short_answer(host: HostShell) -> None:
    answer = '{"a.b": 1, "list": [{"x": true}], "text": "1"}'
    wanted = {"list.0.x": True, "text": "1"}
    assert asked(host, run=f"echo '{answer}'", json=wanted).judgement == "ok"
    assert asked(host, run=f"echo '{answer}'", json={"list.0.x": 1}).judgement == "failed"
    assert asked(host, run=f"echo '{answer}'", json={"list.1": None}).judgement == "failed"
