"""Finds modules by name and makes calls of them.

A *module* is a file: ``apt.py`` holds the one class that answers to ``apt``. *Sources* are folders
of such files: a project's own ``modules/`` first, then every package that an installed
distribution names in the entry point group ``mplay.modules``. The *registry* looks a name up in
them, imports the file only when it is asked for, and knows the digest of its source.
`call` checks arguments against a module and says in words what is wrong with them; `reference`
is what a module says of itself, and `arguments_schema` the JSON Schema of its arguments.
"""

from __future__ import annotations

from mplay.registry.calls import (
    ArgumentProblem,
    BadArguments,
    call,
    content_arguments,
    filled_arguments,
    local_arguments,
    program_words,
)
from mplay.registry.reference import Reference, reference
from mplay.registry.registry import Registry
from mplay.registry.schema import arguments_schema

__all__ = [
    "ArgumentProblem",
    "BadArguments",
    "Reference",
    "Registry",
    "arguments_schema",
    "call",
    "content_arguments",
    "filled_arguments",
    "local_arguments",
    "program_words",
    "reference",
]
