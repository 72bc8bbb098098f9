"""A scenario: one use of a module on a real host, for the laws to be tried on.

``tests/laws/scenarios/MODULE.yaml`` holds a list of them::

    - name: replaces a file of another account      # unique in its file
      host: bare                                    # or web, lb: which kind of host
      setup: |                                      # shell: the state before
        install -m 0640 -o www-data /dev/null /etc/laws-a
      args: {content: "{canary}", dest: /etc/laws-a}
      foreign: chmod 0600 /etc/laws-a               # a later change by somebody else
      cleanup: rm -f /etc/laws-a                    # takes all of it away

Scenarios are set up together where a law looks at all of them, so they use different resources; one
that cannot says ``alone: true``. ``{canary}`` in any text is a secret that must be found nowhere
but in ``secret_in`` (files that the step is asked to write) and in restore points.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mplay.registry import Registry, call
from mplay.sdk import Action, Check, Module, State
from mplay.testing.golden import Held, filled

CANARY = "{canary}"
SECRET = "canary-7d1f0c93b5"
"""What stands for ``{canary}``: a word that is on no host by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One use of a module; see the head of this file.

    `kills`: seconds after which apply is killed, beside the kills between its lines. `besides`:
    paths in which a host may differ after an undo. `verdict`: what a check says.
    """

    module: type[Module]
    name: str
    args: Mapping[str, Any]
    files: Mapping[str, Held] = field(default_factory=dict)
    host: str = "bare"
    setup: str = ":"
    cleanup: str = ":"
    foreign: str = ""
    alone: bool = False
    kills: Sequence[float] = ()
    besides: Sequence[str] = ()
    secret_in: Sequence[str] = ()
    secret: bool = False
    verdict: str = ""

    def __str__(self) -> str:
        return f"{self.module.__module__.rpartition('.')[2]}-{self.name.replace(' ', '_')}"

    def call(self) -> State | Action | Check:
        """The module with its arguments. BadArguments; TypeError for a question."""
        module = call(self.module, filled(self.module, self.args, self.files))
        if not isinstance(module, State | Action | Check):
            raise TypeError(f"{self}: a question has no law to keep")
        return module


def load(path: Path, registry: Registry) -> list[Scenario]:
    """The scenarios of a file. ValueError for one that is not well formed."""
    module = registry.find(path.stem)
    listed = yaml.safe_load(path.read_text())
    if module is None or not isinstance(listed, list):
        raise ValueError(f"{path}: must be a list of scenarios, named like a module")
    scenarios = [_scenario(module, entry, path) for entry in listed]
    if len({s.name for s in scenarios}) != len(scenarios):
        raise ValueError(f"{path}: two scenarios have one name")
    return scenarios


def _scenario(module: type[Module], entry: Mapping[str, Any], path: Path) -> Scenario:
    text = json.dumps(entry)
    given = json.loads(text.replace(CANARY, SECRET))
    try:
        return Scenario(module=module, secret=CANARY in text, **given)
    except TypeError as error:
        raise ValueError(f"{path}: {entry.get('name', 'a scenario')}: {error}") from error


def load_all(folder: Path, registry: Registry) -> list[Scenario]:
    """The scenarios of every file in a folder."""
    return [scenario for path in sorted(folder.glob("*.yaml")) for scenario in load(path, registry)]
