"""Check whether a TCP port takes connections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mplay.sdk import Check, Facts, Judgement, Script, Verdict, lines, sh
from mplay_modules._dialing import LACKS, Port, Target, dial, is_nameless


class Tcp(Check):
    """A port that must take connections, or must not.

    ::

        - id: database
          tcp: {host: db1.example.org, port: 5432}
        - id: shut_outside
          tcp: {host: 192.0.2.10, port: 5432, state: closed, from: controller}

    Each host of the step connects, with ``bash`` or ``nc``, and sends nothing; a host that has
    neither is *unknown*. With `from: controller` the machine that runs mplay connects instead.
    To wait for a port, see `wait_for`.
    """

    port: Port
    """The port."""
    host: Target = "127.0.0.1"
    """Name or address of the machine that is connected to."""
    state: Literal["open", "closed"] = "open"
    """What is right. A port that does not answer in time is closed."""
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    """Seconds until the connection must stand."""
    from_: Literal["host", "controller"] = Field(default="host", alias="from")
    """Who connects."""

    def on_controller(self) -> bool:
        """Where `from` says so."""
        return self.from_ == "controller"

    def probe(self) -> Script:
        """Connect once."""
        return lines(
            dial(self.host, self.port, self.timeout),
            sh(
                'fact {tool} "$tool"; fact {why} "$why"; fact {micros} "$micros"',
                tool=self._key("tool"),
                why=self._key("why"),
                micros=self._key("micros"),
            ),
        )

    def judge(self, seen: Facts) -> Verdict:
        """Failed where it is otherwise, unknown where nothing can connect."""
        if seen[self._key("tool")] == "none":
            return Verdict(judgement=Judgement.UNKNOWN, reasons=(LACKS,))
        why, micros = seen[self._key("why")], seen[self._key("micros")]
        place = self.host + " port " + str(self.port)
        said = place + (": " + why if why else " takes connections")
        right = bool(why) == (self.state == "closed") and not is_nameless(why)
        measured = {"seconds": int(micros) / 1e6} if micros.isdecimal() else {}
        return Verdict(
            judgement=Judgement.OK if right else Judgement.FAILED,
            reasons=(said,),
            measurements=measured,
        )

    def _key(self, of: str) -> str:
        return "tcp:" + self.host + ":" + str(self.port) + ":" + of
