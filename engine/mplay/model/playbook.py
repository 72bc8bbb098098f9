"""The playbook as loaded: every key of design section 4, nothing inherited, nothing rendered.

`spec` makes these from YAML; `planner` passes inherited values down and orders the steps.
Texts are `Text`: a `str` that knows where it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from mplay.model.errors import Where
from mplay.model.task import OnFailure

Value: TypeAlias = Any
"""JSON-like data; its strings are `Text` and may hold Jinja2."""


class Text(str):
    """A string of a file, with its place (`where` is the place of its first character)."""

    __slots__ = ("where",)
    where: Where

    def __new__(cls, value: str, where: Where = Where("<text>")) -> Self:  # noqa: B008 frozen
        """A text at a place."""
        text = super().__new__(cls, value)
        text.where = where
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCall:
    """A module's name and its arguments as written: a mapping, or a text in the short form."""

    name: Text
    args: Mapping[str, Value] | Text
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An arrow as written. `scope`: ``host``, ``all``, or None for the rule of the place."""

    step: Text
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What a block and a step share. `needs` None: the step before it in its list."""

    id: str
    where: Where
    name: str = ""
    hosts: Text | None = None
    needs: tuple[Need, ...] | None = None
    when: tuple[Text, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)
    become: Value = None
    become_user: Text | None = None
    environment: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    throttle: int | None = None
    on_failure: OnFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Common):
    """One node of the playbook: a module call on a set of hosts. Times are in seconds.

    `local`: its change is made on the controller by the account that runs mplay; `become` is for
    what it reads on another host.
    """

    module: ModuleCall
    delegate_to: Text | None = None
    on_change: tuple[Text, ...] = ()
    loop: Value = None
    run_once: bool = False
    timeout: float | None = None
    retries: int = 0
    delay: float = 5.0
    until: float | None = None
    verify: tuple[ModuleCall, ...] = ()
    rollback: tuple[ModuleCall, ...] | None = None
    irreversible: str = ""
    revert_after: float | None = None
    no_log: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The bracket of a block: out of service, checked, back into service."""

    enter: tuple[Step, ...] = ()
    check: tuple[Step, ...] = ()
    leave: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What must hold between two batches. `soak` in seconds; `ask`: ``first``, ``each`` or ''."""

    checks: tuple[Step, ...] = ()
    soak: float = 0.0
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Common):
    """A step that contains steps; `serial` holds counts (int) and percentages (``"25%"``).

    `given` are the variables that an include gives to its file: they win over all inside it.
    """

    steps: tuple[Step | Block, ...]
    serial: tuple[int | str, ...] = ()
    max_failed: int | str | None = None
    around: Around | None = None
    between: Between | None = None
    included_from: str = ""
    given: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One maintenance procedure. `health` and `observe` are kept as written, for their issue."""

    where: Where
    name: str
    steps: tuple[Step | Block, ...]
    description: str = ""
    owner: str = ""
    cadence: str = "on-demand"
    duration: float | None = None
    hosts: Text | None = None
    become: Value = None
    become_user: Text | None = None
    vars: Mapping[str, Value] = field(default_factory=dict)
    vars_files: tuple[Text, ...] = ()
    environment: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    on_failure: OnFailure | None = None
    max_failed: int | str | None = None
    validate: tuple[Step, ...] = ()
    finally_: tuple[Step, ...] = ()
