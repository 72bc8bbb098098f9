"""``mplay do``: one module call on some hosts, as a run like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mplay.cli import executing, options, selecting
from mplay.cli.beginning import How, begin
from mplay.cli.executing import Wanted
from mplay.cli.selecting import Listed
from mplay.cli.vault import vault

if TYPE_CHECKING:
    from mplay.app.typed import Typed

_SEEN = "mplay.do"


class Do(click.Command):
    """A command that remembers which options stood behind which words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, and keep where options and ``--`` stood: click forgets."""
        ctx.meta[_SEEN] = _looked_through(args, self.get_params(ctx))
        return super().parse_args(ctx, args)


def _looked_through(
    args: Sequence[str], params: Sequence[click.Parameter]
) -> tuple[list[tuple[str, int]], int]:
    """The options of mplay, each with the number of words before it; and the words after ``--``."""
    valued = {
        name
        for param in params
        if isinstance(param, click.Option) and not param.is_flag and not param.count
        for name in (*param.opts, *param.secondary_opts)
    }
    found: list[tuple[str, int]] = []
    words = 0
    rest: Iterator[str] = iter(args)
    for arg in rest:
        if arg == "--":
            return found, len(list(rest))
        if len(arg) > 1 and arg.startswith("-"):
            found.append((arg, words))
            if arg in valued:
                next(rest, None)
        else:
            words += 1
    return found, 0


@click.command(cls=Do)
@options.examples(
    "mplay do web service name=nginx state=restarted -b",
    "mplay do web:&staging copy src=motd dest=/etc/motd --check --diff",
    "mplay do all query uptime",
    "mplay do db shell 'systemctl disable --now cron' undo='systemctl enable --now cron' -b",
    'mplay do all -m apt -a \'{"name": ["curl"], "state": "present"}\' -b',
)
@click.argument("words", nargs=-1, metavar="PATTERN MODULE [K=V|TEXT]...")
@click.option("-m", "--module-name", "module", metavar="NAME", default="", help="The module.")
@click.option(
    "-a",
    "--args",
    "arguments",
    metavar="K=V…|JSON|YAML|@FILE",
    help="Its arguments in one text; without a module, a command.",
)
@click.option(
    "--become-user", metavar="NAME", default="", help="Run it as this user, by sudo; means -b."
)
@click.option(
    "--irreversible", metavar="TEXT", default="", help="Why there is no way back, where needed."
)
@options.dry_run
@options.diff
@options.of_hosts
@executing.on_failure
@executing.detailed_exitcode
@executing.strict
@options.of_connection
@vault
@selecting.listing
@options.verbose
@options.of_run
@click.pass_context
def do(
    context: click.Context,
    words: tuple[str, ...],
    module: str,
    arguments: str | None,
    become_user: str,
    irreversible: str,
    dry_run: bool,
    diff: bool,
    inventories: tuple[Path, ...],
    limit: str,
    extra_vars: tuple[str, ...],
    on_failure: str | None,
    detailed_exitcode: bool,
    strict: bool,
    user: str,
    become: bool,
    ask_become_pass: bool,
    forks: int | None,
    listed: Listed,
    verbose: int,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Do one thing on the hosts of PATTERN: locked, journalled, verified, undone by `rollback`.

    Arguments are K=V. The text of `shell`, `command` and `query` is what is no argument: one
    quoted word, or several; put `--` before a command that has dashes. What tasks print is shown.
    To look and change nothing, use `query`.
    """
    from mplay.app.typed import FILE, Typed

    seen, after = context.meta[_SEEN]
    typed = Typed(
        words=words[: len(words) - after],
        verbatim=words[len(words) - after :],
        module=module,
        arguments=arguments,
        options=seen,
        become_user=become_user,
        irreversible=irreversible,
    )
    wanted = Wanted(
        config_file=config_file,
        journal_place=journal_place,
        form=form,
        forks=forks,
        strict=strict,
        ask_become_pass=ask_become_pass,
        verbose=max(1, verbose),
        diff=diff,
        inventories=inventories,
        extra_vars=extra_vars,
        limit=limit,
        user=user,
        become=become,
        on_failure=on_failure or "",
    )
    how = How(listed=listed, dry_run=dry_run, detailed_exitcode=detailed_exitcode)
    return begin(wanted, wanted.request(Path(FILE), command(wanted, typed), typed), how)


def command(wanted: Wanted, typed: Typed) -> tuple[str, ...]:
    """The whole command line, with the options before the words so that none is taken for one."""
    given: dict[str, Any] = {
        "-m": typed.module,
        "--become-user": typed.become_user,
        "--irreversible": typed.irreversible,
    }
    options_ = [word for flag, value in given.items() if value for word in (flag, value)]
    if typed.arguments is not None:
        options_ += ["-a", typed.arguments]
    verbatim = ("--", *typed.verbatim) if typed.verbatim else ()
    return ("mplay", "do", *wanted.words(), *options_, *typed.words, *verbatim)
