"""From text to a compiled template: only statements that are safe, nothing computed early.

The tree is changed before it is compiled, so that the sandbox sees all work: loops are counted,
``~`` and literals are measured. The code generator keeps the type of a lone expression, folds no
constants (``'x' * 10**10`` must not run while a playbook is read), and notes the names it reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any, cast

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import Frame
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

from mplay.source import did_you_mean

if TYPE_CHECKING:
    from jinja2 import Environment

COUNTED = "a loop"
JOINED = "a joined text"
MEASURED = "a measured value"
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.EvalContextModifier: "{% autoescape %}",
}


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
    """The tree of a text with ``{{ }}`` and ``{% %}``."""
    return Parser(environment, text).parse()


def parse_expression(environment: Environment, text: str) -> nodes.Template:
    """The tree of a bare expression, as in ``when``."""
    parser = Parser(environment, text, state="variable")
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
        raise TemplateSyntaxError(f"{_REFUSED[type(node)]} is not in this version", node.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise TemplateSyntaxError("a recursive loop is not in this version", loop.lineno)
    _check_known(tree.find_all(nodes.Filter), "filter", environment.filters)
    _check_known(tree.find_all(nodes.Test), "test", environment.tests)


def _check_known(
    uses: Iterable[nodes.Filter | nodes.Test], kind: str, known: Iterable[str]
) -> None:
    words = {name for name in known if " " not in name}
    for node in uses:
        if node.name not in words:
            near = did_you_mean(node.name, words)
            raise TemplateSyntaxError(f"there is no {kind} '{node.name}'.{near}", node.lineno)


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


def _through(name: str, first: nodes.Node, *rest: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(
        cast(nodes.Expr, first), name, list(rest), [], None, None, lineno=first.lineno
    )
