"""The shell programs that run on a host: package data, read once, sent without their comments."""

from __future__ import annotations

import re
import shlex
from functools import cache
from importlib.resources import files


@cache
def relay() -> str:
    """The SSH side: takes messages, follows tasks (``host/relay.sh`` and what it is made of)."""
    return _program("common", "owner", "follow", "relay")


@cache
def supervisor() -> str:
    """The process of a host and run that starts tasks and enforces their limits."""
    return _program("common", "supervisor")


@cache
def task() -> str:
    """The process that runs the pieces of one frame."""
    text = _program("common", "secret", "task")
    return f"own='{_unset(text)}'\nreading={shlex.quote(reading_secrets())}\n{text}"


@cache
def reading_secrets() -> str:
    """Shell that reads secrets from descriptor 3, closes it, and leaves nothing else behind."""
    each = '[ -z "$hex" ] || secret "$name" "$part" "$hex"'
    loop = f"while read -r name part hex <&3; do {each}; done"
    text = f"{_program('secret')}{loop}\n"
    return f"{text}exec 3<&-; {_unset(text)}\n"


def _program(*names: str) -> str:
    folder = files("mplay.channel") / "host"
    return "".join(_bare((folder / f"{name}.sh").read_text("utf-8")) for name in names)


def _unset(text: str) -> str:
    """Shell that unsets all that a program defines, so that no piece sees or calls any of it."""
    functions = sorted(set(re.findall(r"^([a-z_]+)\(\)", text, re.MULTILINE)))
    words = {"LC_ALL", "own", *re.findall(r"(?<![\w$-])([a-z_]+)=", text)}
    words.update(re.findall(r"\bfor ([a-z_]+)", text))
    for names in re.findall(r"\bread -r ([a-z_ ]+)", text):
        words.update(set(names.split()) - {"_"})
    return f"unset -f {' '.join(functions)}; unset {' '.join(sorted(words))}"


def _bare(text: str) -> str:
    """Without the lines that are comments: a fifth of what would be sent and parsed each time."""
    kept = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return "".join(f"{line}\n" for line in kept if line.strip())
