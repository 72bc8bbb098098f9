"""Hosts and groups in Ansible's formats.

*Source*: a file or a folder of files, YAML or INI. *Tree*: groups, their children, and hosts, as
read from all sources. *Variables*: what the sources, `group_vars/` and `host_vars/` say of a host,
merged in Ansible's order. *Pattern*: a text that chooses hosts. *Inventory*: all of it, frozen.
"""

from __future__ import annotations

from mplay.inventory.inventory import Inventory

__all__ = ["Inventory"]
