from __future__ import annotations

import base64
import os
import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.channel.holes import Holed, holed
from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets
from mplay.sdk import sh

SECRET = "it's a $ecret\n'with' \"all\" \\ of it"
PLAIN = "hunter22"


def known(*values: str) -> Secrets:
    secrets = Secrets()
    for number, value in enumerate(values, 1):
        secrets.add(value, f"vault:{number}")
    return secrets


def run(script: str, variables: dict[str, str]) -> str:
    """What a script prints whose variables are set as the host sets them: not exported."""
    given = "".join(
        f"{name}=$(printf '%b.' \"$_{name}\"); {name}=${{{name}%.}}\n" for name in variables
    )
    encoded = {
        f"_{name}": "".join(f"\\0{byte:03o}" for byte in value.encode("utf-8", "surrogateescape"))
        for name, value in variables.items()
    }
    done = subprocess.run(
        ["sh", "-euc", given + script],
        env={"PATH": os.environ["PATH"], **encoded},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("utf-8", "surrogateescape")


def filled(found: Holed, secrets: Secrets) -> dict[str, str]:
    return secrets.values(found.secrets)


SCRIPTS = [
    "printf %s {x}",
    "printf %s {x} | cat",
    'y={x}; printf %s "$y"',
    'work() {{\n  printf %s "$1"\n}}\nwork {x}',
    "if [ 1 = 1 ]; then printf %s {x}; fi",
    'printf %s "$(printf %s {x})"',
    'for one in {x}; do printf %s "$one"; done',
    "# a comment that isn't quoted\nprintf %s {x}",
    "case {x} in *) printf %s {x} ;; esac",
    "A={x} B={x} sh -c 'printf %s \"$B\"'",
    "cat <<END\n$(printf %s {x})\nEND",
    "if [ ! {x} = '' ]; then printf %s {x}; fi",
    'f=$(mktemp); printf %s {x} >"$f" 2>&1; cat "$f"; rm -f "$f"',
]


@pytest.mark.parametrize("template", SCRIPTS)
@pytest.mark.parametrize("secret", [SECRET, PLAIN])
@pytest.mark.parametrize("around", ["", "user:{}@host 'x'", "--option={}"])
def test_a_script_with_holes_does_the_same_and_shows_nothing(
    template: str, secret: str, around: str
) -> None:
    word = around.format(secret) if around else secret
    script = sh(template.replace("{{", "{").replace("}}", "}"), x=word)
    secrets = known(secret)
    found = holed(script, secrets)
    assert not secrets.found_in(found.script)
    assert found.secrets
    assert run(found.script, filled(found, secrets)).rstrip("\n") == word.rstrip("\n")


_LETTERS = st.characters(exclude_characters="\0", codec="utf-8")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=6), min_size=1
    ),
    st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    st.sampled_from(SCRIPTS[:4]),
)
def test_whatever_the_secret_is_the_script_does_the_same(
    values: list[str], around: str, template: str
) -> None:
    word = around.join(["", *values, ""])
    script = sh(template.replace("{{", "{").replace("}}", "}"), x=word)
    secrets = known(*values)
    found = holed(script, secrets)
    assert run(found.script, filled(found, secrets)).rstrip("\n") == word.rstrip("\n")


def test_a_script_without_a_secret_is_left_as_it_is() -> None:
    assert holed("printf %s it\\'s", known(PLAIN)) == Holed("printf %s it\\'s")


def test_a_hole_has_the_same_name_in_every_process() -> None:
    script = sh("printf %s {x}", x=PLAIN)
    assert holed(script, known("another", PLAIN)) == holed(script, known("another", PLAIN))
    assert list(holed(script, known(PLAIN)).secrets.values()) == ["vault:1"]


def test_a_coded_secret_has_a_hole_too() -> None:
    coded = base64.b64encode(PLAIN.encode()).decode()
    secrets = known(PLAIN)
    found = holed(sh("printf %s {x}", x=coded), secrets)
    assert coded not in found.script
    assert run(found.script, filled(found, secrets)) == coded


