"""From the events of a YAML parser to located values, without recursion and within bounds.

One pass over the events with an explicit stack. What is wrong but can be passed over (a doubled
key, an unknown tag, a key that is no text) is noted and the pass goes on, so that all of it is
told at once; a syntax error, too deep nesting or an alias bomb ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from mplay.model.errors import InvalidInput, Problem, Where
from mplay.model.playbook import Text, Value
from mplay.model.sealed import Sealed
from mplay.model.written import FoldedText
from mplay.source import raw, scalars, syntax
from mplay.source.envelope import is_encrypted
from mplay.source.nodes import Map, Seq, key_place

MAX_DEPTH = 64
MAX_NODES = 200_000
_NO_KEY = object()


def parse(text: bytes, name: str) -> Value:
    """The one document of a YAML text; None when it is empty. InvalidInput lists what is wrong.

    Inline ``!vault`` values are `Sealed`.
    """
    content = raw.decode(text, name)
    document = _Document(name, raw.split_lines(content))
    try:
        for event in yaml.parse(content, Loader=yaml.CSafeLoader):
            document.take(event)
    except yaml.YAMLError as error:
        document.problems.append(syntax.problem(error, name, document.lines))
    except _Hopeless as error:
        document.problems.append(error.problem)
    if document.problems:
        raise InvalidInput(sorted(document.problems, key=lambda p: p.where or Where(name)))
    return document.root


class _Hopeless(Exception):
    """Nothing after this place can be read."""

    def __init__(self, what: str, where: Where, hint: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(what, where, hint)


@dataclass(slots=True)
class _Anchor:
    value: Value
    size: int
    whole: bool


@dataclass(slots=True)
class _Frame:
    """A collection that is being read; `key` is the one whose value comes next."""

    value: Map | Seq
    anchor: str | None
    began: int
    key: object = _NO_KEY
    key_where: Where = field(default_factory=lambda: Where(""))
    merges: list[tuple[Value, Where]] = field(default_factory=list)


class _Document:
    def __init__(self, name: str, lines: list[str]) -> None:
        self.name = name
        self.lines = lines
        self.root: Value = None
        self.problems: list[Problem] = []
        self._documents = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchor] = {}
        self._size = 0

    def take(self, event: yaml.Event) -> None:
        """Go on by one event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._close()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                where = self._where(event)
                raise _Hopeless("a file holds one document, and here a second begins", where)

    def _where(self, event: yaml.Event) -> Where:
        line, column = _point(event.start_mark)
        return Where(self.name, line + 1, column + 1)

    def _wrong(self, what: str, where: Where, hint: str = "") -> None:
        self.problems.append(Problem(what, where, hint))

    def _grow(self, by: int, where: Where) -> None:
        self._size += by
        if self._size > MAX_NODES:
            what = f"the file stands for more than {MAX_NODES} values once its aliases are put in"
            raise _Hopeless(what, where, "use fewer aliases (*name), or split the file")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        where = self._where(event)
        self._grow(1, where)
        value = self._scalar_value(event, where)
        self._put(value, where, merge=self._is_merge(event))
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, 1, True)

    def _is_merge(self, event: yaml.ScalarEvent) -> bool:
        return event.value == "<<" and bool(event.implicit[0]) and not event.tag

    def _scalar_value(self, event: yaml.ScalarEvent, where: Where) -> Value:
        if event.tag in scalars.VAULT:
            return self._sealed(event.value, where)
        kind = self._unsafe_kind(event) if event.tag == scalars.UNSAFE else self._kind(event, where)
        if kind in {"int", "float", "bool", "null"}:
            try:
                return scalars.value_of(kind, event.value)
            except ValueError as error:
                self._wrong(str(error), where)
                return None
        if "\0" in event.value:
            self._wrong("a text cannot hold a NUL character", where)
        # What is no template is plain text, like all that did not come from a person.
        return str(event.value) if event.tag == scalars.UNSAFE else self._text(event, where)

    def _unsafe_kind(self, event: yaml.ScalarEvent) -> str:
        """What the value would be without the tag."""
        return "str" if event.style else scalars.kind(event.value)

    def _sealed(self, text: str, where: Where) -> Sealed:
        if not is_encrypted(text.lstrip()):
            hint = "paste what `ansible-vault encrypt_string` prints, all of its lines"
            self._wrong("`!vault` stands before what Ansible Vault did not write", where, hint)
        return Sealed(envelope=text, where=where)

    def _kind(self, event: yaml.ScalarEvent, where: Where) -> str:
        if event.tag is None or event.tag == "!":
            return scalars.kind(event.value) if event.implicit[0] and not event.tag else "str"
        return self._tag(event.tag, where)

    def _tag(self, tag: str, where: Where) -> str:
        kind = tag.rpartition(":")[2]
        if scalars.shown(tag) == f"!!{kind}" and kind in scalars.KNOWN:
            return kind
        shown = scalars.shown(tag)
        hint = "a file holds plain data only"
        if tag == scalars.UNSAFE:
            hint = "put it before each text that is no template"
        self._wrong(f"the tag `{shown}` is not allowed", where, hint)
        return "str"

    def _text(self, event: yaml.ScalarEvent, where: Where) -> Text:
        first, begin = _point(event.start_mark)
        last, end = _point(event.end_mark)
        if event.style in {"|", ">"}:
            kind = Text if event.style == "|" else FoldedText
            return kind(event.value, Where(self.name, first + 2, self._indent(first + 1) + 1))
        quote = 1 if event.style in {"'", '"'} else 0
        same = first == last and end - begin - 2 * quote == len(event.value)
        inside = Where(self.name, where.line, where.column + quote)
        return (Text if same else FoldedText)(event.value, inside)

    def _indent(self, line: int) -> int:
        for text in self.lines[line:]:
            if text.strip():
                return len(text) - len(text.lstrip(" "))
        return 0

    def _alias(self, event: yaml.AliasEvent) -> None:
        where = self._where(event)
        anchor = self._anchors.get(str(event.anchor))
        if anchor is None:
            self._wrong(f"there is no anchor `&{event.anchor}` above this alias", where)
            self._put(None, where)
        elif not anchor.whole:
            raise _Hopeless(f"the alias `*{event.anchor}` stands inside what it names", where)
        else:
            self._grow(anchor.size, where)
            self._put(anchor.value, where)

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        where = self._where(event)
        self._grow(1, where)
        if len(self._stack) >= MAX_DEPTH:
            raise _Hopeless(f"values are nested more than {MAX_DEPTH} deep", where)
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag and event.tag != "!":
            kind = self._tag(event.tag, where)
            if kind != ("map" if mapping else "seq") and kind != "str":
                self._wrong(f"`!!{kind}` does not fit this value", where)
        value = Map(where=where) if mapping else Seq(where=where)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, 0, False)
        self._stack.append(_Frame(value, event.anchor, self._size - 1))

    def _close(self) -> None:
        frame = self._stack.pop()
        if isinstance(frame.value, Map):
            self._merge(frame.value, frame.merges)
        if frame.anchor and self._anchors[frame.anchor].value is frame.value:
            self._anchors[frame.anchor] = _Anchor(frame.value, self._size - frame.began, True)
        self._put(frame.value, frame.value.where)

    def _put(self, value: Value, where: Where, *, merge: bool = False) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.value, Seq):
            frame.value.append(value)
            frame.value.places.append(where)
        elif frame.key is _NO_KEY:
            frame.key = "<<" if merge else self._key(value, where, frame.value)
            frame.key_where = where
        else:
            self._entry(frame, frame.value, value, where)

    def _entry(self, frame: _Frame, mapping: Map, value: Value, where: Where) -> None:
        key, frame.key = frame.key, _NO_KEY
        if isinstance(key, Text):
            mapping[key] = value
            mapping.places[key] = where
        elif key == "<<":
            frame.merges.append((value, where))

    def _key(self, key: Value, where: Where, mapping: Map) -> Text | None:
        if isinstance(key, Map | Seq):
            hint = "put a value that begins with {{ in quotes" if isinstance(key, Map) else ""
            self._wrong("a key must be a word", where, hint)
            return None
        if not isinstance(key, Text):
            written = self.lines[where.line - 1][where.column - 1 :].partition(":")[0].strip()
            hint = f"write '{written}', in quotes" if written else "put it in quotes"
            self._wrong(
                "a key must be text; YAML reads this one as another kind of value", where, hint
            )
            return None
        if key in mapping:
            first = key_place(mapping, key, where)
            what = f"the key '{key[:80]}' is given twice"
            self._wrong(what, key.where, f"it was given first at {first}")
            return None
        return key

    def _merge(self, mapping: Map, merges: list[tuple[Value, Where]]) -> None:
        for source, where in _sources(merges):
            if not isinstance(source, Map):
                self._wrong("`<<` takes a mapping, or a list of mappings", where)
                continue
            for key, value in source.items():
                if key not in mapping:
                    mapping[key] = value
                    mapping.places[key] = source.places.get(key, where)


def _point(mark: object) -> tuple[int, int]:
    """Line and column from 0; the C parser's marks have a type of their own."""
    return getattr(mark, "line", 0), getattr(mark, "column", 0)


def _sources(merges: list[tuple[Value, Where]]) -> Iterator[tuple[Value, Where]]:
    for value, where in merges:
        for item in value if isinstance(value, Seq) else [value]:
            yield item, where
