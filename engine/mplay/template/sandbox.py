"""The environment in which templates run: they read and compute, and reach nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import BuiltinMethodType, FunctionType, MethodType
from typing import Any

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing

from mplay.template import budget as bounds
from mplay.template import filters, syntax, tests
from mplay.template.budget import Budget
from mplay.template.lookups import Lookups, Written

_STRING_METHODS = (
    "capitalize casefold center count endswith expandtabs find index isalnum isalpha isdecimal "
    "isdigit islower isnumeric isspace istitle isupper join ljust lower lstrip partition "
    "removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split "
    "splitlines startswith strip swapcase title upper zfill"
)
_METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, frozenset(_STRING_METHODS.split())),
    (dict, frozenset({"copy", "get", "items", "keys", "values"})),
    (Mapping, frozenset({"get", "items", "keys", "values"})),
    (list, frozenset({"copy", "count", "index"})),
    (tuple, frozenset({"count", "index"})),
    (LoopContext, frozenset({"changed", "cycle"})),
    (datetime, frozenset({"isoformat", "isoweekday", "strftime", "timestamp", "weekday"})),
    (timedelta, frozenset({"total_seconds"})),
)
_WIDE = frozenset({"center", "expandtabs", "ljust", "rjust", "zfill"})


class _Omit:
    """What `omit` is: an argument whose value it is counts as not given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "omit"


OMIT = _Omit()


class MissingName(str):
    """The text of an error about something missing; keeps the word, and what lacks it."""

    __slots__ = ("name", "owner")
    name: str
    owner: Any


class Missing(StrictUndefined):
    """A value that is not there; reading on inside it is still missing, using it is an error."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        top = self._undefined_obj is missing
        what = "is not defined" if top else "is not there"
        text = MissingName(f"`{self._undefined_name}` {what}")
        text.name = str(self._undefined_name)
        text.owner = None if top else self._undefined_obj
        return text

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Any:
        return self

    def error(self) -> Exception:
        """The error that any use raises."""
        return self._undefined_exception(self._undefined_message)


class Reading(Context):
    """The variables of one rendering: those that the template sets, then the scope's.

    `near` is the file in which the text stands.
    """

    def __init__(
        self,
        environment: Sandbox,
        scope: Mapping[str, Any],
        near: str = "",
        budget: Budget | None = None,
    ) -> None:
        super().__init__(environment, {}, None, {})
        self.scope = scope
        self.near = near
        self.budget = budget or Budget()

    def resolve_or_missing(self, key: str) -> Any:
        """A variable's value; a variable of the scope is resolved now."""
        if key in self.vars:
            return self.vars[key]
        if key in self.scope:
            return self.scope[key]
        return self.environment.globals.get(key, missing)


def _reading(context: Context) -> Reading:
    if not isinstance(context, Reading):
        raise TypeError("the sandbox renders in its own context only")
    return context


