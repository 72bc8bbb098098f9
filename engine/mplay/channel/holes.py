"""Takes secrets out of scripts: in their place stands ``"$MPLAY_SECRET_…"``, a *hole*.

A script is read as the shell reads it, as far as that matters: quotes, comments, variables, and
where a command begins. A word that holds a secret is written anew, with the variable in the place
of the secret; so the script means the same, and its text can be sent, kept and shown. The values
travel beside it. A secret that would become an argument of a program is refused, because every
account of a host sees the arguments of its processes; only the text of ``sh -c`` is given to that
shell through a pipe instead. What a module gives to its ``perl -e`` by an assignment before it goes
through a pipe too, so that the environment of that process does not show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets

_WORD = re.compile(r"[\w@%+=:,./-]+")
_NAME = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_QUOTED = re.compile(r"(?:'[^']*'|\"'\")+")
_FUNCTION = re.compile(r"^\s*([A-Za-z_]\w*)\(\)", re.MULTILINE)
_SPACE = frozenset(" \t\n;&|(){}<>!`")
_KEYWORDS = frozenset({"then", "do", "else", "elif", "if", "while", "until", "exec"})
_SHELLS_OWN = frozenset(
    {
        *("printf", "echo", "[", "test", ":", "fact", "export", "local", "set", "read", "eval"),
        *(
            "case",
            "for",
            "done",
            "fi",
            "esac",
            "return",
            "exit",
            "cd",
            "umask",
            "unset",
            "shift",
            "trap",
            "readonly",
        ),
    }
)
_SOME = "a program"
_SHELLS = re.compile(r"(?:.*/)?(?:ba|da|a|k|z)?sh\Z")
_READ_TEXT = "'text=$(cat <&9); exec 9<&-; eval \"$text\"' 9<<"
_END = "MPLAY_TEXT"
_READ_VALUE = (
    'BEGIN {{ open(my $in, "<&=", {0}); local $/;'
    " $ENV{{{1}}} = <$in>; $ENV{{{1}}} =~ s/\\n\\z//; }} "
)
_PIPES = range(9, 3, -1)
"""Descriptors for values; a task's own are 0 to 2."""


@dataclass(frozen=True, slots=True)
class Holed:
    """A script without secrets. `secrets`: name of each variable in it -> where its value is."""

    script: str
    secrets: Mapping[str, str] = field(default_factory=dict)


def holed(script: str, secrets: Secrets) -> Holed:
    """The script with holes. UsageError where a secret would be an argument of a program."""
    if not secrets.found_in(script):
        return Holed(script)
    reader = _Reader(script, secrets)
    text = reader.read()
    if reader.exposed:
        raise UsageError(
            "a secret would be in the process list of the host, as an argument of"
            f" {' and '.join(sorted(reader.exposed))}",
            hint="give it to the program on its standard input, in a file, or by `environment`",
        )
    if secrets.found_in(text):
        # It stands where no shell word is: the whole text travels as a secret, and is evaluated.
        name, reference = secrets.whole(script)
        return Holed(f'eval "${name}"', {name: reference})
    return Holed(text, reader.used)


@dataclass(slots=True)
class _Given:
    """An assignment before a command: its value, and where it stands in what was written.

    `value` None: it holds more than words and single quotes.
    """

    name: str
    first: int
    last: int = 0
    value: str | None = ""


