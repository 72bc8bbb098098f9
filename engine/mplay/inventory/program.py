"""Runs the operator's own programs, as the operator, within bounds of time and output."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mplay.model.errors import UsageError, Where

MAX_OUTPUT = 64 * 1024 * 1024
SECONDS = 300.0
_TAIL = 4096
_GRACE = 5.0
_READ = 65536


def output_of(
    file: Path, *words: str, seconds: float = SECONDS, most: int = MAX_OUTPUT
) -> bytes | None:
    """What a program prints; None where the system knows no way to run the file.

    UsageError, with the last line of its stderr, when it ends with anything but 0.
    """
    where = Where(" ".join([str(file), *words]))
    try:
        process = subprocess.Popen(
            [str(file.absolute()), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            return None
        what = f"this cannot be run: {error.strerror}"
        hint = "See that its first line names a program that is there, or chmod -x it."
        raise UsageError(what, where=where, hint=hint) from error
    return _Listening(process, where, most).output(seconds)


@dataclass(slots=True)
class _Listening:
    """Reads both streams to their end, so that neither blocks the program."""

    process: subprocess.Popen[bytes]
    where: Where
    most: int
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    too_much: bool = False

    def output(self, seconds: float) -> bytes:
        streams = (self.process.stdout, self._take), (self.process.stderr, self._remember)
        threads = [threading.Thread(target=_drain, args=pair, daemon=True) for pair in streams]
        for thread in threads:
            thread.start()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            what = f"this has not ended after {seconds:.0f} s"
            raise UsageError(what, where=self.where) from error
        finally:
            # Its children too: they may hold the streams open.
            self._end()
            self.process.wait()
            for thread in threads:
                thread.join(_GRACE)
        return self._judged(code)

    def _judged(self, code: int) -> bytes:
        if self.too_much:
            raise UsageError(f"this printed more than {self.most} bytes", where=self.where)
        if code:
            lines = self.err.decode("utf-8", "replace").strip().splitlines()
            hint = f"It said: {lines[-1].strip()[:300]}" if lines else ""
            raise UsageError(f"this ended with {code}", where=self.where, hint=hint)
        return bytes(self.out)

    def _take(self, data: bytes) -> None:
        self.out += data[: self.most - len(self.out)]
        if len(self.out) >= self.most and not self.too_much:
            self.too_much = True
            self._end()

    def _remember(self, data: bytes) -> None:
        self.err += data
        del self.err[:-_TAIL]

    def _end(self) -> None:
        """End what is left of the program's processes."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _drain(stream: IO[bytes], take: Callable[[bytes], None]) -> None:
    while data := os.read(stream.fileno(), _READ):
        take(data)
    stream.close()
