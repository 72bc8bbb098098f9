"""The two units of a timer, as systemd reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ESCAPES = {"\\": "\\\\", '"': '\\"', "%": "%%", "$": "$$", "\n": "\\n", "\t": "\\t"}


def service_unit(*, description: str, run: str, user: str, chdir: str) -> str:
    """What runs: one command of ``/bin/sh``."""
    settings = [
        ("Type", "oneshot"),
        ("User", user),
        ("WorkingDirectory", _literal(chdir)),
        ("ExecStart", "/bin/sh -c " + quoted(run)),
    ]
    return _unit(
        ("Unit", [("Description", _literal(description))]),
        ("Service", [(name, value) for name, value in settings if value]),
    )


def timer_unit(
    *, description: str, on_calendar: Sequence[str], persistent: bool, randomized_delay: float
) -> str:
    """When it runs."""
    settings = [("OnCalendar", when) for when in on_calendar]
    settings.append(("Persistent", "true" if persistent else "false"))
    if randomized_delay:
        settings.append(("RandomizedDelaySec", format(randomized_delay, "g") + "s"))
    return _unit(
        ("Unit", [("Description", _literal(description))]),
        ("Timer", settings),
        ("Install", [("WantedBy", "timers.target")]),
    )


def _unit(*sections: tuple[str, Sequence[tuple[str, str]]]) -> str:
    parts = []
    for title, settings in sections:
        listed = "".join(name + "=" + value + "\n" for name, value in settings)
        parts.append("[" + title + "]\n" + listed)
    return "\n".join(parts)


def quoted(text: str) -> str:
    """One word of a command line of systemd, which would expand ``%``, ``$`` and backslashes."""
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'


def _literal(text: str) -> str:
    """A value in which systemd would expand ``%``."""
    return text.replace("%", "%%")


def is_one_line(text: str) -> bool:
    """Whether it can be the value of a setting: no control character, no backslash at its end."""
    return not re.search(r"[\x00-\x1f\x7f]", text) and not text.endswith("\\")


def can_be_quoted(text: str) -> bool:
    """Whether `quoted` can carry it: besides line ends and tabs no control character."""
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
