"""Where a project's journal lies unless it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def default_journal(project: str, environ: Mapping[str, str]) -> Path:
    """The journal of a project: ``$XDG_STATE_HOME/mplay/PROJECT/journal.db``.

    Not in the checkout: `git clean` must not delete the way back.
    """
    state = environ.get("XDG_STATE_HOME") or ""
    home = Path(environ.get("HOME") or "~").expanduser()
    root = Path(state) if state.startswith("/") else home / ".local/state"
    return root / "mplay" / project / "journal.db"
