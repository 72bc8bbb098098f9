"""From text to a compiled template: only statements that are safe, nothing computed early.

The tree is changed before it is compiled, so that the sandbox sees all work: loops are counted,
``~`` and literals are measured. The code generator keeps the type of a lone expression, folds no
constants (``'x' * 10**10`` must not run while a playbook is read), and notes the names it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any, cast

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import Frame
from jinja2.lexer import Lexer, Token
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

from mplay.source import did_you_mean
from mplay.template import lookups, refused

if TYPE_CHECKING:
    from jinja2 import Environment

COUNTED = "a loop"
JOINED = "a joined text"
MEASURED = "a measured value"
WRITTEN = "a written text"
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_NO_ESCAPE = re.compile(r"\\\\|\\(?![\\'\"abfnrtv0-7xNuU\n])")
_PREFIXES = ("ansible.builtin.", "ansible.legacy.", "ansible.utils.")
_OF_FILTER = {"map": 0}
_OF_TEST = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}
"""Filters that are given the name of a filter or a test, and at which place."""
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.EvalContextModifier: "{% autoescape %}",
}


class _Lexer(Lexer):
    """Jinja2's, with its own rule about backslashes in strings."""

    def __init__(self, environment: Environment, *, raw: bool) -> None:
        super().__init__(environment)
        self._raw = raw

    def wrap(
        self,
        stream: Iterable[tuple[int, str, str]],
        name: str | None = None,
        filename: str | None = None,
    ) -> Iterator[Token]:
        """The tokens; backslashes are doubled where they are not to escape."""
        return super().wrap(self._doubled(stream), name, filename)

    def _doubled(self, stream: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str, str]]:
        raw = False
        for line, kind, value in stream:
            if kind in {"variable_begin", "variable_end"}:
                raw = self._raw and kind == "variable_begin"
            if kind == "string" and "\\" in value:
                value = _literal(value) if raw else _NO_ESCAPE.sub(r"\\\\", value)
            yield line, kind, value


def _literal(string: str) -> str:
    """A string whose backslashes are themselves; one before a quote still keeps it from ending."""
    return _PAIR.sub(
        lambda pair: pair[0] if pair[1] in "'\"" else pair[0].replace("\\", "\\\\"), string
    )


def _parser(
    environment: Environment, text: str, *, raw: bool = False, state: str | None = None
) -> Parser:
    parser = Parser(environment, "")
    parser.stream = _Lexer(environment, raw=raw).tokenize(text, None, None, state)
    return parser


class NotOurs(TemplateSyntaxError):
    """A name that templates of Ansible may use; `hint` says what to write instead."""

    def __init__(self, message: str, lineno: int, hint: str) -> None:
        super().__init__(message, lineno)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled text: its code, and the tree that it was made from."""

    code: CodeType
    tree: nodes.Template
    names: frozenset[str]


class Generator(NativeCodeGenerator):
    """Python code that keeps native types; `names` are the variables that it looks up."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment, None, None, optimized=False)
        self.names: set[str] = set()

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> Any:  # noqa: ARG002
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return node.as_const(frame.eval_ctx)

    def enter_frame(self, frame: Frame) -> None:
        """Note the names that are not set by the template itself."""
        super().enter_frame(frame)
        for action, name in frame.symbols.loads.values():
            if action == "resolve" and name is not None:
                self.names.add(name)


def parse(environment: Environment, text: str) -> nodes.Template:
    """The tree of a template file, in whose strings a backslash escapes."""
    return _parser(environment, text).parse()


def parse_value(environment: Environment, text: str) -> nodes.Template:
    r"""The tree of a text of a YAML file: within ``{{ }}``, a backslash in a string is itself.

    It is so with Ansible, so that ``regex_replace('(\d+)', '\1')`` need not be escaped twice.
    A break at the end does not count, so that ``|`` in YAML leaves a lone expression its type.
    """
    return _parser(environment, text.removesuffix("\n"), raw=True).parse()


