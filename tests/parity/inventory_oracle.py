"""What ansible-core itself makes of inventories; runs in a process of its own, which starts slowly.

Reads from stdin ``{"lists": [{folder, sources, limit}], "patterns": [{folder, sources, pattern,
limit}]}`` and prints, for each, what `ansible-inventory --list` or `ansible PATTERN --list-hosts`
would: the very code of these commands, with the sources named.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from ansible import context  # type: ignore[import-untyped]
from ansible.cli.inventory import InventoryCLI  # type: ignore[import-untyped]
from ansible.errors import AnsibleError  # type: ignore[import-untyped]
from ansible.inventory.manager import InventoryManager  # type: ignore[import-untyped]
from ansible.module_utils.common.collections import (  # type: ignore[import-untyped]
    ImmutableDict,
)
from ansible.parsing.dataloader import DataLoader  # type: ignore[import-untyped]
from ansible.plugins.loader import init_plugin_loader  # type: ignore[import-untyped]
from ansible.vars.manager import VariableManager  # type: ignore[import-untyped]


def _command(asked: dict[str, Any]) -> Any:
    """The command with its inventory read, as it is just before it prints."""
    os.chdir(asked["folder"])
    loader = DataLoader()
    loader.set_basedir(asked["folder"])
    command = InventoryCLI(["ansible-inventory", "--list"])
    command.loader = loader
    command.inventory = InventoryManager(loader=loader, sources=asked["sources"])
    command.vm = VariableManager(loader=loader, inventory=command.inventory, version_info={})
    return command


def listed(asked: dict[str, Any]) -> Any:
    """The document of ``--list``, and the lines of ``--graph --vars`` (None: it wants a vault)."""
    command = _command(asked)
    try:
        graph = command._graph_group(command._get_group("all"))
    except ReferenceError:
        graph = None
    if asked["limit"]:
        command.inventory.subset(asked["limit"])
    document = command.json_inventory(command._get_group("all"))
    return {"list": json.loads(command.dump(document)), "graph": graph}


def chosen(asked: dict[str, Any]) -> Any:
    """The hosts of a pattern; an error as its text."""
    inventory = _command(asked).inventory
    try:
        if asked["limit"]:
            inventory.subset(asked["limit"])
        return [str(host) for host in inventory.list_hosts(asked["pattern"])]
    except AnsibleError as error:
        return f"error: {error}"


def main() -> None:
    """Answer all questions."""
    asked = json.load(sys.stdin)
    context.CLIARGS = ImmutableDict(
        export=False, basedir=None, show_vars=True, yaml=False, toml=False
    )
    init_plugin_loader()
    told = {
        "lists": [listed(one) for one in asked["lists"]],
        "patterns": [chosen(one) for one in asked["patterns"]],
    }
    sys.stdout.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    main()
