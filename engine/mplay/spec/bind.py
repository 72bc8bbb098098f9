"""Makes the module of a call from rendered arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.model.playbook import ModuleCall, Text, Value
from mplay.registry import (
    ArgumentProblem,
    BadArguments,
    filled_arguments,
    local_arguments,
    program_words,
)
from mplay.registry import call as make
from mplay.sdk import Blob, Content, Module
from mplay.source import did_you_mean, key_place, place
from mplay.spec.coercion import coerced
from mplay.spec.conditions import condition_arguments, evaluated
from mplay.spec.contents import Contents, TaskContents
from mplay.spec.files import Finder
from mplay.spec.modules import Modules
from mplay.spec.named import templates_of
from mplay.spec.short_form import by_name
from mplay.template import Renderer, Scope, is_dynamic

_WORD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binder:
    """Renders a call's arguments with variables and makes its module; for a whole run."""

    modules: Modules
    finder: Finder
    renderer: Renderer

    def __call__(self, call: ModuleCall, variables: Mapping[str, Any]) -> Module:
        """The module of a call for one task. UsageError (InvalidInput) with the places."""
        scope = variables if isinstance(variables, Scope) else self.renderer.scope(variables)
        args = self.renderer.render(call.args, scope)
        render = lambda text: self.renderer.template(text, scope)  # noqa: E731 one expression
        contents = TaskContents(
            finder=self.finder,
            render=render,
            subject=str(scope.get("inventory_hostname", "")),
        )
        is_secret = self.renderer.vault.secrets.found_in
        return bind(call, args, self.modules, contents, is_secret=is_secret)

    def templates(self, call: ModuleCall, variables: Mapping[str, Any]) -> list[Text]:
        """The templates that a call's arguments name, as far as they can be told by now."""

        def name_of(value: Value) -> Value:
            try:
                return self.renderer.render(value, variables)
            except UsageError:
                return None

        module = self.modules.find(str(call.name))
        return list(templates_of(module, call, self.finder, name_of))


def bind(
    call: ModuleCall,
    args: Value,
    modules: Modules,
    contents: Contents,
    *,
    is_secret: Callable[[str], bool] = lambda _: False,
) -> Module:
    """The module of a call; `args` are its rendered arguments: a mapping, or a text.

    Arguments that name files are given their content. A number where text is wanted is taken as it
    was written; a text where a list is wanted is cut at its commas. `is_secret` tells which texts
    came from a vault or the environment. InvalidInput says all that is wrong, at the places of
    `call`.
    """
    module = modules.find(str(call.name))
    if module is None:
        near = did_you_mean(call.name, modules.names())
        raise UsageError(f"there is no module '{call.name}'.{near}", where=call.name.where)
    given = named(module, call, args)
    problems: list[Problem] = []
    content = filled(module, call, given, contents, problems)
    try:
        made = make(module, coerced(module, content))
    except BadArguments as error:
        problems += problems_of(error.problems, call)
    else:
        problems += unsealed(call, made, is_secret)
    if problems:
        raise InvalidInput(problems)
    return made


def unsealed(call: ModuleCall, made: Module, is_secret: Callable[[str], bool]) -> list[Problem]:
    """Arguments that stand for all to read, and hold what only a vault or ``env:NAME`` may give."""
    return [
        Problem(
            f"{call.name}: '{path[0]}' has a secret part, which the journal would keep as it is",
            _where(call, *path),
            "take it from the environment (env:NAME), or encrypt it with ansible-vault (!vault)",
        )
        for path, value in made.confidential()
        if not is_secret(value)
    ]


def named(module: type[Module], call: ModuleCall, args: Value) -> dict[str, Value]:
    """The arguments by name, also those of the short form: a text. UsageError."""
    if isinstance(args, Mapping) and not isinstance(call.args, str):
        return {str(key): value for key, value in args.items()}
    if module.FREE_FORM:
        _refuse_words(module, call, str(args))
        return {module.FREE_FORM: args}
    if not isinstance(args, str):
        raise UsageError(f"the arguments of {call.name} must be a mapping", where=call.where)
    return {str(key): value for key, value in by_name(args, call.name, _where(call)).items()}


def problems_of(found: Sequence[ArgumentProblem], call: ModuleCall) -> list[Problem]:
    """What is wrong with arguments, where they were written."""
    return [_problem(one, call) for one in found]


def _problem(one: ArgumentProblem, call: ModuleCall) -> Problem:
    what, hint = one.what, one.hint
    if hint.startswith("did you mean"):
        what, hint = f"{what.rstrip('.')}. {hint[0].upper()}{hint[1:]}", ""
    return Problem(what, _where(call, *one.path), hint)


def _where(call: ModuleCall, *path: str | int) -> Where:
    """The place of an argument's name, or of a value deep inside it."""
    if len(path) == 1:
        return key_place(call.args, str(path[0]), call.where)
    return place(call.args, call.where, *path)


def filled(
    module: type[Module],
    call: ModuleCall,
    given: Mapping[str, Value],
    contents: Contents,
    problems: list[Problem],
) -> dict[str, Value]:
    """The arguments with conditions paired with their texts, and names of files with content.

    A file with a problem gets empty content, so that it is told once.
    """
    result = dict(given)
    for key in condition_arguments(module):
        if key in given and not is_dynamic(given[key]):
            result[key] = ()
            _try(result, key, partial(evaluated, call, key, given[key]), problems)
    for key, kind in filled_arguments(module).items():
        value = given.get(key, "")
        if kind == "subject" and not value:
            result[key] = contents.subject
        elif kind == "place" and isinstance(value, str) and value and not is_dynamic(value):
            result[key] = contents.place(value)
    for key, kind in local_arguments(module, given).items():
        value = given.get(key)
        if not isinstance(value, str) or is_dynamic(value):
            continue
        read: dict[str, Callable[[str, Where], Content]] = {
            "archive": contents.archive,
            "file": contents.file,
            "program": partial(_program, contents),
            "template": contents.template,
        }
        result[key] = Content(name=value, blob=Blob.of_bytes(b""))
        _try(result, key, partial(read[kind], value, _where(call, key)), problems)
    return result


def _program(contents: Contents, text: str, where: Where) -> Content:
    """A file with the words behind its name."""
    try:
        name, *words = program_words(text)
    except ValueError as error:
        raise UsageError(f"'{text[:60]}' cannot be run: {error}", where=where) from error
    return replace(contents.file(name, where), words=tuple(words))


def _try(
    result: dict[str, Value], key: str, work: Callable[[], Value], problems: list[Problem]
) -> None:
    try:
        result[key] = work()
    except InvalidInput as error:
        problems += error.problems
    except UsageError as error:
        problems.append(error.problem)


def _refuse_words(module: type[Module], call: ModuleCall, text: str) -> None:
    """Ansible takes ``creates=…`` out of the text; here it would reach the host unnoticed."""
    for word in text.split():
        found = _WORD.match(word)
        if (
            found
            and found[1] in {"creates", "removes", "chdir", "executable", "stdin"}
            and (found[1] in module.model_fields)
        ):
            raise UsageError(
                f"`{found[1]}=` inside the text of {call.name} is part of the command",
                where=call.where,
                hint=f"write {call.name}: {{{module.FREE_FORM}: …, {found[1]}: …}}",
            )


def unrendered(args: Value) -> Value:
    """Arguments without Jinja2 as plain data, as rendering would give them."""
    if isinstance(args, Text):
        return str(args)
    if isinstance(args, dict):
        return {str(key): unrendered(value) for key, value in args.items()}
    if isinstance(args, list):
        return [unrendered(value) for value in args]
    return args