def _budget(context: Context) -> Budget:
    return _reading(context).budget


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with bounds; see the package for what it promises."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    concat = staticmethod(lambda parts: whole(list(parts)))

    def __init__(self, lookups: Lookups) -> None:
        super().__init__(
            undefined=Missing,
            optimized=False,
            trim_blocks=True,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self._functions = _functions(lookups)
        self.globals = {
            "range": bounds.bounded_range,
            "dict": dict,
            "namespace": Namespace,
            "omit": OMIT,
            **self._functions,
        }
        self.filters = {name: _guarded(f, name) for name, f in filters.table().items()}
        self.filters[syntax.COUNTED] = _counted
        self.filters[syntax.JOINED] = _joined
        self.filters[syntax.MEASURED] = _measured
        self.filters[syntax.WRITTEN] = Written
        self.tests = {name: _guarded(test, "") for name, test in tests.table().items()}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operator whose result could be large."""
        bounds.check_operator(operator, left, right)
        return _budget(context).weigh(super().call_binop(context, operator, left, right))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``obj.attribute``; a mapping's own keys come before its methods."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self._allowed(obj, attribute, super().getattr(obj, attribute))

    def getitem(self, obj: Any, argument: Any) -> Any:
        """``obj[argument]``."""
        if isinstance(obj, Undefined):
            return obj
        return self._allowed(obj, str(argument), super().getitem(obj, argument))

    def _allowed(self, obj: Any, attribute: str, value: Any) -> Any:
        """The value, unless it is a method that templates do not call."""
        if isinstance(value, BuiltinMethodType | MethodType | FunctionType) and not any(
            isinstance(obj, kind) and attribute in names for kind, names in _METHODS
        ):
            return self.unsafe_undefined(obj, attribute)
        return value

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """What takes the place of a refused attribute."""
        what = f"a template cannot reach `{attribute}`"
        if attribute in {"format", "format_map"}:
            what += "; use `~` or the % operator"
        return self.undefined(what, name=attribute, obj=obj, exc=SecurityError)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A call: of a listed method of plain data, a macro, or one of our few functions."""
        if isinstance(obj, Undefined):
            return obj()
        if obj not in self._functions.values():
            _check_call(obj, args)
        budget = _budget(context)
        budget.spend(bounds.CALL_COST)
        for value in (getattr(obj, "__self__", None), *args, *kwargs.values()):
            budget.weigh(value)
        return budget.weigh(context.call(obj, *args, **kwargs))


def _functions(lookups: Lookups) -> dict[str, Callable[..., Any]]:
    """The functions of templates beside Jinja2's own."""

    @pass_context
    def lookup(context: Context, name: str, /, *terms: Any, **options: Any) -> Any:
        return lookups.ask(_reading(context), name, list(terms), options, wantlist=False)

    @pass_context
    def query(context: Context, name: str, /, *terms: Any, **options: Any) -> Any:
        return lookups.ask(_reading(context), name, list(terms), options, wantlist=True)

    def undef(hint: str = "this must be given") -> Missing:
        return Missing(str(hint))

    return {"lookup": lookup, "query": query, "q": query, "undef": undef}


def _check_call(obj: Any, args: tuple[Any, ...]) -> None:
    if obj is bounds.bounded_range or obj is dict or obj is Namespace or isinstance(obj, Macro):
        return
    if isinstance(obj, BuiltinMethodType | MethodType):
        owner, name = obj.__self__, obj.__name__
        if any(isinstance(owner, kind) and name in allowed for kind, allowed in _METHODS):
            if isinstance(owner, str):
                _check_string_method(owner, name, args)
            return
        raise SecurityError(f"a template cannot call `{name}`")
    raise SecurityError("a template cannot call this value")


def _check_string_method(owner: str, name: str, args: tuple[Any, ...]) -> None:
    if name in _WIDE:
        bounds.check_width(*args)
    elif name == "join" and args and isinstance(args[0], list | tuple):
        bounds.joined([part for item in args[0] for part in (item, owner)])
    elif name == "replace" and len(args) >= 2:
        bounds.check_replace(owner, str(args[0]), str(args[1]))


def _guarded(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A filter or test whose arguments and result are measured."""
    wants = getattr(getattr(function, "jinja_pass_arg", None), "name", "")
    limit = filters.LIMITS.get(name)

    @pass_context
    def call(context: Context, *args: Any, **kwargs: Any) -> Any:
        budget = _budget(context)
        budget.spend(bounds.CALL_COST)
        for value in (*args, *kwargs.values()):
            budget.weigh(value)
        if limit:
            limit(*args, **kwargs)
        first = {
            "context": (context,),
            "eval_context": (context.eval_ctx,),
            "environment": (context.environment,),
        }.get(wants, ())
        return budget.weigh(function(*first, *args, **kwargs))

    return call


@pass_context
def _counted(context: Context, value: Iterable[Any]) -> Iterator[Any]:
    budget = _budget(context)
    for item in value:
        budget.spend(bounds.PASS_COST)
        yield item


@pass_context
def _joined(context: Context, *parts: Any) -> str:
    budget = _budget(context)
    for part in parts:
        budget.weigh(part)
    return bounds.joined(["None" if part is None else part for part in parts])


@pass_context
def _measured(context: Context, value: Any) -> Any:
    return _budget(context).weigh(value)


def whole(parts: list[Any]) -> Any:
    """What a text comes to: its lone expression's value, or all parts joined."""
    return parts[0] if len(parts) == 1 else bounds.joined(parts)