def parse_expression(environment: Environment, text: str) -> nodes.Template:
    """The tree of a bare expression, as in ``when``; in its strings a backslash escapes."""
    parser = _parser(environment, text, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        token = parser.stream.current
        raise TemplateSyntaxError(f"unexpected '{token.value}'", token.lineno)
    tree = nodes.Template([nodes.Output([expression], lineno=1)], lineno=1)
    tree.set_environment(environment)
    return tree


def compile_tree(environment: Environment, tree: nodes.Template) -> Code:
    """Check a tree and compile it. TemplateSyntaxError says what may not stand in it."""
    check_tree(environment, tree)
    measured = cast(nodes.Template, _Measure().visit(tree))
    measured.set_environment(environment)
    generator = Generator(environment)
    generator.visit(measured)
    code = compile(generator.stream.getvalue(), "<template>", "exec")  # type: ignore[attr-defined]
    return Code(code, measured, frozenset(generator.names - set(environment.globals)))


def check_tree(environment: Environment, tree: nodes.Template) -> None:
    """Refuse statements that reach outside, and filters and tests that are not there."""
    for node in tree.find_all(tuple(_REFUSED)):
        hint = "write {{ lookup('template', 'FILE') }}" if isinstance(node, nodes.Include) else ""
        raise NotOurs(f"{_REFUSED[type(node)]} is not in this version", node.lineno, hint)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("a recursive loop is not in this version", loop.lineno)
    for node in tree.find_all(nodes.Filter):
        node.name = _checked(node.name, "filter", environment.filters, node)
        _check_named(environment, node)
    for test in tree.find_all(nodes.Test):
        test.name = _checked(test.name, "test", environment.tests, test)
    _check_lookups(tree)


def _check_lookups(tree: nodes.Template) -> None:
    for name, call in lookups_in(tree):
        short = name.removeprefix(_PREFIXES[0])
        if short in refused.LOOKUPS:
            raise NotOurs(f"there is no lookup '{short}'", call.lineno, refused.LOOKUPS[short])
        if short not in lookups.LOOKUPS:
            raise TemplateSyntaxError(lookups.unknown(short), call.lineno)


def _check_named(environment: Environment, node: nodes.Filter) -> None:
    """Check the filter or test that a filter such as `map` is given by its name."""
    for places, kind, known in (
        (_OF_FILTER, "filter", environment.filters),
        (_OF_TEST, "test", environment.tests),
    ):
        place = places.get(node.name, len(node.args))
        if place < len(node.args) and isinstance(named := node.args[place], nodes.Const):
            named.value = _checked(str(named.value), kind, known, node)


def _checked(name: str, kind: str, known: Iterable[str], node: nodes.Node) -> str:
    """The name without Ansible's prefix; TemplateSyntaxError where there is nothing of it."""
    words = {word for word in known if " " not in word}
    short = next((name.removeprefix(p) for p in _PREFIXES if name.startswith(p)), name)
    if short in words:
        return short
    table = refused.FILTERS if kind == "filter" else refused.TESTS
    if hint := table.get(name.rpartition(".")[2]):
        raise NotOurs(f"there is no {kind} '{name}'", node.lineno, hint)
    near = did_you_mean(short, words)
    raise TemplateSyntaxError(f"there is no {kind} '{name}'.{near}", node.lineno)


def lookups_in(tree: nodes.Template) -> Iterator[tuple[str, nodes.Call]]:
    """The lookups whose name is written out, each with its call."""
    for call in tree.find_all(nodes.Call):
        if _is_lookup(call) and call.args and isinstance(call.args[0], nodes.Const):
            yield str(call.args[0].value), call


def asks(tree: nodes.Template) -> bool:
    """Whether anything is looked up."""
    return any(_is_lookup(call) for call in tree.find_all(nodes.Call))


def _is_lookup(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name in lookups.FUNCTIONS


class _Measure(NodeTransformer):
    """Puts the sandbox's own filters where work is done that it would not see."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 jinja2's dispatch
        """A loop is counted."""
        self.generic_visit(node)
        node.iter = _through(COUNTED, node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        """``a ~ b`` is measured."""
        self.generic_visit(node)
        return _through(JOINED, *node.nodes)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        """A lookup knows which of its texts stand in the file as they are."""
        self.generic_visit(node)
        if _is_lookup(node):
            node.args = [_written(arg) for arg in node.args]
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802
        """A list may hold one large value many times."""
        return self._literal(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802
        """A mapping too."""
        return self._literal(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802
        """A tuple too, but not one that is assigned to."""
        return self._literal(node) if node.ctx == "load" else node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:  # noqa: N802
        """Comparing and searching take as long as a value is large."""
        self.generic_visit(node)
        if not isinstance(node.expr, nodes.Const):
            node.expr = _through(MEASURED, node.expr)
        return node

    def _literal(self, node: nodes.Expr) -> nodes.Expr:
        self.generic_visit(node)
        return _through(MEASURED, node)


def _written(node: nodes.Expr) -> nodes.Expr:
    text = isinstance(node, nodes.Const) and isinstance(node.value, str)
    return _through(WRITTEN, node) if text else node


def _through(name: str, first: nodes.Node, *rest: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(
        cast(nodes.Expr, first), name, list(rest), [], None, None, lineno=first.lineno
    )
