"""Whatever argument of a module is a secret: its scripts show none, or a program is named."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mplay.channel.holes import holed
from mplay.model.errors import UsageError
from mplay.model.secrets import SHORTEST, Secrets
from mplay.registry import Registry
from mplay.testing import golden

CASES = golden.cases_below(Path(__file__).parents[2] / "golden")
MODULES = sorted({path.parent.name for path in CASES})
REGISTRY = Registry()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def scripts(module: str) -> Iterator[tuple[str, str]]:
    """Each script of each case with each argument that is long enough to be a secret."""
    for path in CASES:
        if path.parent.name != module:
            continue
        case = golden.load(path, REGISTRY)
        secrets = {text for text in texts(case.sections["args"]) if len(text) >= SHORTEST}
        for _, script in golden.scripts(case):
            yield from ((script, secret) for secret in sorted(secrets))


@pytest.mark.parametrize("module", MODULES)
def test_scripts_stay_shell_and_show_nothing(module: str) -> None:
    refused: list[str] = []
    for script, secret in scripts(module):
        secrets = Secrets([secret])
        try:
            found = holed(script, secrets)
        except UsageError as error:
            # A path, a name, an address: it is a word of a program.
            refused += error.problem.what.partition("argument of ")[2].split(" and ")
            continue
        assert not secrets.found_in(found.script)
        if found.secrets:
            raw = found.script.encode("utf-8", "surrogateescape")
            subprocess.run(["sh", "-n"], input=raw, check=True)
    assert not [one for one in refused if one.startswith(("-", "["))]


def test_the_words_of_an_edit_and_the_content_of_a_file_are_never_arguments() -> None:
    arguments = {"lineinfile": "line", "blockinfile": "block", "copy": "content"}
    for module, argument in arguments.items():
        for path in CASES:
            if path.parent.name != module:
                continue
            case = golden.load(path, REGISTRY)
            secret = case.sections["args"].get(argument)
            if isinstance(secret, str) and len(secret) >= SHORTEST:
                for _, script in golden.scripts(case):
                    holed(script, Secrets([secret]))
