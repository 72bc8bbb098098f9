"""Arguments that are bare expressions (``assert: {that: x > 1}``): rendered like any other.

When a playbook is read, braces are put around such a text, so that from there on it is an
expression like others: what it reads is known, and rendering gives true or false.
"""

from __future__ import annotations

from collections.abc import Iterator

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import ModuleCall, Text, Value
from mplay.sdk import Condition, Module
from mplay.source import FoldedText, Map, Seq
from mplay.spec.record import shown
from mplay.template import is_dynamic

_OPEN, _CLOSE = "{{ ", " }}"


def condition_arguments(module: type[Module]) -> Iterator[str]:
    """The arguments of a module that are conditions."""
    for name, field in module.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("mplay") == "conditions":
            yield name


def braced(module: type[Module], args: Map | Text) -> Map | Text:
    """Arguments as written, with braces around the expressions of conditions."""
    for name in condition_arguments(module):
        if isinstance(args, Text):
            return _braced(args) if name == module.FREE_FORM else args
        if Text(name) in args:
            args[Text(name)] = _braced(args[Text(name)])
    return args


def _braced(value: Value) -> Value:
    if isinstance(value, Seq):
        value[:] = [_braced(item) for item in value]
        return value
    if not isinstance(value, Text) or is_dynamic(value) or not value.strip():
        return value
    # The expression itself stays where it is, so that errors in it are told at their places.
    where = Where(value.where.file, value.where.line, value.where.column - len(_OPEN))
    kind = FoldedText if isinstance(value, FoldedText) else Text
    return kind(f"{_OPEN}{value.rstrip()}{_CLOSE}", where)


def evaluated(call: ModuleCall, name: str, value: Value) -> list[Condition]:
    """Rendered conditions, each with its text. UsageError for one that is no condition."""
    written = call.args if isinstance(call.args, str) else call.args.get(name)
    listed = value if isinstance(value, list) else [value]
    texts = written if isinstance(written, list) else [written]
    if len(texts) != len(listed):
        texts = [""] * len(listed)
    return [_condition(text, one, call) for text, one in zip(texts, listed, strict=True)]


def _condition(text: Value, value: Value, call: ModuleCall) -> Condition:
    bare = str(text).strip() if isinstance(text, str) else ""
    if bare.startswith(_OPEN.strip()) and bare.endswith(_CLOSE.strip()):
        bare = bare[2:-2].strip()
    if isinstance(value, bool):
        return Condition(text=bare or str(value).lower(), holds=value)
    where = getattr(text, "where", call.where)
    what = f"a condition must be true or false, and '{bare}' is {shown(value)}"
    raise UsageError(what, where=where, hint="write `… | bool` for a word such as yes")
