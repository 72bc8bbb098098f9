"""``lookup('NAME', …)`` and ``query('NAME', …)``: what an expression asks beside its variables.

Which file or variable of the environment is read must be the playbook author's choice: a name that
stands in a file of the project is `Written`, and may be any; one that was put together, or came
from a host, reaches only files that steps can send anyway, and nothing of the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Undefined

from mplay.model.errors import Where
from mplay.model.playbook import Text
from mplay.source import did_you_mean
from mplay.template import budget as bounds
from mplay.template import refused
from mplay.template.filters.regex import pattern
from mplay.template.loops import LOOPS

FUNCTIONS = ("lookup", "query", "q")
_FAILURES = (ValueError, TypeError, LookupError, OSError)
_FOLDERS = ("files", "templates", "vars")


class Written(str):
    """A text that stands in a file of the project as it is."""

    __slots__ = ()


class Files(Protocol):
    """The files of the controller. `near` is the file in which the lookup stands.

    `free`: any file; otherwise only those that steps can send. ValueError says what is wrong.
    """

    def find(self, folder: str, name: str, near: str, *, free: bool) -> Path:
        """The file of that name, in `folder` first."""
        ...

    def matching(self, pattern: str, near: str, *, free: bool) -> list[Path]:
        """The files under ``files/`` that a pattern with ``*`` and ``?`` fits, sorted."""
        ...

    def text(self, path: Path) -> str:
        """The content of a file, which is UTF-8 and no larger than 1 MiB.

        One that is encrypted is opened, and is a known secret from then on.
        """
        ...


class Reading(Protocol):
    """What a lookup sees of the expression that it stands in."""

    scope: Mapping[str, Any]
    budget: bounds.Budget
    near: str


Evaluate = Callable[[Text, Mapping[str, Any], bounds.Budget, Mapping[str, Any]], Any]
"""What a template comes to with some more variables, within the budget of the one around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """All lookups. `environment` gives a variable of mplay's own environment."""

    environment: Callable[[str], str | None]
    evaluate: Evaluate
    files: Files | None = None

    def ask(
        self,
        reading: Reading,
        name: str,
        terms: list[Any],
        options: dict[str, Any],
        *,
        wantlist: bool,
    ) -> Any:
        """What a lookup comes to; without `wantlist` a single item is itself, and texts one."""
        wantlist = bool(options.pop("wantlist", wantlist))
        ignore = options.pop("errors", "strict")
        if ignore not in {"strict", "ignore"}:
            raise ValueError("errors is 'strict' or 'ignore'")
        run = self._named(name)
        try:
            found = run(self, reading, _present(terms), **options)
        except _FAILURES:
            if ignore == "strict":
                raise
            return [] if wantlist else None
        if wantlist or not found:
            return found
        if len(found) == 1:
            return found[0]
        texts = all(isinstance(item, str) for item in found)
        return ",".join(found) if texts else found

    def _named(self, name: str) -> Callable[..., list[Any]]:
        short = str(name).removeprefix("ansible.builtin.")
        if short not in LOOKUPS:
            raise ValueError(unknown(short))
        return LOOKUPS[short]

    def _files(self) -> Files:
        if self.files is None:
            raise ValueError("files cannot be read here")
        return self.files

    def env(self, _: Reading, terms: list[Any], default: Any = "") -> list[Any]:
        """Variables of mplay's own environment, on the controller; `default` where one is not."""
        return [_or(self.environment(_written(term).split()[0]), default) for term in terms]

    def file(
        self, reading: Reading, terms: list[Any], lstrip: bool = False, rstrip: bool = True
    ) -> list[str]:
        """The contents of files, without blanks and line breaks at the end."""
        found = []
        for term in terms:
            free = isinstance(term, Written)
            path = self._files().find("files", str(term), reading.near, free=free)
            text = self._files().text(path)
            text = text.lstrip() if lstrip else text
            found.append(text.rstrip() if rstrip else text)
        return found

    def template(
        self, reading: Reading, terms: list[Any], template_vars: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """What templates come to; `template_vars` are further variables for them."""
        found = []
        for term in terms:
            free = isinstance(term, Written)
            path = self._files().find("templates", str(term), reading.near, free=free)
            text = Text(self._files().text(path), Where(str(path), 1, 1))
            found.append(self.evaluate(text, template_vars or {}, reading.budget, reading.scope))
        return found

    def fileglob(self, reading: Reading, terms: list[Any]) -> list[str]:
        """The paths of the files that patterns fit, such as ``conf.d/*.conf``."""
        return [
            str(path)
            for term in terms
            for path in self._files().matching(
                str(term), reading.near, free=isinstance(term, Written)
            )
        ]

    def first_found(
        self,
        reading: Reading,
        terms: list[Any],
        files: Iterable[Any] = (),
        paths: Iterable[Any] = (),
        skip: bool = False,
    ) -> list[str]:
        """The path of the first of several files that there is."""
        for term in terms:
            if isinstance(term, Mapping):
                files = [*files, *_listed(term.get("files", ()))]
                paths = [*paths, *_listed(term.get("paths", ()))]
                skip = skip or bool(term.get("skip"))
            else:
                files = [*files, *_listed(term)]
        names = [
            Written(f"{folder}/{name}") if isinstance(name, Written) else f"{folder}/{name}"
            for folder in _listed(paths)
            for name in _listed(files)
        ]
        for name in names or _listed(files):
            if path := self._first(name, reading.near):
                return [path]
        if skip:
            return []
        raise ValueError("first_found: there is none of " + ", ".join(map(str, _listed(files))))

    def _first(self, name: str, near: str) -> str:
        for folder in _FOLDERS:
            try:
                return str(self._files().find(folder, name, near, free=isinstance(name, Written)))
            except ValueError:
                continue
        return ""

    def variables(self, reading: Reading, terms: list[Any], default: Any = None) -> list[Any]:
        """Variables by name; `default` where there is none."""
        found = []
        for term in terms:
            if term in reading.scope:
                found.append(reading.scope[term])
            elif default is None:
                raise ValueError(f"no variable is called '{term}'")
            else:
                found.append(default)
        return found

    def varnames(self, reading: Reading, terms: list[Any]) -> list[str]:
        """The names of the variables in which an expression is found."""
        compiled = [pattern(term) for term in terms]
        names = list(reading.scope)
        return [name for one in compiled for name in names if one.search(name)]


def _present(terms: list[Any]) -> list[Any]:
    for term in terms:
        if isinstance(term, Undefined):
            str(term)  # raises what is missing
    return terms


def _written(term: Any) -> str:
    if isinstance(term, Written) and term.strip():
        return term
    raise ValueError(
        "the name of a variable of the environment must stand in a file as it is; "
        "it cannot be put together"
    )


def _or(found: str | None, default: Any) -> Any:
    if found is None and isinstance(default, Undefined):
        str(default)  # raises what is missing
    return default if found is None else found


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _computing(function: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A lookup that only computes from its terms."""
    return lambda _lookups, _reading, terms, **options: function(terms, **options)


def unknown(name: str) -> str:
    """What is said of a lookup that is not there."""
    if hint := refused.LOOKUPS.get(name):
        return f"the lookup '{name}' is Ansible's, and not mplay's: {hint}"
    return f"there is no lookup '{name}'.{did_you_mean(name, LOOKUPS)}"


LOOKUPS: dict[str, Callable[..., list[Any]]] = {
    "env": Lookups.env,
    "file": Lookups.file,
    "fileglob": Lookups.fileglob,
    "first_found": Lookups.first_found,
    "template": Lookups.template,
    "varnames": Lookups.varnames,
    "vars": Lookups.variables,
    **{name: _computing(function) for name, function in LOOPS.items()},
}
