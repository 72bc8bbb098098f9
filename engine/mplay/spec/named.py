"""The templates that the arguments of a call name: what stands in them is read like arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from mplay.model.errors import UsageError
from mplay.model.playbook import ModuleCall, Text, Value
from mplay.registry import content_arguments
from mplay.sdk import Module
from mplay.source import place
from mplay.spec.files import Finder
from mplay.template import is_dynamic

NameOf = Callable[[Value], Value]
"""What the name of a file comes to; None where that cannot be told yet."""


def written(name: Value) -> Value:
    """A name that holds no Jinja2, as it stands."""
    return None if is_dynamic(name) else name


def templates_of(
    module: type[Module] | None, call: ModuleCall, finder: Finder, name_of: NameOf = written
) -> Iterator[Text]:
    """The templates that are there; that one is not is told where the module is made."""
    if module is None or not isinstance(call.args, Mapping):
        return
    for key, kind in content_arguments(module).items():
        value = call.args.get(Text(key))
        name = name_of(value) if kind == "template" and value is not None else None
        if isinstance(name, str):
            where = place(call.args, call.where, key)
            try:
                yield finder.template(finder.find("templates", str(name), where), where)
            except UsageError:
                continue
