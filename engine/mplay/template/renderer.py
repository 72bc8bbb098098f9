"""The renderer: texts of files, with variables, become plain data."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard, cast

from jinja2 import Template, nodes

from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.model.playbook import Text, Value
from mplay.model.sealed import Sealed
from mplay.source import Vault
from mplay.template import faults, names, syntax
from mplay.template.budget import MAX_VALUES, Budget, TooMuch
from mplay.template.lookups import Files, Lookups, Written
from mplay.template.sandbox import OMIT, Missing, Reading, Sandbox, whole
from mplay.template.scope import Scope, unresolved

_MARKS = ("{{", "{%", "{#")
_ENVIRONMENT = re.compile(r"env:[A-Z_][A-Z0-9_]*\Z")
_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|CREDENTIAL|_KEY\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """`templates` are those that it looks up; `asks`: it looks something up."""

    template: Template
    names: frozenset[str]
    results: frozenset[str]
    templates: frozenset[str]
    asks: bool


class Renderer:
    """Evaluates texts; compiled ones are kept, so make one for a whole run. Thread-safe.

    `vault` opens values that are encrypted, and those of mplay's environment (``env:NAME``), when
    they are used; from then on they are known secrets. `files` are those that lookups may read,
    `environment` (mplay's own by default) the variables.
    """

    def __init__(
        self,
        vault: Vault | None = None,
        files: Files | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.vault = vault or Vault()
        self._files = files
        self._environment = os.environ if environment is None else environment
        lookups = Lookups(environment=self._of_environment, evaluate=self._looked_up, files=files)
        self._sandbox = Sandbox(lookups)
        self._texts: dict[str, _Compiled] = {}
        self._templates: dict[str, _Compiled] = {}
        self._expressions: dict[str, _Compiled] = {}

    def scope(self, *layers: Mapping[str, Value]) -> Scope:
        """Variables in layers, resolved lazily; a later layer wins. Scopes may be layers."""
        return Scope(self._live, *layers)

    def render(self, value: Value, variables: Mapping[str, Value]) -> Value:
        """Plain data: every `Text` in `value` evaluated, everything else as it is.

        A text that is one ``{{ expression }}`` keeps its type. An entry of a mapping or list that
        comes to `omit` is left out. UsageError (InvalidInput for several) with the places.
        """
        return self._rendered(value, self._scoped(variables))

    def condition(self, text: str, variables: Mapping[str, Value]) -> bool:
        """What a bare expression, as in ``when``, comes to. UsageError unless true or false."""
        found = self._evaluate(text, self._expression(text), self._scoped(variables))
        if isinstance(found, bool):
            return found
        kind = {str: "text", int: "a number", list: "a list", dict: "a mapping"}
        what = f"a condition must be true or false; this one is {kind.get(type(found), 'neither')}"
        hint = "write `… | bool` for a word such as yes, `… | length > 0` for text and lists"
        raise UsageError(what, where=faults.where_of(text), hint=hint)

    def template(self, text: str, variables: Mapping[str, Value]) -> str:
        """The text that a template file comes to."""
        scope = self._scoped(variables)
        found = self._evaluate(text, self._file(text), scope)
        with_faults = self._attempt(lambda: _as_text(found), text, scope)
        return str(with_faults)

    def check(self, value: Value, *, condition: bool = False) -> list[Problem]:
        """What is wrong with the texts in `value` before any variable is known.

        One that reads nothing is evaluated: ``'x' * 10**10`` is wrong wherever it is rendered.
        """
        problems: list[Problem] = []
        for text in texts_in(value):
            try:
                compiled = self._expression(text) if condition else self._text(text)
                alone = not compiled.names and not compiled.asks
                if alone and (condition or _has_marks(text)):
                    self._evaluate(text, compiled, self.scope())
            except UsageError as error:
                problems.append(error.problem)
        return problems

    def reads(
        self, value: Value, variables: Mapping[str, Value] | None = None, *, condition: bool = False
    ) -> frozenset[str]:
        """Names of the top-level variables that `value` reads; through `variables` where given.

        With `condition` its texts are bare expressions. UsageError for one that is not Jinja2.
        """
        seen: set[str] = set()
        for compiled in self._all(value, variables or {}, condition=condition):
            seen |= compiled.names
        return frozenset(seen)

    def results_read(
        self, value: Value, variables: Mapping[str, Value] | None = None, *, condition: bool = False
    ) -> frozenset[str]:
        """Steps named in ``results['…']``; DYNAMIC where one is not written out."""
        seen: set[str] = set()
        for compiled in self._all(value, variables or {}, condition=condition):
            seen |= compiled.results
        return frozenset(seen)

    def _all(
        self, value: Value, variables: Mapping[str, Value], *, condition: bool
    ) -> Iterator[_Compiled]:
        """What `value` consists of, and the variables that it reads, and theirs."""
        work = [
            self._expression(text) if condition else self._text(text) for text in texts_in(value)
        ]
        near = next((text.where.file for text in texts_in(value)), "")
        followed: set[str] = set()
        while work:
            compiled = work.pop()
            yield compiled
            for name in compiled.names - followed:
                followed.add(name)
                work += [self._text(text) for text in texts_in(unresolved(variables, name))]
            for name in compiled.templates - followed:
                followed.add(name)
                work += self._template_named(name, near)

    def _template_named(self, name: str, near: str) -> list[_Compiled]:
        """A template that is looked up; none where it is not there, which evaluating will tell."""
        if self._files is None:
            return []
        try:
            path = self._files.find("templates", name, near, free=True)
            return [self._file(Text(self._files.text(path), Where(str(path), 1, 1)))]
        except ValueError:
            return []

    def _scoped(self, variables: Mapping[str, Value]) -> Scope:
        return variables if isinstance(variables, Scope) else self.scope(variables)

    def _text(self, text: str) -> _Compiled:
        return self._compiled(self._texts, syntax.parse_value, text)

    def _file(self, text: str) -> _Compiled:
        return self._compiled(self._templates, syntax.parse, text)

    def _expression(self, text: str) -> _Compiled:
        bare = text.strip()
        if bare.startswith("{{") and bare.endswith("}}") and bare.count("{{") == 1:
            return self._file(_like(text, bare))
        return self._compiled(self._expressions, syntax.parse_expression, text)

    def _compiled(
        self,
        kept: dict[str, _Compiled],
        parse: Callable[[Sandbox, str], nodes.Template],
        text: str,
    ) -> _Compiled:
        found = kept.get(text)
        if found is None:
            try:
                found = self._compile(parse(self._sandbox, str(text)))
            except faults.FAULTS as error:
                raise _usage(faults.problem(error, text, faults.where_of(text))) from error
            kept[str(text)] = found
        return found

    def _compile(self, tree: nodes.Template) -> _Compiled:
        results = names.results_in(tree)
        variables = names.looked_up(tree, "vars")
        templates = names.looked_up(tree, "template")
        asks = syntax.asks(tree)
        code = syntax.compile_tree(self._sandbox, tree)
        template = Template.from_code(self._sandbox, code.code, {})
        return _Compiled(template, code.names | variables, results, templates, asks)

    def _looked_up(self, text: Text, more: Mapping[str, Any], budget: Budget, scope: Any) -> Any:
        """What a template comes to that an expression looks up."""
        return self._evaluate(text, self._file(text), self.scope(scope, more), budget)

    def _of_environment(self, name: str) -> str | None:
        """A variable of mplay's environment; one that is called like a secret becomes known."""
        value = self._environment.get(name)
        if value is not None and _SECRET_NAME.search(name):
            self.vault.know(value, f"env:{name}")
        return value

    def _evaluate(
        self, text: str, compiled: _Compiled, scope: Scope, budget: Budget | None = None
    ) -> Any:
        where = faults.where_of(text)

        def run() -> Any:
            context = Reading(self._sandbox, scope, where.file if where else "", budget)
            return whole(list(_parts(compiled.template, context)))

        return self._attempt(run, text, scope)

    def _attempt(self, work: Callable[[], Any], text: str, scope: Scope) -> Any:
        try:
            return work()
        except faults.FAULTS as error:
            raise _usage(faults.problem(error, text, faults.where_of(text), scope)) from error

    def _rendered(self, value: Value, scope: Scope) -> Value:
        if _is_secret(value):
            return self._revealed(value, lambda plain_text: self._rendered(plain_text, scope))
        if isinstance(value, Text):
            if not _has_marks(value):
                return str(value)
            found = _ended(value, self._evaluate(value, self._text(value), scope))
            return self._attempt(lambda: plain(found), value, scope)
        if isinstance(value, dict):
            rendered = self._all_rendered(value.values(), scope)
            pairs = zip(map(str, value), rendered, strict=True)
            return {key: item for key, item in pairs if item is not OMIT}
        if isinstance(value, list | tuple):
            return [item for item in self._all_rendered(value, scope) if item is not OMIT]
        return value

    def _all_rendered(self, values: Iterable[Value], scope: Scope) -> list[Value]:
        """All of them; the problems of all of them together where there are any."""
        done: list[Value] = []
        problems: list[Problem] = []
        for value in values:
            try:
                done.append(self._rendered(value, scope))
            except InvalidInput as error:
                problems += error.problems
            except UsageError as error:
                problems.append(error.problem)
        if len(problems) == 1:
            raise _usage(problems[0])
        if problems:
            raise InvalidInput(problems)
        return done

    def _live(self, value: Value, scope: Scope) -> Value:
        """A variable's value for use in expressions: texts evaluated, objects left as they are."""
        if _is_secret(value):
            return self._revealed(value, lambda plain_text: self._live(plain_text, scope))
        if isinstance(value, Text):
            if not _has_marks(value):
                return Written(value)
            found = _ended(value, self._evaluate(value, self._text(value), scope))
            return list(found) if isinstance(found, Iterator) else found
        if isinstance(value, dict):
            return {str(key): self._live(item, scope) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._live(item, scope) for item in value]
        return value

    def _revealed(self, value: Sealed | Text, evaluated: Callable[[Value], Value]) -> Value:
        """What a secret comes to; one that is text around Jinja2 is a secret as a whole too."""
        if isinstance(value, Text):
            return self.vault.environment(value)
        inside = self.vault.open(value)
        found = evaluated(inside)
        if isinstance(inside, Text) and _has_marks(inside) and not isinstance(found, bool | None):
            alone = inside.strip().startswith("{{") and inside.strip().endswith("}}")
            if not alone:
                self.vault.know(found, f"{value.reference}#rendered")
        return found


def _parts(template: Template, context: Reading) -> Iterator[Any]:
    """What a template puts out, part by part."""
    running = cast("Generator[Any, Any, None]", template.root_render_func(context))
    for part in running:
        context.budget.spend(1)
        if isinstance(part, Missing):
            # Thrown where the template stands, so that the error knows the line.
            running.throw(part.error())
        yield part


def _ended(text: str, found: Any) -> Any:
    """What a text came to, with the breaks at its end where it is text."""
    if not isinstance(found, str) or not text.endswith("\n"):
        return found
    breaks = len(text) - len(text.rstrip("\n"))
    return found + "\n" * (breaks - (len(found) - len(found.rstrip("\n"))))


def is_dynamic(value: Value) -> bool:
    """Whether a text in `value` holds Jinja2 or a secret: it is known only when it is rendered."""
    if isinstance(value, dict):
        return any(is_dynamic(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(is_dynamic(item) for item in value)
    return _is_secret(value) or (isinstance(value, Text) and _has_marks(value))


def _is_secret(value: Value) -> TypeGuard[Sealed | Text]:
    """Whether a value is opened when it is used: under Ansible Vault, or ``env:NAME``."""
    return isinstance(value, Sealed) or (
        isinstance(value, Text) and value.startswith("env:") and bool(_ENVIRONMENT.match(value))
    )


def texts_in(value: Value) -> Iterator[Text]:
    """Every text in a value that came from a file."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def plain(value: Any) -> Value:
    """JSON-like data: lists, dicts with text keys, text, numbers. TypeError for anything else."""
    if value is None or value is OMIT or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Missing):
        raise value.error()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TooMuch("a number in the expression is out of range")
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(item) for item in _bounded(value)]
    raise TypeError(f"{type(value).__name__} is no value that a playbook can hold")


def _bounded(items: Iterable[Any]) -> Iterator[Any]:
    for number, item in enumerate(items):
        if number > MAX_VALUES:
            raise TooMuch(f"a value would hold more than {MAX_VALUES} values")
        yield item


def _as_text(value: Any) -> str:
    return "" if value is None else str(plain(value) if not isinstance(value, str) else value)


def _like(text: str, value: str) -> str:
    return Text(value, text.where) if isinstance(text, Text) else value


def _has_marks(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def _usage(problem: Problem) -> UsageError:
    return UsageError(problem.what, where=problem.where, hint=problem.hint)
