"""Which variables, results and other templates a template reads."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from mplay.template.syntax import lookups_in

DYNAMIC = "*"
"""Stands for results whose step is not written out: ``results[name]``."""


def results_in(tree: nodes.Template) -> frozenset[str]:
    """The steps whose results a tree reads; DYNAMIC where it cannot be told."""
    known = list(_constant(tree))
    uses = sum(1 for name in tree.find_all(nodes.Name) if name.name == "results")
    return frozenset(known) | (frozenset({DYNAMIC}) if uses > len(known) else frozenset())


def looked_up(tree: nodes.Template, lookup: str) -> frozenset[str]:
    """The terms of a lookup that are written out: ``lookup('vars', 'NAME')``."""
    return frozenset(
        str(term.value)
        for name, call in lookups_in(tree)
        if name.removeprefix("ansible.builtin.") == lookup
        for term in call.args[1:]
        if isinstance(term, nodes.Const)
    )


def _constant(tree: nodes.Template) -> Iterator[str]:
    for item in tree.find_all(nodes.Getitem):
        if _is_results(item.node) and isinstance(item.arg, nodes.Const):
            yield str(item.arg.value)
    for attribute in tree.find_all(nodes.Getattr):
        if _is_results(attribute.node):
            yield attribute.attr


def _is_results(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "results"
