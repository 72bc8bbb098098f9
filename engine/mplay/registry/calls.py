"""Makes a module from arguments; what is wrong with them is said in words of our own."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import AliasChoices, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from mplay.sdk import Module


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentProblem:
    """One thing that is wrong; `path` leads to the value, empty for the call as a whole."""

    path: tuple[str | int, ...]
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.what}\n    {self.hint}" if self.hint else self.what


class BadArguments(ValueError):
    """All that is wrong with the arguments of one call."""

    def __init__(self, problems: Sequence[ArgumentProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def call(module: type[Module], arguments: Mapping[str, object]) -> Module:
    """The module with these arguments. BadArguments says everything that is wrong with them."""
    try:
        return module.model_validate(dict(arguments))
    except ValidationError as error:
        details = error.errors(include_url=False)
    raise BadArguments([_problem(module, detail) for detail in details])


def content_arguments(module: type[Module]) -> dict[str, str]:
    """The arguments that are files of the controller: name -> ``archive file program template``."""
    return _marked(module, _CONTENT)


def filled_arguments(module: type[Module]) -> dict[str, str]:
    """The arguments to which the engine adds what it knows: name -> ``place subject``."""
    return _marked(module, frozenset({"place", "subject"}))


def _marked(module: type[Module], kinds: Set[str]) -> dict[str, str]:
    found = {}
    for name, field in module.model_fields.items():
        for extra in _extras(field):
            if isinstance(extra, dict) and extra.get("mplay") in kinds:
                found[name] = str(extra["mplay"])
    return found


_CONTENT = frozenset({"archive", "file", "program", "template"})


def local_arguments(module: type[Module], given: Mapping[str, object]) -> dict[str, str]:
    """Those of `content_arguments` that are the controller's in this call, by what is `given`.

    They are named as a playbook may write them. With ``unless("remote_src")`` an argument names a
    file elsewhere where `remote_src` is given.
    """
    return {
        written: kind
        for name, kind in content_arguments(module).items()
        if not _says_yes(given.get(_unless(module.model_fields[name])))
        for written in written_names(name, module.model_fields[name])
    }


def _unless(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra.get("mplay_unless", "")) if isinstance(extra, dict) else ""


def _says_yes(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in {"", "no", "false", "off", "n", "f", "0"}
    return bool(value)


def program_words(text: str) -> list[str]:
    """A program of the controller and its arguments. ValueError says what is wrong."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError("a quote is not closed") from None
    if not words:
        raise ValueError("names no program")
    return words


def _extras(field: FieldInfo) -> Iterator[object]:
    """What `Field` says about an argument, also inside ``LocalFile | None``."""
    yield field.json_schema_extra
    for part in get_args(field.annotation):
        for note in getattr(part, "__metadata__", ()):
            if isinstance(note, FieldInfo):
                yield note.json_schema_extra


def _problem(module: type[Module], detail: ErrorDetails) -> ArgumentProblem:
    path = detail["loc"]
    name = module.__module__.rpartition(".")[2]
    if detail["type"] == "extra_forbidden" and len(path) == 1:
        return _unknown(module, name, str(path[0]))
    where = ".".join(str(part) for part in path if part not in _PYDANTIC_MARKS)
    if detail["type"] == "missing":
        return ArgumentProblem(path=path[:-1], what=f"{name} needs the argument {where!r}")
    subject = f"{name}: {where}" if where else name
    if detail["type"] == "value_error":
        return ArgumentProblem(path=path, what=f"{subject}: {detail['ctx']['error']}")
    return ArgumentProblem(path=path, what=f"{subject} {_complaint(detail)}")


_PYDANTIC_MARKS = frozenset({"str", "int", "float", "bool", "tuple[str, ...]", "list[str]"})


def _unknown(module: type[Module], name: str, argument: str) -> ArgumentProblem:
    if argument in module.REFUSED:
        return ArgumentProblem(
            path=(argument,),
            what=f"{name} does not take {module.REFUSED_OF}'s {argument!r}",
            hint=module.REFUSED[argument],
        )
    close = difflib.get_close_matches(argument, list(_names(module)), n=1)
    return ArgumentProblem(
        path=(argument,),
        what=f"{name} has no argument {argument!r}.",
        hint=f"did you mean {close[0]!r}?" if close else "it has " + ", ".join(_names(module)),
    )


def _names(module: type[Module]) -> Iterator[str]:
    """The arguments as a playbook writes them, other names too."""
    for name, field in module.model_fields.items():
        yield from written_names(name, field)


def written_names(name: str, field: FieldInfo) -> Sequence[str]:
    """The names under which a playbook may give a field, the usual one first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [alias if isinstance(alias, str) else name]


def _complaint(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    given = _shown(detail["input"])
    if kind == "literal_error":
        return f"must be one of {context['expected']}, not {given}"
    wanted = _text(kind, context) or _WANTED.get(kind.split("_")[0])
    if wanted is None and (bound := _bound(context)):
        wanted = bound
    return f"must be {wanted or 'something else'}, not {given}"


_WANTED = {
    "bool": "yes or no (true or false)",
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "dict": "a mapping",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dataclass": "the name of a file",
    "is": "the name of a file",
}


def _text(kind: str, context: Mapping[str, Any]) -> str:
    """What a text must be that is one, and yet not the right one."""
    if kind == "string_pattern_mismatch":
        return f"text that fits {context['pattern']}"
    words = {"string_too_short": ("least", "min"), "string_too_long": ("most", "max")}
    if kind not in words:
        return ""
    at, bound = words[kind]
    count = context[f"{bound}_length"]
    return f"text of at {at} {count} character{'' if count == 1 else 's'}"


def _bound(context: Mapping[str, Any]) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return " and ".join(f"{words[k]} {v}" for k, v in context.items() if k in words)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