def test_a_secret_where_no_word_is_takes_the_whole_script_along() -> None:
    secrets = known(PLAIN)
    script = f'printf %s "a {PLAIN} b"'
    found = holed(script, secrets)
    assert found.script.startswith('eval "$MPLAY_SECRET_')
    assert run(found.script, filled(found, secrets)) == f"a {PLAIN} b"
    assert not secrets.found_in("printf %s")


@pytest.mark.parametrize(
    ("script", "program"),
    [
        ("chown -- {x} /etc/x", "chown"),
        ("( exec /bin/sh {x} )", "/bin/sh"),
        ("( exec echo {x} )", "echo"),
        ("cat 2>&1 {x}", "cat"),
        ("work() {{ rm -- {x}; }}; work", "rm"),
        ("find / -exec rm {{}} {x} ;", "find"),
        ("( cd / && exec printf %s {x} )", "printf"),
        ("if grep -q {x} /etc/x; then :; fi", "grep"),
        ("A=1 curl -u {x} http://h", "curl"),
        ("x=$(openssl passwd {x})", "openssl"),
        ('"$program" {x}', "a program"),
        ("printf %s x | tee {x}", "tee"),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, PLAIN])
def test_a_secret_as_an_argument_of_a_program_is_refused_by_name(
    script: str, program: str, secret: str
) -> None:
    with pytest.raises(UsageError, match=f"process list of the host, as an argument of {program}"):
        holed(sh(script.replace("{{", "{").replace("}}", "}"), x=secret), known(secret))


@pytest.mark.parametrize("secret", [SECRET, PLAIN])
@pytest.mark.parametrize(
    "template",
    [
        "( exec /bin/sh -c {x} )",
        "work() {{\n( cd -- / && exec sh -c {x} )\n}}\nwork </dev/null\nprintf end",
        "if ( exec sh -c {x} ); then :; fi; ( exec /bin/bash -c {x} )",
    ],
)
def test_the_text_of_a_shell_is_given_through_a_pipe_and_in_no_argument(
    template: str, secret: str
) -> None:
    text = (
        "own=$(tr '\\0' ' ' </proc/$$/cmdline); n=\\$HOME; "
        f"case $own in *{shlex.quote(secret)}*) printf seen ;; *) printf unseen ;; esac; "
        f"printf '<%s %s>' \"$n\" {shlex.quote(secret)} `echo x`"
    )
    script = sh(template.replace("{{", "{").replace("}}", "}"), x=text)
    secrets = known(secret)
    found = holed(script, secrets)
    assert not secrets.found_in(found.script)
    hidden, plain = run(found.script, filled(found, secrets)), run(script, {})
    assert f"seen<$HOME {secret}>" in plain
    assert plain.startswith("seen") or secret != PLAIN
    assert hidden == plain.replace("unseen", "seen").replace("seen", "unseen")


@pytest.mark.parametrize("secret", [SECRET, PLAIN, f"{PLAIN}\n"])
def test_what_perl_is_given_by_assignments_is_in_no_environment(secret: str) -> None:
    program = (
        'open(my $own, "<", "/proc/$$/environ"); local $/; my $seen = <$own>;'
        ' print index($seen, $ENV{LINE}) < 0 ? "hidden" : "shown", "<$ENV{LINE}|$ENV{HOW}>"'
    )
    script = sh(
        "edit() {\n  HOW={how} LINE={line} MORE={line} perl -e {program}\n}\n"
        'edit </dev/null\nx=$(printf in | edit | cat)\nprintf %s "$x"',
        how="DO it",
        line=secret,
        program=program,
    )
    secrets = known(secret)
    found = holed(script, secrets)
    assert not secrets.found_in(found.script)
    printed = run(found.script, filled(found, secrets))
    assert printed == f"hidden<{secret}|DO it>" * 2
    assert run(script, {}) == f"shown<{secret}|DO it>" * 2
