"""Reading the answer to a frame: live output while it runs, then what each piece did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mplay.channel.answers import Told, listen
from mplay.channel.hostlog import Attempt, parse_log, states
from mplay.channel.protocol import Frame, OnOutput, Piece, PieceKind, PieceResult, Reply
from mplay.channel.stream import Conversation, Section
from mplay.channel.wire import frame_name
from mplay.model.task import Outcome

KEPT = 256 * 1024
"""Bytes of each end of a work piece's output that are kept; of a probe all, up to 1 MiB."""

_WORK = frozenset({PieceKind.SAVE, PieceKind.APPLY, PieceKind.RESTORE})
_CUT = 124  # what coreutils' timeout says, too

More = Callable[[str, str], tuple[int, bytes]]
"""Given an attempt (``7.1.0``) and a file of its answer (``3o``), its size and last bytes."""


@dataclass(slots=True)
class _Report:
    """The answer's first file: how far each piece came and how the work ended."""

    rc: int | None = None
    cut: bool = False
    died: bool = False
    pieces: dict[int, tuple[int, int]] = field(default_factory=dict)
    seconds: float = 0.0
    lingering: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, text: bytes) -> _Report:
        report = cls()
        for line in text.decode("utf-8", "replace").splitlines():
            report._take(line.split(" "))
        return report

    def _take(self, words: list[str]) -> None:
        match words:
            case ["work", rc, flag]:
                self.rc, self.cut = int(rc), flag == "1"
            case ["died"]:
                self.died = True
            case ["piece", index, rc, spent, stopped]:
                self.pieces[int(index)] = (int(rc), int(stopped))
                self.seconds += int(spent) / 100
            case ["linger", pid, *name]:
                self.lingering.append(" ".join([pid, *name]))
            case _:
                pass


class ReplyReader:
    """Reads one frame's answer; `on_output` is told of what work pieces print, once."""

    def __init__(self, host: str, frame: Frame, on_output: OnOutput | None, more: More) -> None:
        self._host = host
        self._frame = frame
        self._on_output = on_output
        self._more = more
        self._shown: dict[str, int] = {}
        self._names: Sequence[str] = ()
        self._sections: Sequence[Section] = ()
        self._log: Told | None = None

    def hear(self, talk: Conversation) -> None:
        """Follow to the end. Raises what a refusal means."""
        section = talk.next()
        while section.verb == "live":
            name, offset = section.words[1], int(section.words[2])
            section = talk.next()
            self._show(name, offset, section.data)
        if section.verb != "reply":
            self._log = listen(self._host, talk, section)
            return
        self._names = section.words[1:]
        self._sections = [talk.next() for _ in range(len(self._names) + 1)]

    def reply(self) -> Reply:
        """What was heard; a reply that is lost is told from the host's log."""
        if self._log is not None:
            return self._from_log(self._log)
        report = _Report.parse(self._sections[0].data)
        outputs: dict[str, tuple[bytes, bool]] = {}
        for name, section in zip(self._names, self._sections[1:], strict=True):
            if int(name[:-1]) > len(self._frame.pieces):
                continue  # a probe that rode along with the frame; a fresh process asks it anew
            if self._piece(name) is None:
                continue  # a look-ahead of the former controller, which this one did not ask for
            outputs[name] = self._output(name, section.data, section.size)
            if not outputs[name][1]:
                self._show(name, 0, outputs[name][0])
        pieces = {
            piece.name: _result(report, index, outputs)
            for index, piece in enumerate(self._frame.pieces, 1)
        }
        return Reply(
            outcome=self._outcome(report),
            rc=report.rc,
            pieces=pieces,
            seconds=report.seconds,
            lingering=tuple(report.lingering),
        )

    def _outcome(self, report: _Report) -> Outcome:
        if report.died:
            return Outcome.DIED
        if report.cut:
            return Outcome.TIMEOUT
        if report.rc is None:
            works = any(piece.kind in _WORK for piece in self._frame.pieces)
            return Outcome.FAILED if works else Outcome.DONE
        return Outcome.FAILED if report.rc else Outcome.DONE

    def _output(self, name: str, data: bytes, size: int) -> tuple[bytes, bool]:
        """An output as it is kept, and whether something of it was left out."""
        piece = self._piece(name)
        probe = piece is not None and piece.kind not in _WORK and name.endswith("o")
        limit = 1024 * 1024 if probe else 2 * KEPT
        if size <= limit:
            return data, False
        whole, tail = self._more(frame_name(self._frame), name)
        left = whole - 2 * KEPT
        return data[:KEPT] + b"\n[%d bytes left out]\n" % left + tail[-KEPT:], True

    def _show(self, name: str, offset: int, data: bytes) -> None:
        piece = self._piece(name)
        if self._on_output is None or piece is None or piece.kind not in _WORK:
            return
        shown = self._shown.get(name, 0)
        fresh = data[max(0, shown - offset) :]
        self._shown[name] = max(shown, offset + len(data))
        if fresh:
            self._on_output(piece.name, fresh)

    def _piece(self, name: str) -> Piece | None:
        """The piece that wrote a file of the answer (``3o``)."""
        index = int(name[:-1]) - 1
        return self._frame.pieces[index] if index < len(self._frame.pieces) else None

    def _from_log(self, told: Told) -> Reply:
        frame = self._frame
        key: Attempt = (frame.number, frame.attempt, frame.undo_try)
        alive = frozenset(told.lines["orphan"])
        known = states(parse_log(told.log), told.first("boot"), running=(), alive=alive)
        ours = [s for s in known if (s.number, s.attempt, s.undo_try) == key]
        outcome = ours[0].outcome if ours else Outcome.NEVER
        rc = ours[0].rc if ours else None
        nothing = {piece.name: PieceResult(rc=None) for piece in frame.pieces}
        return Reply(outcome=outcome, rc=rc, pieces=nothing)


def _result(report: _Report, index: int, outputs: Mapping[str, tuple[bytes, bool]]) -> PieceResult:
    out, out_cut = outputs.get(f"{index}o", (b"", False))
    err, err_cut = outputs.get(f"{index}e", (b"", False))
    rc, stopped = report.pieces.get(index, (None, 0))
    return PieceResult(
        rc=_CUT if stopped == 1 else rc,
        stdout=out,
        stderr=err,
        truncated=out_cut or err_cut,
    )
