"""Real ansible-core, asked line by line in one process of its own: it is slow to start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

_SERVER = r"""
import json, sys
from ansible.module_utils.common.collections import is_sequence
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.splitter import parse_kv
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils import vars as of_vars
from ansible import context
from ansible.utils.context_objects import CLIArgs

init_plugin_loader()
loader = DataLoader()
loader.set_basedir(sys.argv[1])

def trusted(value):
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, dict):
        return {key: trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [trusted(item) for item in value]
    return value

def pairs(text):
    return parse_kv(text)

def extra(given):
    of_vars.load_extra_vars.extra_vars = None
    context.CLIARGS = CLIArgs({"extra_vars": tuple(given)})
    return of_vars.load_extra_vars(loader)

def render(text, variables):
    found = Templar(loader=loader, variables=trusted(variables)).template(trust_as_template(text))
    return found

def when(text, variables):
    templar = Templar(loader=loader, variables=trusted(variables))
    return templar.evaluate_conditional(trust_as_template(text))

def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if is_sequence(value) or isinstance(value, (set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return {"not plain": type(value).__name__}

answers = sys.stdout
sys.stdout = sys.stderr
for line in sys.stdin:
    name, args = json.loads(line)
    try:
        answer = {"is": plain(globals()[name](*args))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
"""


class Oracle:
    """A process that answers; `folder` is where relative paths begin."""

    def __init__(self, folder: Path) -> None:
        (folder / "ansible.cfg").touch()
        kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _SERVER, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={
                **kept,
                "HOME": str(folder),
                "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
                "ANSIBLE_HOME": str(folder / "ansible"),
                "LC_ALL": "C.UTF-8",
                "GREETING": "hello  there",
            },
            text=True,
        )

    def ask(self, name: str, *args: Any) -> Any:
        """What a function of the server comes to; ValueError where it is an error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, args]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["is"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
