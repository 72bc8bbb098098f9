"""``mplay schema``: the JSON Schema of a playbook, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from mplay.cli import options


@click.command()
@options.examples(
    "mplay schema > playbook.schema.json",
    "mplay schema --output .vscode/playbook.schema.json",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there, instead of showing it.",
)
@options.config
def schema(output: Path | None, config_file: Path | None) -> None:
    """Print a JSON Schema (draft 7) of playbooks, so that an editor completes and checks them.

    It knows the modules that playbooks here can call, those of the project's `modules/` too, and
    takes every playbook that `mplay lint` takes. For the YAML language server a playbook names it
    in its first line: `# yaml-language-server: $schema=playbook.schema.json`.
    """
    import json

    from mplay.cli.output import to_stdout
    from mplay.model.errors import UsageError
    from mplay.registry import Registry
    from mplay.spec.schema import playbook_schema

    made = playbook_schema(Registry(options.find_config(config_file).root / "modules"))
    if output is None:
        to_stdout().document(made)
        return
    try:
        output.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(output)) from error
