"""Leaves out the steps that the run was not asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from mplay.model.errors import Where
from mplay.model.plan import Role, Section
from mplay.planner.choice import NEVER, SPECIAL, Choice
from mplay.planner.draft import Arrow, Draft, StepItem
from mplay.source import did_you_mean


def choose(draft: Draft) -> None:
    """Deselect by tags, ``--only`` and ``--from``; refuse when something then lacks its need.

    Brackets go with their block. `validate` and `finally` stay, unless skipped by a tag.
    """
    if not (_names_are_known(draft) & _tags_are_known(draft)):
        return
    chosen = {item.path for item in draft.steps() if _is_chosen(draft, item)}
    mains = [item for item in draft.steps() if _is_main(item)]
    if not any(item.path in chosen for item in mains) and mains:
        draft.complain("no step of the playbook is chosen", _narrowest(draft.choice), _tags(mains))
        return
    vouched = {leaf.path for name in draft.choice.assume_done for leaf in draft.leaves(name)}
    vouched |= {item.path for item in mains if NEVER in item.step.tags}
    _close(draft, chosen, vouched)
    left_out = {i.path for i in draft.steps() if i.path not in chosen} - _bracketing(draft, chosen)
    if left_out:
        draft.partial = draft.partial or not draft.choice.everything
        _leave_out(draft, left_out)


def _is_main(item: StepItem) -> bool:
    return item.section is Section.STEPS and item.role is Role.MAIN


def _is_chosen(draft: Draft, item: StepItem) -> bool:
    choice = draft.choice
    if item.section is not Section.STEPS:
        return Choice(skip_tags=choice.skip_tags).by_tags(item.step.tags)
    if item.role is not Role.MAIN or not choice.by_tags(item.step.tags):
        return False
    if choice.only and not any(item.path in _paths(draft, name) for name in choice.only):
        return False
    return not choice.start or item.number >= draft.items[choice.start].number


def _paths(draft: Draft, name: str) -> set[str]:
    return {leaf.path for leaf in draft.leaves(name)}


def _names_are_known(draft: Draft) -> bool:
    choice = draft.choice
    named = [("--only", n) for n in choice.only] + [
        ("--assume-done", n) for n in choice.assume_done
    ]
    if choice.start:
        named.append(("--from", choice.start))
    unknown = [(flag, name) for flag, name in named if name not in draft.items]
    for flag, name in unknown:
        draft.complain(
            f"the playbook has no step '{name}'",
            Where(flag),
            did_you_mean(name, draft.items).strip(),
        )
    return not unknown


def _tags_are_known(draft: Draft) -> bool:
    """A mistyped tag would leave out too much, or, with ``--skip-tags``, too little."""
    choice = draft.choice
    known = SPECIAL | {tag for item in draft.steps() for tag in item.step.tags}
    named = [("--tags", tag) for tag in choice.tags]
    named += [("--skip-tags", tag) for tag in choice.skip_tags]
    unknown = [(flag, tag) for flag, tag in named if tag not in known]
    for flag, tag in unknown:
        near = did_you_mean(tag, known)
        hint = _tags([item for item in draft.steps() if _is_main(item)])
        draft.complain(f"no step of the playbook has the tag '{tag}'.{near}", Where(flag), hint)
    return not unknown


def _narrowest(choice: Choice) -> Where:
    """The option that probably left everything out."""
    flags = {"--tags": choice.tags, "--skip-tags": choice.skip_tags, "--only": choice.only}
    return Where(next((flag for flag, given in flags.items() if given), "--from"))


def _tags(mains: list[StepItem]) -> str:
    tags = sorted({tag for item in mains for tag in item.step.tags})
    return f"Its tags are {', '.join(tags)}." if tags else "None of its steps has a tag."


def _close(draft: Draft, chosen: set[str], vouched: set[str]) -> None:
    """Add what chosen steps need, or complain of it.

    A step tagged ``never`` that nobody asked for counts as not written.
    """
    waiting = [item for item in draft.steps() if _is_main(item) and item.path in chosen]
    told: set[str] = set()
    while waiting:
        item = waiting.pop()
        for arrow in item.arrows:
            for leaf in draft.leaves(arrow.path):
                if leaf.path in chosen | vouched or leaf.role is not Role.MAIN:
                    continue
                if draft.choice.with_needs:
                    chosen.add(leaf.path)
                    waiting.append(leaf)
                elif leaf.path not in told:
                    told.add(leaf.path)
                    _complain_of_need(draft, item, leaf)


def _complain_of_need(draft: Draft, item: StepItem, leaf: StepItem) -> None:
    draft.complain(
        f"{item.path} needs {leaf.path}, which is left out",
        item.step.where,
        f"Add --with-needs, or vouch for it: --assume-done {leaf.path} --reason TEXT",
    )


def _bracketing(draft: Draft, chosen: set[str]) -> set[str]:
    """The steps of brackets around a chosen step."""
    used = {block for path in chosen for block in draft.around(path)}
    return {i.path for i in draft.steps() if i.role is not Role.MAIN and i.parent in used}


def _leave_out(draft: Draft, left_out: set[str]) -> None:
    gone = set(left_out)
    for block in reversed(list(draft.blocks())):
        if all(child in gone for child in block.children):
            gone.add(block.path)
    beyond = _Beyond(draft, gone)
    for item in draft.items.values():
        item.arrows = list(_distinct(beyond.arrows(item.arrows)))
    for block in draft.blocks():
        block.children = [path for path in block.children if path not in gone]
    for item in draft.steps():
        item.reacts_to = tuple(path for path in item.reacts_to if path not in gone)
    draft.items = {path: item for path, item in draft.items.items() if path not in gone}
    _drop_bracket_paths(draft)


class _Beyond:
    """Replaces an arrow to a step that is left out by that step's own arrows."""

    def __init__(self, draft: Draft, gone: set[str]) -> None:
        self._draft = draft
        self._gone = gone
        self._known: dict[str, tuple[Arrow, ...]] = {}

    def arrows(self, arrows: list[Arrow]) -> Iterator[Arrow]:
        for arrow in arrows:
            if arrow.path not in self._gone:
                yield arrow
                continue
            if arrow.path not in self._known:
                own = self._draft.items[arrow.path].arrows
                self._known[arrow.path] = tuple(_distinct(self.arrows(own)))
            for further in self._known[arrow.path]:
                yield replace(further, via=arrow.via or further.via)


def _distinct(arrows: Iterator[Arrow]) -> Iterator[Arrow]:
    seen: set[str] = set()
    for arrow in arrows:
        if arrow.path not in seen:
            seen.add(arrow.path)
            yield arrow


def _drop_bracket_paths(draft: Draft) -> None:
    is_left: Callable[[str], bool] = draft.items.__contains__
    for block in draft.blocks():
        block.bracket = {role: list(filter(is_left, p)) for role, p in block.bracket.items()}
