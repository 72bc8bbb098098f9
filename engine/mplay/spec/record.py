"""Reads one mapping of a playbook by its keys, noting what is wrong with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar, cast

from mplay.model.errors import Where
from mplay.model.playbook import Text, Value
from mplay.source import Map, Seq, did_you_mean, key_place, place
from mplay.spec import forms
from mplay.spec.keys import RESERVED, Keys, hint_of
from mplay.spec.problems import Problems
from mplay.template import is_dynamic

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)


class Record:
    """A mapping with typed questions; a wrong value is noted, and counts as not given."""

    def __init__(self, data: Map, problems: Problems) -> None:
        self.data = data
        self.where = data.where
        self.problems = problems

    def place(self, key: str) -> Where:
        """Where a key's value was written."""
        return place(self.data, self.where, key)

    def key_place(self, key: str) -> Where:
        """Where a key was written."""
        return key_place(self.data, key, self.where)

    def wrong(self, key: str, what: str, hint: str = "") -> None:
        """Note a problem with a key's value."""
        self.problems.add(what, self.place(key), hint)

    def has(self, key: str) -> bool:
        """Whether a key is given, and not empty."""
        return self.data.get(_key(key)) is not None

    def check_keys(self, keys: Keys, *, passed: frozenset[str] = frozenset()) -> None:
        """Note the keys that do not belong here; those `passed` are somebody else's business."""
        for key in self.data:
            if key in keys.known or key in passed:
                continue
            if key in keys.later:
                self.problems.add(f"`{key}` is not in this version of mplay", key.where)
            else:
                self.unknown(key, keys)

    def unknown(self, key: Text, keys: Keys) -> None:
        """Note a key that is not known."""
        near = self.problems.suggest(key, keys.known | keys.later)
        hint = hint_of(key)
        self.problems.add(f"{keys.kind} has no key '{key[:80]}'.{near}", key.where, hint)

    def formed(self, key: str, form: Callable[[Value], T], default: T) -> T:
        """A value of a certain form; `form` raises ValueError for another."""
        value = self.data.get(_key(key))
        if value is None:
            return default
        try:
            return form(value)
        except ValueError as error:
            self.wrong(key, f"`{key}` {error}, not {shown(value)}")
            return default

    def text(self, key: str) -> Text | None:
        """A text; numbers are taken as they were written."""
        value = self.data.get(_key(key))
        if value is None or isinstance(value, Text):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Text(str(getattr(value, "written", "") or value), self.place(key))
        self.wrong(key, f"`{key}` is a text, not {shown(value)}")
        return None

    def literal(self, key: str) -> str:
        """A text that holds no Jinja2; '' when it is not given."""
        value = self.text(key)
        if value is not None and is_dynamic(value):
            self.wrong(key, f"`{key}` is not rendered, so it cannot hold Jinja2")
            return ""
        return str(value or "")

    def texts(self, key: str, *, split: bool = False) -> tuple[Text, ...]:
        """A list of texts; one text is a list of one, or of more with commas where `split`."""
        value = self.data.get(_key(key))
        if value is None:
            return ()
        if isinstance(value, Text) and split:
            return tuple(
                Text(part.strip(), value.where) for part in value.split(",") if part.strip()
            )
        found: list[Text] = []
        for where, item in self.items(key):
            if isinstance(item, Text):
                found.append(item)
            elif isinstance(item, int) and not isinstance(item, bool):
                found.append(Text(str(getattr(item, "written", "") or item), where))
            else:
                self.problems.add(f"`{key}` is a list of words, not {shown(item)}", where)
        return tuple(found)

    def items(self, key: str) -> Iterator[tuple[Where, Value]]:
        """The items of a list with their places; a single value is a list of one."""
        value = self.data.get(_key(key))
        if isinstance(value, Seq):
            yield from zip(value.places, value, strict=True)
        elif value is not None:
            yield self.place(key), value

    def flag(self, key: str) -> bool:
        """Yes or no; no when it is not given."""
        value = self.data.get(_key(key))
        if value is not None and not isinstance(value, bool):
            self.wrong(key, f"`{key}` is yes or no, not {shown(value)}")
            return False
        return bool(value)

    def become(self) -> Value:
        """`become`: yes, no, or Jinja2."""
        value = self.data.get(_key("become"))
        if (
            value is None
            or isinstance(value, bool)
            or (isinstance(value, Text) and is_dynamic(value))
        ):
            return value
        self.wrong("become", f"`become` is yes or no, not {shown(value)}")
        return None

    def word(self, key: str, words: type[Word]) -> Word | None:
        """One of a few words."""

        def form(value: Value) -> Word | None:
            if isinstance(value, str) and value in list(words):
                return words(value)
            near = did_you_mean(str(value), list(words))
            raise ValueError(f"is one of {', '.join(words)}{_question(near)}")

        return self.formed(key, form, None)

    def mapping(self, key: str) -> Mapping[str, Value]:
        """A mapping; empty when it is not given."""
        value = self.data.get(_key(key))
        if isinstance(value, Map):
            return cast("Mapping[str, Value]", value)
        if value is not None:
            self.wrong(key, f"`{key}` is a mapping, not {shown(value)}")
        return {}

    def variables(self, key: str = "vars") -> Mapping[str, Value]:
        """Variables by name."""
        found = self.mapping(key)
        check_variables(found, key, self.problems)
        return found

    def environment(self) -> Mapping[str, Value]:
        """Variables of the process: one value each."""
        found = self.mapping("environment")
        check_variables(found, "environment", self.problems)
        for name, value in found.items():
            if value is None or isinstance(value, Map | Seq):
                where = place(found, self.where, name)
                self.problems.add(
                    f"`environment` takes texts and numbers, not {shown(value)}", where
                )
        return found


def check_variables(found: Mapping[str, Value], key: str, problems: Problems) -> None:
    """Note names that no variable may have."""
    for name in found:
        where = key_place(found, name, Where(""))
        try:
            forms.variable(name)
        except ValueError as error:
            problems.add(f"a name in `{key}` {error}, not {shown(name)}", where)
        if key != "environment" and name in RESERVED:
            problems.add(f"the variable '{name}' is set by mplay", where, "choose another name")


def shown(value: Value) -> str:
    """A value, short, for a message."""
    if isinstance(value, Map):
        return "a mapping"
    if isinstance(value, Seq):
        return "a list"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "nothing"
    text = str(getattr(value, "written", "") or value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"'{text}'" if isinstance(value, str) else text


def _question(near: str) -> str:
    return f" ({near.strip().rstrip('?').lower()}?)" if near else ""


def _key(key: str) -> Text:
    return Text(key)
