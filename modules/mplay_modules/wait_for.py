"""Wait for a port, a file, or a line in either."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mplay.sdk import Check, Facts, Judgement, Patience, Script, Verdict, lines, sh
from mplay_modules._dialing import LACKS, Port, Target, dial, is_nameless
from mplay_modules._place import Place, shown

STATES: Mapping[str, str] = {
    "ESTABLISHED": "01",
    "SYN_SENT": "02",
    "SYN_RECV": "03",
    "FIN_WAIT1": "04",
    "FIN_WAIT2": "05",
    "TIME_WAIT": "06",
    "CLOSE_WAIT": "08",
    "LAST_ACK": "09",
    "CLOSING": "0B",
}
"""States of a connection: their names, and how ``/proc/net/tcp`` writes them."""
Active = Literal[
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "CLOSING",
]
_AWAY = ("absent", "stopped")


class WaitFor(Check):
    """A port or a file that becomes what is wanted, within some time.

    ::

        - id: listens
          wait_for: {port: 5432, timeout: 60}
        - id: drained
          wait_for: {port: 443, host: 0.0.0.0, state: drained, delay: 5}
        - id: ready
          wait_for: {path: /var/log/app.log, search_regex: "ready in [0-9]+ ms"}

    Each host looks, from itself, every `sleep` seconds until `timeout` has passed; then the step
    has failed. It is a check: it changes nothing, and a dry-run looks once and, where it is not
    yet so, is *unknown*. Connections need ``bash`` or ``nc`` on the host.
    """

    REFUSED: ClassVar = {
        "exclude_hosts": "give the address to count on in `host`",
    }

    port: Port | None = None
    """The TCP port."""
    path: Place | None = None
    """A file, instead of a port; links are followed."""
    host: Target = "127.0.0.1"
    """Where the port is, as the host of the step knows it. For `drained` an address of the host
    itself; ``0.0.0.0`` and ``::`` count connections to all of them."""
    state: Literal["started", "present", "stopped", "absent", "drained"] = "started"
    """`started` and `present`: takes connections, is there. `stopped` and `absent`: the opposite.
    `drained`: no connection to the port of this host is open."""
    search_regex: str = ""
    """A regular expression as ``grep -P`` knows it, found in a line of the file, or of what the
    port says by itself."""
    delay: Annotated[float, Field(ge=0)] = 0.0
    """Seconds before the first look."""
    timeout: Annotated[float, Field(ge=0)] = 300.0
    """Seconds for all of it, `delay` too."""
    sleep: Annotated[float, Field(gt=0, le=600)] = 1.0
    """Seconds between two looks."""
    connect_timeout: Annotated[float, Field(gt=0, le=50)] = 5.0
    """Seconds for one look at a port."""
    active_connection_states: tuple[Active, ...] = (
        "ESTABLISHED",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "SYN_RECV",
        "SYN_SENT",
        "TIME_WAIT",
    )
    """What counts as open for `drained`."""
    msg: str = ""
    """What to say first where it does not come to be."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.port is None) == (self.path is None):
            raise ValueError("waits for a `port` or a `path`: give one (to let time pass: `pause`)")
        if self.search_regex and self.state not in ("started", "present"):
            raise ValueError("looks for `search_regex` only where it waits for something to be")
        if self.state == "drained":
            self._check_drained()
        try:
            re.compile(self.search_regex)
        except re.error as error:
            raise ValueError("has in `search_regex` no expression: " + str(error)) from error
        return self

    def _check_drained(self) -> None:
        if self.port is None:
            raise ValueError("can only tell of a `port` whether it is drained")
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            raise ValueError("needs an address for `host` where it waits for drained") from None

    def patience(self) -> Patience:
        """As its arguments say."""
        return Patience(until=self.timeout, every=self.sleep, delay=self.delay)

    def probe(self) -> Script:
        """Look once."""
        return lines(
            self._look(),
            sh(
                'fact {key} "$answer"; fact {why} "$why"',
                key=self._key("answer"),
                why=self._key("why"),
            ),
        )

    def judge(self, seen: Facts) -> Verdict:
        """Failed where it is not yet so, unknown where nothing can tell."""
        answer, why = seen[self._key("answer")], seen[self._key("why")]
        if answer == "unknown":
            return Verdict(judgement=Judgement.UNKNOWN, reasons=(why,))
        if (answer == "yes") != (self.state in _AWAY) and not is_nameless(why):
            return Verdict(judgement=Judgement.OK, reasons=(self._what() + ": " + self.state,))
        told = self._what() + ": " + (why or "there still")
        return Verdict(
            judgement=Judgement.FAILED, reasons=(self.msg, told) if self.msg else (told,)
        )

    def _look(self) -> Script:
        if self.path is not None:
            return sh(_FILE, path=self.path, wanted=self.search_regex)
        if self.state == "drained":
            return sh(
                _DRAINED,
                port=format(self.port or 0, "04X"),
                addresses=" ".join(_written(self.host)),
                states=" ".join(STATES[name] for name in self.active_connection_states),
            )
        if self.search_regex:
            return sh(
                _BANNER,
                seconds=self.connect_timeout,
                read=_READ,
                host=self.host,
                port=self.port,
                wanted=self.search_regex,
            )
        return lines(
            dial(self.host, self.port or 0, self.connect_timeout), sh(_DIALLED, lacks=LACKS)
        )

    def _what(self) -> str:
        if self.path is not None:
            return shown(self.path)
        return self.host + " port " + str(self.port)

    def _key(self, of: str) -> str:
        whole = [self.path or "", self.host, str(self.port), self.state, self.search_regex]
        digest = hashlib.sha256("\0".join([*whole, *self.active_connection_states]).encode())
        return "wait_for:" + digest.hexdigest() + ":" + of


