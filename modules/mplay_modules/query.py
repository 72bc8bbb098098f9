"""Ask a host a question of your own, and judge the answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from mplay.sdk import Check, Facts, Judgement, Script, Verdict, lines, sh
from mplay_modules._command import Text, subshell

LIMIT = 60_000
"""Bytes of the answer that are kept; the rest is read and dropped."""
SHOWN = 200


def _codes(given: object) -> object:
    return given if isinstance(given, list | tuple) else (given,)


class Query(Check):
    """A check whose question is your own read-only command.

    ::

        - id: replicas
          query:
            run: curl -fsS http://localhost:8080/status
            json: {database.state: primary, replicas.0.lag: 0}

    All that is given must hold: the exit code, the expression on what was printed, the values in
    the JSON that was printed. The command must change nothing: it also runs in a dry-run.
    """

    FREE_FORM: ClassVar[str] = "run"

    run: Text = Field(min_length=1)
    """The command, for ``/bin/sh``. At most 60,000 bytes of what it prints are looked at."""
    rc: Annotated[tuple[int, ...], BeforeValidator(_codes)] = (0,)
    """The exit code that is right, or a list of them."""
    matches: str = ""
    """A regular expression (Python's) that is found in what was printed; ``^ $`` mean lines."""
    json_: dict[str, Any] = Field(default={}, alias="json")
    """Path -> value, for a command that prints JSON: ``items.0.name`` is the name of the first of
    the items. Value and type must be equal."""
    chdir: str = ""
    """Directory in which the command runs."""

    @model_validator(mode="after")
    def _is_an_expression(self) -> Self:
        try:
            re.compile(self.matches)
        except re.error as error:
            raise ValueError("has in `matches` no regular expression: " + str(error)) from error
        return self

    def probe(self) -> Script:
        """Run it once, keep the beginning of what it printed, and its exit code.

        The code travels beside the bounded output, so that the command never meets a closed pipe.
        """
        return lines(
            "ask() {",
            subshell(("/bin/sh", "-c", self.run), self.chdir),
            "}",
            sh(_ASK, limit=LIMIT),
            sh('fact {code} "${all##*"$line"}"', code=self._key("rc")),
            sh('fact {said} "${all%"$line"*}"', said=self._key("stdout")),
        )

    def judge(self, seen: Facts) -> Verdict:
        """Failed with every reason that was found, else ok."""
        code, said = seen[self._key("rc")], seen[self._key("stdout")]
        reasons = [*self._wrong_code(code), *self._wrong_text(said), *self._wrong_json(said)]
        if reasons:
            answer = ["it said: " + _cut(said)] if said.strip() else []
            return Verdict(judgement=Judgement.FAILED, reasons=(*reasons, *answer))
        return Verdict(judgement=Judgement.OK, reasons=(_cut(said),) if said.strip() else ())

    def _key(self, of: str) -> str:
        whole = "cd " + self.chdir + "\n" + self.run if self.chdir else self.run
        return "query:" + hashlib.sha256(whole.encode()).hexdigest() + ":" + of

    def _wrong_code(self, code: str) -> Iterator[str]:
        if code not in map(str, self.rc):
            yield "exit code " + code + ", not " + " or ".join(map(str, self.rc))

    def _wrong_text(self, said: str) -> Iterator[str]:
        if self.matches and not re.search(self.matches, said, re.MULTILINE):
            yield "nothing in the answer matches " + self.matches

    def _wrong_json(self, said: str) -> Iterator[str]:
        if not self.json_:
            return
        try:
            document = json.loads(said)
        except ValueError:
            yield "the answer is not JSON"
            return
        for path, wanted in self.json_.items():
            found = _at(document, path)
            if found is _MISSING:
                yield path + " is not there"
            elif _canonical(found) != _canonical(wanted):
                yield path + " is " + _cut(_canonical(found)) + ", not " + _canonical(wanted)


_ASK = r"""line='
'
all=$(
  exec 4>&1
  code=$( {
    { { ask </dev/null 3>&- 4>&- && echo 0 >&3; } || echo "$?" >&3; } |
      { head -c {limit} >&4; cat >/dev/null; }
  } 3>&1 )
  printf '\n%s' "$code"
)"""

_MISSING = object()


def _at(document: object, path: str) -> object:
    """What a dotted path leads to; digits count the items of a list from 0."""
    here = document
    for word in path.split("."):
        if isinstance(here, Mapping) and word in here:
            here = here[word]
        elif isinstance(here, list) and word.isdigit() and int(word) < len(here):
            here = here[int(word)]
        else:
            return _MISSING
    return here


def _canonical(value: object) -> str:
    """JSON text; it tells 1 from true and "1", which Python's own comparison does not."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    shown = text.strip()
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."
