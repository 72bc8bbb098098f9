"""Values of YAML and Jinja2 in the kinds that a module's arguments want, as Ansible takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mplay.sdk import Module
from mplay.source import spelling

_LISTS = frozenset({"tuple_type", "list_type", "set_type", "frozen_set_type"})


def coerced(module: type[Module], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with numbers as text and texts as lists where the module wants that.

    What else is wrong with them is left for the module to say.
    """
    result = dict(arguments)
    try:
        module.model_validate(result)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            _mend(result, detail["loc"], detail["type"])
    return result


def lacks(module: type[Module], arguments: Mapping[str, Any]) -> bool:
    """Whether a required argument is not given."""
    try:
        module.model_validate(dict(arguments))
    except ValidationError as error:
        return any(one["type"] == "missing" for one in error.errors(include_url=False))
    return False


def _mend(arguments: dict[str, Any], path: tuple[str | int, ...], kind: str) -> None:
    """Change one value at its path, if it can be what is wanted there."""
    if len(path) == 1 and isinstance(path[0], str):
        key = path[0]
        if kind in _LISTS:
            arguments[key] = _as_list(arguments.get(key))
        elif kind == "string_type":
            arguments[key] = _as_text(arguments.get(key))
    elif len(path) == 2 and kind == "string_type" and isinstance(path[0], str):
        inner = arguments.get(path[0])
        if isinstance(inner, list) and isinstance(path[1], int):
            arguments[path[0]] = [_as_text(v) if i == path[1] else v for i, v in enumerate(inner)]
        elif isinstance(inner, dict):
            arguments[path[0]] = {k: _as_text(v) if k == path[1] else v for k, v in inner.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return spelling(value)
    return value


def _as_list(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [spelling(value)]
    return value