def _written(host: str) -> list[str]:
    """An address as ``/proc/net/tcp`` and ``tcp6`` write it on little-endian machines; all: none.

    Each 32-bit word has its bytes reversed. An IPv4 address is in ``tcp6`` a mapped one.
    """
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return []
    raw = address.packed
    words = [raw[at : at + 4][::-1].hex().upper() for at in range(0, len(raw), 4)]
    if address.version == 6:
        return ["".join(words)]
    return [words[0], "0000000000000000FFFF0000" + words[0]]


_DIALLED = """case $tool in
  none) answer=unknown why={lacks} ;;
  *) if [ -z "$why" ]; then answer=yes; else answer=no; fi ;;
esac"""

_FILE = r"""answer=no why='not there' path={path} wanted={wanted}
if [ -e "$path" ]; then
  answer=yes why=''
  if [ -n "$wanted" ] && [ -f "$path" ]; then
    why=$(ulimit -v 1048576; LC_ALL=C grep -aqP -e "$wanted" -- "$path" 2>&1)
    case $? in
      0) ;;
      1) answer=no why='no line in it matches' ;;
      *) answer=unknown ;;
    esac
  elif [ -n "$wanted" ]; then
    answer=unknown why='it is no file that can be searched'
  fi
fi"""
"""Memory is bounded, for a file that is one endless line."""

_READ = r"""exec 3<>"/dev/tcp/$0/$1" || exit 3
ulimit -v 1048576
LC_ALL=C exec grep -aqP -e "$2" <&3
"""

_BANNER = r"""answer=unknown
if command -v timeout >/dev/null && command -v bash >/dev/null; then
  why=$(timeout {seconds} bash -c {read} {host} {port} {wanted} 2>&1)
  case $? in
    0) answer=yes why='' ;;
    1|124) answer=no why='nothing that it says matches' ;;
    3) answer=no; why=${why%%"
"*}; why=${why##*: } ;;
  esac
else
  why='there is no bash to listen with'
fi"""

_DRAINED = r"""answer=unknown why='there is no awk to count with'
if command -v awk >/dev/null; then
  open=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port={port} -v addresses={addresses} -v states={states} '
      $1 ~ /:$/ {
        split($2, local, ":")
        if (local[2] != port || !index(" " states " ", " " $4 " ")) next
        if (addresses == "" || index(" " addresses " ", " " local[1] " ")) count++
      }
      END { print count + 0 }')
  if [ "$open" = 0 ]; then answer=yes why=''; else answer=no why="$open connections are open"; fi
fi"""
