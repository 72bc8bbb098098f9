"""Golden cases: one YAML file fixes what a module plans from what a host said.

::

    args: {path: /etc/motd, mode: "0600"}    # what the playbook would give, rendered
    files: {motd.j2: "rendered text"}        # what a `src` of the arguments holds; of an archive
                                             # {a/b: text}, see `mplay.testing.packed`
    host says: |                             # what the probe printed
      file:/etc/motd:kind	file
    plan: {summary: ...}                     # every field of the Change that is not its default;
                                             # null: nothing to do
    then host says: |                        # what the probe prints after the change
      ...

One file so holds parsing, decision, verification (`expect` holds in *then host says*) and
idempotence (a state plans nothing from it). Instead of ``plan`` a check has ``verdict``
(``{judgement: ok, reasons: [...], measurements: {...}}``), a module that cannot go on has
``cannot plan`` or ``cannot tell`` with the message, a question has ``question``, and bad
arguments have ``refused`` with the message (and no ``host says``).

With ``setup`` (shell that brings a host into the state before; ``cleanup`` takes it away) the
plugin's ``--record`` refreshes *host says* and *then host says* from a real host. ``--accept``
rewrites what mplay says: plan, verdict, refusals.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mplay.registry import BadArguments, Registry, call, local_arguments, program_words
from mplay.sdk import (
    Action,
    Blob,
    CannotPlan,
    CannotTell,
    Certainty,
    Change,
    Check,
    Content,
    Module,
    Question,
    Script,
    State,
    Verdict,
    parse_facts,
    unmet,
)
from mplay.spec.archives import read_archive
from mplay.testing import casefile
from mplay.testing.packed import packed

SECTIONS = frozenset(
    {"args", "files", "host says", "then host says", "setup", "cleanup", "why"}
    | {"plan", "verdict", "refused", "cannot plan", "cannot tell", "question"}
)
"""Every section that a case may have."""

Held = str | Mapping[str, str]
"""What a file of the controller holds: a text, or the entries of an archive."""

Said = dict[str, object]
"""What mplay says to a case: one section, ``plan`` or ``verdict`` or a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenCase:
    """One file below ``tests/golden/MODULE/``."""

    path: Path
    sections: Mapping[str, Any]
    module: type[Module]

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments, with the files of the controller read from ``files``."""
        return filled(self.module, self.sections["args"], self.sections.get("files", {}))

    def call(self) -> Module:
        """The module that the case is about. BadArguments."""
        return call(self.module, self.arguments)

    def says(self) -> Said:
        """What mplay says to this case now."""
        try:
            module = self.call()
        except BadArguments as error:
            return {"refused": str(error)}
        if isinstance(module, Question):
            return {"question": module.question()}
        return decision(module, self.seen("host says"))

    def seen(self, section: str) -> dict[str, str]:
        """The facts of a section."""
        return parse_facts(self.sections.get(section) or "")

    def change(self) -> Change | None:
        """What is planned, or None: nothing to do, or nothing that could be."""
        try:
            module = self.call()
            if isinstance(module, State | Action):
                return module.plan(self.seen("host says"))
        except (BadArguments, CannotPlan):
            pass
        return None


def load(path: Path, registry: Registry) -> GoldenCase:
    """Read a case. ValueError for one that is not well formed."""
    sections = casefile.read(path)
    if unknown := set(sections) - SECTIONS:
        raise ValueError(f"{path}: no such section: {', '.join(sorted(unknown))}")
    module = registry.find(path.parent.name)
    if module is None:
        raise ValueError(f"{path}: no module {path.parent.name!r}")
    return GoldenCase(path=path, sections={"args": {}, **sections}, module=module)


def cases_below(folder: Path) -> list[Path]:
    """The files of all cases, for a parametrised test."""
    return sorted(folder.glob("*/*.yaml"))


def filled(
    module: type[Module], arguments: Mapping[str, object], files: Mapping[str, Held]
) -> dict[str, object]:
    """Arguments whose ``src`` names a file of the case, as the engine would pass them."""
    wanted = local_arguments(module, arguments)
    return {
        name: _content(wanted[name], value, files)
        if name in wanted and isinstance(value, str)
        else value
        for name, value in arguments.items()
    }


def _content(kind: str, value: str, files: Mapping[str, Held]) -> Content:
    name, *words = program_words(value) if kind == "program" else [value]
    if kind == "archive":
        held = files[name]
        data = packed(name, {"content": held} if isinstance(held, str) else held)
        archive = read_archive(io.BytesIO(data))
        return Content(name=name, blob=Blob.of_bytes(data), archive=archive)
    blob = Blob.of_bytes(str(files[name]).encode())
    return Content(name=name, blob=blob, words=tuple(words))


def decision(module: Module, seen: Mapping[str, str]) -> Said:
    """What a module makes of facts, as a section of a case."""
    try:
        if isinstance(module, Check):
            return {"verdict": _plain(module.judge(seen))}
        if isinstance(module, State | Action):
            change = module.plan(seen)
            return {"plan": None if change is None else _plain(change)}
    except CannotTell as error:
        return {"cannot tell": str(error)}
    except CannotPlan as error:
        return {"cannot plan": str(error)}
    raise TypeError(f"{type(module).__name__} is no State, Action, Check or Question")


def _plain(thing: Change | Verdict) -> dict[str, object]:
    """Every field that is not its default, as YAML has it."""
    data = thing.as_json() if isinstance(thing, Change) else asdict(thing)
    return {
        field.name: _yaml(data[field.name])
        for field in fields(thing)
        if _yaml(data[field.name]) != _yaml(_default(field))
    }


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _yaml(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(k): _yaml(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_yaml(v) for v in value]
    return str(value) if isinstance(value, str) else value


def check(case: GoldenCase) -> None:
    """Fail where mplay says something else than the case, or a law of facts does not hold."""
    said = case.says()
    written = {k: v for k, v in case.sections.items() if k in _SAID}
    assert _stripped(said) == _stripped(written), "see the case; --accept rewrites it"
    _check_overlaid(case)
    if "then host says" in case.sections:
        _check_after(case)


_SAID = frozenset({"plan", "verdict", "refused", "cannot plan", "cannot tell", "question"})


def _stripped(value: object) -> object:
    """Texts compare without the newline that a YAML block ends with."""
    if isinstance(value, dict):
        return {k: _stripped(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_stripped(v) for v in value]
    return value.strip() if isinstance(value, str) else value


def _check_overlaid(case: GoldenCase) -> None:
    """A dry-run lays `expect` over what was seen: with that, a state has nothing left to do."""
    change = case.change()
    if change is None:
        return
    module = case.call()
    if isinstance(module, State) and module.certainty() is Certainty.CERTAIN:
        predicted = {**case.seen("host says"), **change.expect}
        assert module.plan(predicted) is None, "a dry-run would tell the change twice"


def _check_after(case: GoldenCase) -> None:
    change = case.change()
    assert change is not None, "'then host says' stands in a case that changes nothing"
    after = case.seen("then host says")
    assert unmet(change.expect, after) == {}, "what was expected is not what the host then says"
    module = case.call()
    if isinstance(module, State) and module.certainty() is Certainty.CERTAIN:
        assert module.plan(after) is None, "applying twice must change nothing"


def accept(case: GoldenCase) -> None:
    """Rewrite in the case what mplay says."""
    said = case.says()
    text = case.path.read_text()
    for section in _SAID & set(case.sections) - set(said):
        text = casefile.removed(text, section)
    for section, value in said.items():
        if _stripped(value) != _stripped(case.sections.get(section, MISSING)):
            text = casefile.replace(text, section, value)
    case.path.write_text(text)


def scripts(case: GoldenCase) -> Iterator[tuple[str, Script]]:
    """Every script of a case, by the name of its part."""
    try:
        module = case.call()
    except BadArguments:
        return
    if isinstance(module, State | Action | Check):
        yield "probe", module.probe()
    if change := case.change():
        yield "save", change.save
        yield "apply", change.apply
        yield "restore", change.restore or ""
