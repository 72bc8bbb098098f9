"""Loads a playbook: reads it and what it includes, and checks all that can be known from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Playbook, Step, Text, Value
from mplay.model.task import OnFailure
from mplay.source import Map, Seq, load
from mplay.spec import forms, keys
from mplay.spec.blocks import read_only_steps, read_steps
from mplay.spec.calls import check_calls
from mplay.spec.circles import Order, check_circles
from mplay.spec.files import Finder, tidy
from mplay.spec.ids import check_reserved
from mplay.spec.modules import Modules
from mplay.spec.outline import Outline
from mplay.spec.problems import Problems
from mplay.spec.reading import Reading
from mplay.spec.record import Record, check_variables
from mplay.spec.results import check_results
from mplay.spec.steps import read_hosts, read_tags
from mplay.spec.texts import check_texts
from mplay.template import Renderer, is_dynamic


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A playbook without problems, and what was read for it.

    `sources` are the texts of all files by path; it grows when a template is read later on.
    `finder` looks for the files of steps; `steps` counts the steps, those of brackets too.
    """

    playbook: Playbook
    finder: Finder
    steps: int

    @property
    def sources(self) -> Mapping[str, str]:
        """Every YAML file and template that was read: path -> text."""
        return self.finder.sources

    @property
    def included_by(self) -> Mapping[str, str]:
        """Which file includes which: included -> including."""
        return self.finder.included_by


class Cadence(StrEnum):
    """How often a procedure is due."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ON_DEMAND = "on-demand"


def load_playbook(
    path: Path | str,
    modules: Modules,
    finder: Finder,
    *,
    renderer: Renderer | None = None,
) -> Loaded:
    """The playbook of a file, with its includes put in and its vars_files among its vars.

    InvalidInput holds every problem, sorted by place; UsageError where the file itself cannot be
    read. `finder` remembers what was read.
    """
    file = tidy(Path(path))
    content = load(finder.read(file).encode(), str(file))
    return read_playbook(
        _as_mapping(content, Where(str(file))), str(file), modules, finder, renderer=renderer
    )


def read_playbook(
    content: Map,
    name: str,
    modules: Modules,
    finder: Finder,
    *,
    renderer: Renderer | None = None,
) -> Loaded:
    """The playbook of a mapping that is read already, or was never in a file; `name` is its own.

    InvalidInput holds every problem, sorted by place.
    """
    reading = Reading(
        modules=modules,
        finder=finder,
        renderer=renderer or Renderer(),
        problems=Problems(),
        including=[name],
    )
    record = Record(content, reading.problems)
    playbook = _playbook(record, reading)
    outline = Outline(playbook)
    outline.resolve(reading.problems)
    order = Order(outline)
    check_calls(outline, reading)
    check_texts(playbook, outline, reading)
    if check_circles(outline, order, reading.problems):
        check_results(outline, order, reading)
    reading.problems.check()
    count = sum(1 for item in outline.items.values() if isinstance(item.source, Step))
    return Loaded(playbook=playbook, finder=reading.finder, steps=count)


def _as_mapping(content: Value, where: Where) -> Map:
    if isinstance(content, Map):
        if not content:
            raise UsageError("the playbook is empty", where=where)
        return content
    if content is None:
        raise UsageError("the playbook is empty", where=where, hint="it needs at least `steps`")
    if isinstance(content, Seq):
        hint = "Ansible's list of plays becomes one mapping with `hosts` and `steps`"
        raise UsageError("a playbook is a mapping, not a list", where=content.where, hint=hint)
    raise UsageError("a playbook is a mapping with `steps`, not one value", where=where)


def _playbook(record: Record, reading: Reading) -> Playbook:
    record.check_keys(keys.PLAYBOOK)
    variables = {**record.variables(), **_vars_files(record, reading)}
    steps = read_steps(record, "steps", reading)
    check_reserved(steps, frozenset({"validate", "finally"}), reading.problems)
    if record.data.get(Text("steps")) in (None, []):
        reading.problems.add("the playbook has no steps", record.where, "add a list `steps`")
    return Playbook(
        where=record.where,
        name=str(record.text("name") or Path(record.where.file).stem),
        steps=steps,
        description=str(record.text("description") or ""),
        owner=str(record.text("owner") or ""),
        cadence=str(record.word("cadence", Cadence) or Cadence.ON_DEMAND),
        duration=record.formed("duration", forms.positive_duration, None),
        hosts=read_hosts(record),
        become=record.become(),
        become_user=record.text("become_user"),
        vars=variables,
        vars_files=record.texts("vars_files"),
        environment=record.environment(),
        tags=read_tags(record),
        on_failure=record.word("on_failure", OnFailure),
        max_failed=record.formed("max_failed", lambda value: forms.share(value, 0), None),
        validate=read_only_steps(record, "validate", keys.CHECKING, reading),
        finally_=read_only_steps(record, "finally", keys.CLOSING, reading),
    )


def _vars_files(record: Record, reading: Reading) -> dict[str, Value]:
    """The variables of all `vars_files`; a later file wins."""
    found: dict[str, Value] = {}
    for name in record.texts("vars_files"):
        if is_dynamic(name) or not name:
            reading.problems.add("`vars_files` names files, without Jinja2", name.where)
            continue
        path = tidy(Path(name.where.file).parent / name)
        try:
            raw = reading.finder.read(path, name.where).encode()
            content = load(raw, str(path), reading.finder.vault)
        except UsageError as error:
            reading.problems.take(error, name.where)
            continue
        if isinstance(content, Map):
            named = cast("Mapping[str, Value]", content)
            check_variables(named, "vars_files", reading.problems)
            found.update(named)
        elif content is not None:
            reading.problems.add("a file of variables is a mapping", Where(str(path)))
    return found
