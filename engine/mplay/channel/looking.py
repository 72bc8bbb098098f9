"""Probes asked inline, in the relay's own shell: one trip for all of them, nothing written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mplay.channel.answers import listen
from mplay.channel.protocol import Piece, PieceResult
from mplay.channel.relay import Relay
from mplay.channel.stream import Conversation, Section, Source
from mplay.channel.wire import look_program

_CUT = 124


class Looking:
    """Runs probes through a relay.

    `user` is the account that the relay runs as. `owned`: only while the host is this run's.
    `values`: of the variables that stand for secrets in the probes.
    """

    def __init__(
        self,
        host: str,
        relay: Relay,
        user: str,
        *,
        owned: bool,
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._values = values
        self._host = host
        self._relay = relay
        self._user = user
        self._owned = int(owned)

    def look(self, pieces: Sequence[Piece], *, default: float) -> dict[str, PieceResult]:
        """Every probe's result. One that hangs is cut; those behind it are asked again.

        The limit of one asking is the longest of its probes'. So the first of an asking always has
        its own time, and a probe that was cut further back is merely asked again as the first.
        """
        results: dict[str, PieceResult] = {}
        waiting = list(pieces)
        while waiting:
            heard = self._ask(waiting, default)
            results.update(zip((piece.name for piece in waiting), heard, strict=False))
            done = len(heard)
            if not done:
                results[waiting[0].name] = PieceResult(rc=_CUT, stderr=b"the probe did not end")
                done = 1
            waiting = waiting[done:]
        return results

    def _ask(self, pieces: Sequence[Piece], default: float) -> list[PieceResult]:
        talk = self._relay.converse()
        limit = math.ceil(max(piece.timeout or default for piece in pieces))
        program = look_program(pieces, user=self._user, mark=talk.mark, values=self._values)
        self._relay.post(talk, "look", limit, self._owned, payload=program)
        outs = self._sections(talk)
        errors = _until_end(talk, talk.next(Source.ERR), Source.ERR)
        return [
            PieceResult(
                rc=int(out.words[1]),
                stdout=out.data,
                stderr=err.data,
                truncated=max(out.size - len(out.data), err.size - len(err.data)) > 0,
            )
            for out, err in zip(outs, errors, strict=False)
        ]

    def _sections(self, talk: Conversation) -> list[Section]:
        first = talk.next()
        if first.verb != "begin":
            listen(self._host, talk, first)  # it was refused
        return _until_end(talk, first, Source.OUT)


def _until_end(talk: Conversation, section: Section, source: Source) -> list[Section]:
    found = []
    while section.verb != "end":
        if section.verb == "piece":
            found.append(section)
        section = talk.next(source)
    return found
