"""Two changes as one: what is written, and what follows from it at once."""

from __future__ import annotations

from mplay.sdk import Change, lines


def joined(first: Change | None, then: Change | None) -> Change | None:
    """Both, one after another, undone the other way round; None where there is neither."""
    if first is None or then is None:
        return first or then
    return Change(
        summary="; ".join((first.summary, then.summary)),
        save=lines(first.save, then.save),
        apply=lines(first.apply, then.apply),
        restore=lines(then.restore or "", first.restore or ""),
        expect={**first.expect, **then.expect},
        restored={**(first.restored or {}), **(then.restored or {})},
        diff=(*first.diff, *then.diff),
        blobs=(*first.blobs, *then.blobs),
        needs_space=first.needs_space + then.needs_space,
    )
