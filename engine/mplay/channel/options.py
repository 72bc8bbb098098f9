"""OpenSSH options as inventories write them in ``ansible_ssh_common_args``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

_FLAGS = frozenset("46qCAaxXYTNvkKgn")
"""Switches that change nothing here; forwarding the agent (-A) is never done."""

_WORDS = {"J": "proxyjump", "i": "identityfile", "p": "port", "l": "user", "F": "config"}


@dataclass(frozen=True, slots=True)
class SshOptions:
    """Options by lower-case name, in OpenSSH's sense: the first value of a name counts."""

    values: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The value of an option, or `default` where it was not given."""
        return self.values.get(name, default)

    def files(self, name: str) -> list[str]:
        """An option that lists files."""
        return self.get(name).split()


def parse_options(text: str) -> SshOptions:
    """Read ``-o Name=value``, ``-J -i -p -l -F``. ValueError says what is not supported."""
    values: dict[str, str] = {}
    words = shlex.split(text)
    while words:
        word = words.pop(0)
        if word[:1] != "-" or len(word) < 2:
            raise ValueError(f"{word!r} is no option of ssh")
        letter, rest = word[1], word[2:]
        if letter in _FLAGS and not set(rest) - _FLAGS:
            continue
        if letter != "o" and letter not in _WORDS:
            raise ValueError(f"-{letter} is not supported")
        if not rest:
            if not words:
                raise ValueError(f"-{letter} needs a value")
            rest = words.pop(0)
        name, value = _named(rest) if letter == "o" else (_WORDS[letter], rest)
        values.setdefault(name, value)
    return SshOptions(values)


def _named(text: str) -> tuple[str, str]:
    for separator in ("=", " "):
        name, found, value = text.partition(separator)
        if found:
            return name.strip().lower(), value.strip().strip('"')
    raise ValueError(f"-o {text!r} has no value")