class _Reader:
    """Goes through a script once. `used` are the holes made, `exposed` the programs with one.

    `_nested` holds what encloses the place: a double quote, or the command around a ``(``.
    """

    def __init__(self, script: str, secrets: Secrets) -> None:
        self.used: dict[str, str] = {}
        self.exposed: set[str] = set()
        self._script = script
        self._forms = secrets.forms()
        longest = sorted(self._forms, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, longest)))
        self._own = _SHELLS_OWN | set(_FUNCTION.findall(script))
        self._at = 0
        self._out: list[str] = []
        self._command = ""
        self._assigning = False
        self._after_exec = self._is_program = False
        self._is_redirected = self._is_target = False
        self._last = ""
        self._nested: list[str] = []
        self._bodies: list[str] = []
        self._given: list[_Given] = []

    def read(self) -> str:
        """The script with holes."""
        while self._at < len(self._script):
            if self._nested and self._nested[-1] == '"':
                self._quoted()
            else:
                self._bare()
        if self._bodies:
            self._out.append("\n")
            self._give_texts()
        return "".join(self._out)

    def _give_texts(self) -> None:
        """The texts of ``sh -c`` that were asked for in the line that ends here."""
        self._out += [f"{body}\n{_END}\n" for body in self._bodies]
        self._bodies.clear()

    def _copy(self, count: int) -> None:
        self._out.append(self._script[self._at : self._at + count])
        self._at += count

    def _quoted(self) -> None:
        """Inside double quotes: on to their end, or into a ``$(…)`` of theirs."""
        if self._script[self._at] == "\\":
            self._copy(2)
        elif self._script.startswith("$(", self._at):
            self._enter(2)
        else:
            if self._script[self._at] == '"':
                self._nested.pop()
            self._copy(1)

    def _enter(self, count: int) -> None:
        self._nested.append(self._command)
        self._separate()
        self._copy(count)

    def _separate(self) -> None:
        """Another command may begin here."""
        self._command, self._is_redirected = "", False
        self._given.clear()

    def _bare(self) -> None:
        script, at = self._script, self._at
        if quoted := _QUOTED.match(script, at):
            self._single(quoted[0])
        elif word := _WORD.match(script, at):
            self._word(word[0])
        elif name := _NAME.match(script, at):
            self._begin(_SOME)
            self._note(None)
            self._copy(len(name[0]))
        elif script[at] == "#" and self._is_start():
            end = script.find("\n", at)
            self._copy((end if end >= 0 else len(script)) - at)
        else:
            self._mark(script[at])

    def _mark(self, mark: str) -> None:
        """A character that is no part of a bare word."""
        if mark == "\\":
            self._copy(2)
            return
        if mark == "(":
            self._enter(0)
        elif mark == ")":
            self._leave()
        elif mark in '"[':
            self._open(mark)
        elif mark in "<>":
            self._is_redirected = True
        elif mark in "\n;|" or (mark == "&" and not self._is_redirected):
            self._separate()
        self._copy(1)
        if mark == "\n":
            self._give_texts()

    def _leave(self) -> None:
        """Out of a ``(``; what follows ``()`` is the body of a function."""
        self._command = self._nested.pop() if self._nested else ""
        if self._script[self._at - 1] == "(":
            self._separate()

    def _open(self, mark: str) -> None:
        """Into double quotes, or ``[``, which is a command where one may begin."""
        if mark == '"':
            self._begin(_SOME)
            self._note(None)
            self._nested.append('"')
        elif not self._command:
            self._begin("[")

    def _is_start(self) -> bool:
        """Whether a word begins here."""
        return self._at == 0 or self._script[self._at - 1] in _SPACE

    def _begin(self, word: str) -> bool:
        """What a word that begins here is; True where it is the command's own name."""
        if not self._is_start():
            return False
        self._is_target, self._is_redirected = self._is_redirected, False
        if self._is_target:
            return False
        if self._given and not self._given[-1].last:
            self._given[-1].last = len(self._out)
        self._assigning = not self._command and bool(_ASSIGNED.match(word))
        if self._assigning:
            self._given.append(_Given(word.partition("=")[0], len(self._out)))
        if self._command or self._assigning:
            return False
        self._command, self._is_program = word, self._after_exec
        self._after_exec = word == "exec"
        return True

    def _word(self, word: str) -> None:
        """A bare word. A command's name is left, so that no keyword becomes a variable."""
        starts, named = self._is_start(), self._begin(word)
        self._note(word.partition("=")[2] if starts else word)
        if named and word in _KEYWORDS:
            self._command = ""
        self._at += len(word)
        self._last = word
        self._out.append(word if named else self._filled(word, str))

    def _single(self, quoted: str) -> None:
        """A single-quoted word, with the ``'"'"'`` that stand for an apostrophe in it."""
        self._begin(_SOME)
        self._at += len(quoted)
        text = "".join(part[1:-1] for part in re.findall(r"'[^']*'|\"'\"", quoted))
        self._note(text)
        if self._last == "-e" and self._command.endswith("perl"):
            text, quoted = self._through_pipes(text, quoted)
        if not self._secret.search(text):
            self._out.append(quoted)
        elif self._last == "-c" and _SHELLS.match(self._command) and _END not in text:
            self._give(text)
            self._out.append(_READ_TEXT + _END)
        else:
            self._out.append(self._filled(text, _single_quoted))
        self._last = ""

    def _note(self, text: str | None) -> None:
        """A part of the assignment that is being read, if one is."""
        if self._assigning and self._given:
            given = self._given[-1]
            given.value = None if text is None or given.value is None else given.value + text

    def _through_pipes(self, program: str, quoted: str) -> tuple[str, str]:
        """The program of ``perl -e``, and as a word, that reads what was assigned before it."""
        pipes = iter(_PIPES)
        reading, redirected = "", ""
        for given in self._given:
            value = given.value
            if value is None or _END in value or not self._secret.search(value):
                continue
            if (pipe := next(pipes, None)) is None:
                break
            self._out[given.first : given.last] = [""] * (given.last - given.first)
            self._give(value)
            reading += _READ_VALUE.format(pipe, given.name)
            redirected += f" {pipe}<<{_END}"
        if not reading:
            return program, quoted
        return reading + program, _single_quoted(reading + program) + redirected

    def _give(self, text: str) -> None:
        """Put a text behind this line, as a here-document."""
        given, self._command = self._command, ""
        self._bodies.append(self._filled(text, _here, "${{{}}}"))
        self._command = given

    def _filled(self, text: str, literal: Callable[[str], str], hole: str = '"${}"') -> str:
        """The text as a shell word in which variables stand for the secrets."""
        found: list[str] = []
        last = 0
        for hit in self._secret.finditer(text):
            name, reference = self._forms[hit[0]]
            self.used[name] = reference
            between = text[last : hit.start()]
            found += [literal(between) if between else "", hole.format(name)]
            last = hit.end()
            builtin = self._command in self._own and not self._is_program
            if self._command and not (self._assigning or self._is_target or builtin):
                self.exposed.add(self._command)
        return "".join([*found, literal(text[last:]) if text[last:] else ""])


def _here(text: str) -> str:
    """Text inside a here-document, as it is."""
    return re.sub(r"([\\$`])", r"\\\1", text)


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"
