"""Which steps a run takes, in Ansible's words and our own; and the lists of what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mplay.cli import options
from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.app.prepare import Prepared
    from mplay.planner.choice import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The steps that were asked for, as typed; each option may be given several times."""

    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    start: str = ""
    with_needs: bool = False
    assume_done: tuple[str, ...] = ()
    reason: str = ""

    def choice(self) -> Choice:
        """The choice for the planner. UsageError where a vouch and its reason do not meet."""
        from mplay.planner.choice import Choice

        vouched = by_commas(self.assume_done)
        if vouched and not self.reason.strip():
            raise UsageError(
                "--assume-done says that a step is done, and nobody says why",
                hint="Add --reason TEXT; it is kept in the journal with your name.",
            )
        if self.reason and not vouched:
            raise UsageError("--reason belongs to --assume-done STEP, which is not given")
        return Choice(
            tags=by_commas(self.tags),
            skip_tags=by_commas(self.skip_tags),
            only=by_commas(self.only),
            start=self.start,
            with_needs=self.with_needs,
            assume_done=vouched,
        )

    def words(self) -> list[str]:
        """The words with which another call selects the same."""
        found: list[str] = []
        for flag, values in (
            ("--tags", self.tags),
            ("--skip-tags", self.skip_tags),
            ("--only", self.only),
            ("--from", (self.start,)),
            ("--assume-done", self.assume_done),
            ("--reason", (self.reason,)),
        ):
            for value in values:
                found += [flag, value] if value else []
        return [*found, "--with-needs"] if self.with_needs else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The lists that were asked for in place of a run."""

    list_hosts: bool = False
    list_tasks: bool = False
    list_tags: bool = False

    def __bool__(self) -> bool:
        return self.list_hosts or self.list_tasks or self.list_tags

    def names(self) -> tuple[str, ...]:
        """``hosts``, ``tasks``, ``tags``: those that are wanted."""
        wanted = {"hosts": self.list_hosts, "tasks": self.list_tasks, "tags": self.list_tags}
        return tuple(name for name, given in wanted.items() if given)

    def show(self, prepared: Prepared, form: str) -> None:
        """Write the lists."""
        from mplay.cli.output import to_stdout
        from mplay.report.listing import listing_document, listing_lines

        writer = to_stdout(form)
        book = str(prepared.request.playbook)
        if form != "text":
            writer.document(listing_document(prepared.plan, book, self.names()))
            return
        for line in listing_lines(prepared.plan, book, self.names()):
            writer.line(line)


def by_commas(given: Sequence[str]) -> tuple[str, ...]:
    """Words of several options, each of which may hold several with commas between."""
    parts = (part.strip() for text in given for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


selecting = options.together(
    click.option(
        "-t",
        "--tags",
        multiple=True,
        metavar="TAGS",
        help="Only steps with one of these tags; also all, tagged, untagged, always, never.",
    ),
    click.option(
        "--skip-tags", multiple=True, metavar="TAGS", help="No steps with one of these tags."
    ),
    click.option(
        "--only", multiple=True, metavar="STEP", help="Only these steps and blocks, by path."
    ),
    click.option("--from", "start", metavar="STEP", default="", help="From this step on."),
    click.option("--with-needs", is_flag=True, help="Also all that the chosen steps need."),
    click.option(
        "--assume-done",
        multiple=True,
        metavar="STEP",
        help="Leave out a step that is needed, and vouch for it: it is done.",
    ),
    click.option("--reason", metavar="TEXT", default="", help="Why --assume-done is right."),
    options.as_one("selected", Selected),
)
"""Which steps: the command is given one `selected`."""

listing = options.together(
    click.option("--list-hosts", is_flag=True, help="List the hosts, and do nothing."),
    click.option("--list-tasks", is_flag=True, help="List the steps, and do nothing."),
    click.option("--list-tags", is_flag=True, help="List the tags, and do nothing."),
    options.as_one("listed", Listed),
)
"""Lists in place of a run: the command is given one `listed`."""
