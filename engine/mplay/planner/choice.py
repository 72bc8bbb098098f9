"""Which steps of a playbook a run was asked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

ALWAYS, NEVER = "always", "never"
SPECIAL = frozenset({ALWAYS, NEVER, "all", "tagged", "untagged"})
"""Words of ``--tags`` and ``--skip-tags`` that no step has to carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``--tags --skip-tags --only --from --with-needs --assume-done``; empty means all steps.

    `only`, `start` (``--from``) and `assume_done` name steps or blocks by path.
    """

    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    start: str = ""
    with_needs: bool = False
    assume_done: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether no step is left out; those tagged ``never`` still are."""
        return not (self.tags or self.skip_tags or self.only or self.start)

    def words(self) -> tuple[str, ...]:
        """The choice as plain words, for a digest; none where nothing was chosen."""
        given = {
            "tags": self.tags,
            "skip_tags": self.skip_tags,
            "only": self.only,
            "from": (self.start,) if self.start else (),
            "assume_done": self.assume_done,
            "with_needs": ("yes",) if self.with_needs else (),
        }
        return tuple(f"{name}={word}" for name, words in given.items() for word in words)

    def by_tags(self, carried: Collection[str]) -> bool:
        """Whether a step with these tags is chosen, by Ansible's rules."""
        own = set(carried)
        return self._asked(own) and not self._skipped(own)

    def _asked(self, own: set[str]) -> bool:
        wanted = set(self.tags) or {"all"}
        if own & wanted or ALWAYS in own:
            return True
        if NEVER in own:
            return False
        tagged = "tagged" if own else "untagged"
        return "all" in wanted or tagged in wanted

    def _skipped(self, own: set[str]) -> bool:
        unwanted = set(self.skip_tags)
        if own & unwanted:
            return True
        tagged = "tagged" if own else "untagged"
        return ("all" in unwanted or tagged in unwanted) and ALWAYS not in own
