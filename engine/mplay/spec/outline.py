"""The playbook on one level: every step and block by its path, and what comes before what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mplay.model.errors import Where
from mplay.model.plan import Role, Section
from mplay.model.playbook import Block, Playbook, Step, Text, Value
from mplay.spec.problems import Problems


@dataclass(slots=True, kw_only=True)
class Arrow:
    """A need, resolved to a path."""

    path: str
    where: Where


@dataclass(slots=True, kw_only=True)
class Item:
    """A step or block; `before` is the path of the one before it in its list ('' for none)."""

    path: str
    source: Step | Block
    parent: str = ""
    before: str = ""
    section: Section = Section.STEPS
    role: Role = Role.MAIN
    vars: Mapping[str, Value] = field(default_factory=dict)
    given: Mapping[str, Value] = field(default_factory=dict)
    when: tuple[Text, ...] = ()
    arrows: list[Arrow] = field(default_factory=list)
    reacts_to: list[Arrow] = field(default_factory=list)

    @property
    def bracket(self) -> bool:
        """Whether it belongs to its block's `around`."""
        return self.role is not Role.MAIN

    @property
    def batching(self) -> bool:
        """Whether its hosts pass in batches or through a bracket."""
        return isinstance(self.source, Block) and bool(self.source.serial or self.source.around)


class Outline:
    """All steps and blocks by path, in file order."""

    def __init__(self, playbook: Playbook) -> None:
        self.items: dict[str, Item] = {}
        root = Item(path="", source=playbook.steps[0] if playbook.steps else _NOTHING)
        root.vars = playbook.vars
        self._lay_out(playbook.steps, root, "")
        self._lay_out(playbook.validate, root, Section.VALIDATE.value, Section.VALIDATE)
        self._lay_out(playbook.finally_, root, Section.FINALLY.value, Section.FINALLY)

    def steps(self) -> Iterator[tuple[Item, Step]]:
        """The steps, those of brackets too."""
        for item in self.items.values():
            if isinstance(item.source, Step):
                yield item, item.source

    def around(self, path: str) -> Iterator[str]:
        """The paths of the blocks around an item, innermost first."""
        parent = self.items[path].parent
        while parent:
            yield parent
            parent = self.items[parent].parent

    def find(self, item: Item, name: str) -> Item | None:
        """What a name means at an item: a sibling, else what lies further outward."""
        prefix = item.path
        while prefix:
            prefix = prefix.rpartition("/")[0]
            found = self.items.get(f"{prefix}/{name}" if prefix else name)
            if found is not None:
                return found
        return None

    def near(self, item: Item, name: str, problems: Problems) -> str:
        """A suggestion for a name that means nothing at an item."""
        if problems.many:
            return ""
        prefix = item.path.rpartition("/")[0]
        siblings = [p.rpartition("/")[2] for p in self.items if p.rpartition("/")[0] == prefix]
        own = {item.path, item.path.rpartition("/")[2]}
        return problems.suggest(name, [n for n in (*siblings, *self.items) if n not in own])

    def resolve(self, problems: Problems) -> None:
        """Resolve `needs` and `on_change` to paths, noting the names that are no step's."""
        for item in self.items.values():
            source = item.source
            written = None if source.needs is None else [need.step for need in source.needs]
            if written is None and item.before:
                item.arrows.append(Arrow(path=item.before, where=source.where))
            item.arrows += self._arrows(item, written or [], "needs", problems)
            if isinstance(source, Step):
                item.reacts_to = self._arrows(item, source.on_change, "reacts to", problems)
                item.arrows += item.reacts_to

    def _arrows(
        self, item: Item, names: Sequence[Text], verb: str, problems: Problems
    ) -> list[Arrow]:
        found: list[Arrow] = []
        for name in names:
            target = self.find(item, name)
            if target is None:
                near = self.near(item, name, problems)
                hint = "" if near else "name a step by its id among siblings, by path elsewhere"
                problems.add(
                    f"{item.path} {verb} '{name}', which is no step.{near}", name.where, hint
                )
            elif _later(target.section, item.section):
                what = f"{item.path} {verb} {target.path}, which runs after it"
                problems.add(what, name.where, f"`{target.section}` follows `{item.section}`")
            else:
                found.append(Arrow(path=target.path, where=name.where))
        return found

    def _lay_out(
        self,
        steps: Sequence[Step | Block],
        parent: Item,
        prefix: str,
        section: Section = Section.STEPS,
        role: Role = Role.MAIN,
    ) -> None:
        before = ""
        for source in steps:
            given = {**parent.given, **(source.given if isinstance(source, Block) else {})}
            item = Item(
                path=f"{prefix}/{source.id}" if prefix else source.id,
                source=source,
                parent=parent.path,
                before=before,
                section=section,
                role=role,
                vars={**parent.vars, **source.vars, **given},
                given=given,
                when=(*parent.when, *source.when),
            )
            before = item.path
            self.items.setdefault(item.path, item)
            if isinstance(source, Block):
                self._inside(source, item)

    def _inside(self, block: Block, item: Item) -> None:
        around = block.around
        if around:
            for role, steps in (
                (Role.ENTER, around.enter),
                (Role.CHECK, around.check),
                (Role.LEAVE, around.leave),
            ):
                self._lay_out(steps, item, f"{item.path}/{role.value}", item.section, role)
        self._lay_out(block.steps, item, item.path, item.section)


def _later(one: Section, other: Section) -> bool:
    order = list(Section)
    return order.index(one) > order.index(other)


_NOTHING = Block(id="", where=Where(""), steps=())
