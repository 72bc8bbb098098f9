"""The words of ``mplay do`` as a playbook of one step, each value with the place of its word.

Words are read as with ``ansible``: ``k=v`` is an argument. For a module that runs a command
(`shell`, `command`), what is no argument is that command. Where a word could be either, the call
is refused: a part of a command must not become an argument unnoticed, nor the other way round.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text, Value
from mplay.registry import local_arguments
from mplay.registry.calls import written_names
from mplay.sdk import Module
from mplay.source import Map, Seq, did_you_mean, load
from mplay.spec import DiskFiles, Modules, short_name
from mplay.template import is_dynamic

FILE = "do"
"""What the playbook of a typed call is named."""
NO_UNDO = "typed as `mplay do`, without `undo`"
"""Why such a command has no way back where nobody said more."""

COMMAND = "run"
"""The argument that modules name which take a command: `shell`, `command`, `query`, `script`."""

_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)\Z", re.DOTALL)
_RAW = re.compile(r"""(?:\\.|[^\s"'\\]|"(?:\\.|[^"\\])*"|'[^']*')+""", re.DOTALL)
_INSIDE = frozenset({"creates", "removes", "chdir", "executable", "stdin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The words of the command line, in order.

    `words` begin with the pattern; the module follows unless it was given as `module` (``-m``).
    `verbatim` stood after ``--``. `arguments` is the text of ``-a``. `options` are mplay's own
    with the number of words before each.
    """

    words: Sequence[str]
    verbatim: Sequence[str] = ()
    module: str = ""
    arguments: str | None = None
    options: Sequence[tuple[str, int]] = ()
    become_user: str = ""
    irreversible: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the command line, or, numbered 0, of the text of ``-a``."""

    number: int
    text: str

    @property
    def where(self) -> Where:
        return Where(f"argument {self.number}" if self.number else "-a")


def typed_playbook(typed: Typed, modules: Modules, here: Path) -> Map:
    """The playbook, as if it had been read from a file. UsageError with the place of a word.

    Files that arguments name are looked for in `here` first.
    """
    pattern, name, words = _parts(typed)
    module = modules.find(name)
    if module is None:
        near = did_you_mean(name, modules.names())
        raise UsageError(f"there is no module '{name[:80]}'.{near}", where=name.where)
    args = _absolute(module, _arguments(typed, name, module, words), here)
    step = _map(name.where, {"id": Text(str(name), name.where), str(name): args})
    reason = typed.irreversible or _reason(module, args)
    if reason:
        _put(step, "irreversible", Text(reason, Where("--irreversible")))
    if typed.become_user:
        where = Where("--become-user")
        _put(step, "become", True)
        _put(step, "become_user", Text(typed.become_user, where))
    steps = Seq([step], name.where)
    steps.places.append(name.where)
    title = Text(f"do {name} on {pattern}", pattern.where)
    playbook = _map(pattern.where, {"name": title, "hosts": pattern, "steps": steps})
    if reason == NO_UNDO:
        # Nothing can be undone, so that trying to would only leave the hosts locked.
        _put(playbook, "on_failure", Text("halt", pattern.where))
    return playbook


def as_source(playbook: Map) -> str:
    """The playbook as text (JSON is YAML), for a journal that keeps what was run."""
    return json.dumps(playbook, indent=2, default=str) + "\n"


def _parts(typed: Typed) -> tuple[Text, Text, list[_Word]]:
    """Pattern, module and the rest."""
    words = [_Word(number, text) for number, text in enumerate(typed.words, 1)]
    _refuse_bytes(typed, words)
    if not words or not words[0].text.strip():
        raise UsageError("names no hosts", where="argument 1", hint="mplay do PATTERN MODULE k=v…")
    pattern = Text(words[0].text, words[0].where)
    if typed.module:
        return pattern, short_name(Text(typed.module, Where("-m"))), words[1:]
    if len(words) > 1:
        return pattern, short_name(Text(words[1].text, words[1].where)), words[2:]
    if typed.arguments is None and not typed.verbatim:
        hint = "mplay do PATTERN MODULE k=v…, such as: mplay do web service name=nginx"
        raise UsageError("names no module", where="argument 2", hint=hint)
    return pattern, Text("command", Where("--" if typed.verbatim else "-a")), []


def _refuse_bytes(typed: Typed, words: Sequence[_Word]) -> None:
    """Bytes that are no text come from the shell as halves of characters."""
    others = [
        ("-m", typed.module),
        ("-a", typed.arguments or ""),
        *(("--", t) for t in typed.verbatim),
    ]
    others += [("--become-user", typed.become_user), ("--irreversible", typed.irreversible)]
    for where, text in [*((str(word.where), word.text) for word in words), *others]:
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise UsageError("is no text in UTF-8", where=where)


def _arguments(typed: Typed, name: Text, module: type[Module], words: Sequence[_Word]) -> Map:
    if typed.arguments is not None:
        if words or typed.verbatim:
            where = words[0].where if words else Where("--")
            raise UsageError("with -a all arguments stand in its text", where=where)
        return _of_text(typed.arguments, name, module)
    if module.FREE_FORM == COMMAND:
        return _free(typed, name, module, words)
    if typed.verbatim:
        what = f"{name} runs no command that `--` could stand before"
        raise UsageError(what, where="--", hint="write NAME=VALUE")
    return _plain(name, module, words)


def _plain(name: Text, module: type[Module], words: Sequence[_Word]) -> Map:
    """Pairs, and at most one word without a name where the module takes one: ``apt curl``."""
    free = [word for word in words if not _PAIR.match(word.text)]
    for word in free[1:] if module.FREE_FORM else free:
        what = f"'{word.text[:60]}' is no argument of {name}"
        raise UsageError(what, where=word.where, hint="write NAME=VALUE, or -a with a mapping")
    pairs = [(word, *_split(word)) for word in words if word not in free]
    return _pairs(name.where, [*((word, module.FREE_FORM, word.text) for word in free), *pairs])


def _free(typed: Typed, name: Text, module: type[Module], words: Sequence[_Word]) -> Map:
    """The arguments of a module whose text needs no name."""
    text = _names(module, module.FREE_FORM)
    known = _names(module) - text
    free = [word for word in words if not _is_known(word, known)]
    given = [(word, *_split(word)) for word in words if _is_known(word, known)]
    if len(free) == 1 and not typed.verbatim and _is_known(free[0], text):
        return _pairs(name.where, [*given, (free[0], *_split(free[0]))])
    if free and any(character.isspace() for character in free[0].text):
        _refuse_more(name, free[1:], known)
    elif free:
        _refuse_unclear(typed, free, [word for word, *_ in given])
    result = _pairs(name.where, given)
    parts = [word.text for word in free] + list(typed.verbatim)
    if parts:
        where = free[0].where if free else Where("--")
        _put(result, module.FREE_FORM, Text(_joined(name, parts), where))
    return result


def _joined(name: Text, parts: Sequence[str]) -> str:
    """Words as one text. `command` has no shell that would take them apart again."""
    if len(parts) == 1:
        return parts[0]
    return shlex.join(parts) if name == "command" else " ".join(parts)


def _names(module: type[Module], *only: str) -> set[str]:
    """The names of arguments, as they may be written; of all, or of some."""
    fields = module.model_fields.items()
    return {
        n for name, field in fields if name in (only or {name}) for n in written_names(name, field)
    }


def _refuse_more(name: Text, words: Sequence[_Word], known: set[str]) -> None:
    """Behind a command that is one quoted word there is no more of it."""
    for word in words:
        near = did_you_mean(word.text.partition("=")[0], known)
        what = f"'{word.text[:60]}' is no argument of {name}.{near}"
        raise UsageError(what, where=word.where, hint="the command is the quoted word before it")


def _refuse_unclear(typed: Typed, free: Sequence[_Word], given: Sequence[_Word]) -> None:
    """Something after the first word of an unquoted command may be a part of it."""
    hint = "quote the command as one word, or put it last, after `--`"
    for word in given:
        if word.number > free[0].number:
            what = f"'{word.text[:60]}' may be an argument, or a part of the command"
            raise UsageError(what, where=word.where, hint=hint)
    for option, before in typed.options:
        if before >= free[0].number:
            what = f"'{option}' may be an option of mplay, or a part of the command"
            hint = "put options before the command, or the command last, after `--`"
            raise UsageError(what, where=free[-1].where, hint=hint)


def _is_known(word: _Word, names: set[str]) -> bool:
    found = _PAIR.match(word.text)
    return bool(found and found[1] in names)


def _split(word: _Word) -> tuple[str, str]:
    found = _PAIR.match(word.text)
    if found is None:
        raise ValueError(f"{word.text!r} is no pair")
    return found[1], found[2]


def _pairs(where: Where, given: Sequence[tuple[_Word, str, str]]) -> Map:
    result = Map(where=where)
    for word, key, value in given:
        if key in result:
            what = f"the argument '{key}' is given twice"
            raise UsageError(what, where=word.where)
        result[Text(key, word.where)] = Text(value, word.where)
        result.places[key] = word.where
    return result


def _of_text(text: str, name: Text, module: type[Module]) -> Map:
    """The arguments of ``-a``: a mapping as JSON or YAML, ``@FILE`` with one, or ``k=v`` words."""
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            return _mapping(load(path.read_bytes(), str(path)), Where(str(path)))
        except OSError as error:
            what = f"cannot be read: {(error.strerror or str(error)).lower()}"
            raise UsageError(what, where=str(path)) from error
    if text.lstrip().startswith("{") and not text.lstrip().startswith(("{{", "{%")):
        return _mapping(load(text.encode(), "-a"), Where("-a"))
    if module.FREE_FORM == COMMAND:
        return _leading(text, name, module)
    return _plain(name, module, [_Word(0, word) for word in _words(text)])


def _leading(text: str, name: Text, module: type[Module]) -> Map:
    """``chdir=/srv ls -l``: pairs, then the text as it was typed."""
    known = _names(module) - _names(module, module.FREE_FORM)
    given: list[_Word] = []
    rest = text.strip()
    while (raw := _RAW.match(rest)) and _is_known(_Word(0, raw[0]), known):
        given.append(_Word(0, _words(raw[0])[0]))
        rest = rest[raw.end() :].lstrip()
    for word in _RAW.findall(rest):
        found = _PAIR.match(word)
        if found and found[1] in _INSIDE & known:
            what = f"'{found[1]}=' after the beginning of {name} may be a part of the command"
            hint = f"put it first ({found[1]}=… COMMAND), or write a mapping"
            raise UsageError(what, where="-a", hint=hint)
    result = _pairs(name.where, [(word, *_split(word)) for word in given])
    if rest:
        _put(result, module.FREE_FORM, Text(rest, Where("-a")))
    return result


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError("a quote is not closed", where="-a") from error


def _mapping(value: Value, where: Where) -> Map:
    if isinstance(value, Map):
        return value
    raise UsageError("is no mapping of arguments", where=where, hint="Write {name: value}.")


def _absolute(module: type[Module], args: Map, here: Path) -> Map:
    """Files of the working directory by their whole path; the others are looked for later."""
    given = {str(key): value for key, value in args.items()}
    for key, kind in local_arguments(module, given).items():
        value = args.get(Text(key))
        if not isinstance(value, Text) or is_dynamic(value):
            continue
        first, blank, rest = value.partition(" ") if kind == "program" else (value, "", "")
        path = here / first
        if first and DiskFiles().exists(path):
            _put(args, key, Text(f"{path}{blank}{rest}", value.where))
    return args


def _reason(module: type[Module], args: Mapping[Text, Value]) -> str:
    """Why a typed command has no way back: nobody knows one, and nobody said one."""
    given = {str(key) for key in args}
    return NO_UNDO if module.FREE_FORM and "undo" in module.model_fields.keys() - given else ""


def _map(where: Where, items: Mapping[str, Value]) -> Map:
    made = Map(where=where)
    for key, value in items.items():
        _put(made, key, value)
    return made


def _put(mapping: Map, key: str, value: Value) -> None:
    where = getattr(value, "where", mapping.where)
    known = next((own for own in mapping if own == key), Text(key, where))
    mapping[known] = value
    mapping.places[key] = where
