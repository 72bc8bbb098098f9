"""``mplay completion``: what a shell has to read to complete command lines of mplay."""

from __future__ import annotations

import click

from mplay.cli import options


@click.command()
@options.examples(
    "mplay completion bash > ~/.local/share/bash-completion/completions/mplay",
    "mplay completion zsh > ~/.zfunc/_mplay      # a folder of your fpath",
    "mplay completion fish > ~/.config/fish/completions/mplay.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets a shell complete command lines: hosts, steps, runs, modules.

    To try it in the shell at hand: `source <(mplay completion bash)`.
    """
    from mplay.cli.completing import script
    from mplay.cli.main import cli

    click.echo(script(cli, shell), nl=False)
