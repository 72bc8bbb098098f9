"""Hosts and groups in Ansible's formats.

*Source*: a file in YAML, INI or TOML, a program that prints JSON, a folder of these, or names with
a comma. *Tree*: groups, their children, and hosts, as read from all sources. *Variables*: what the
sources, `group_vars/` and `host_vars/` say of a host, merged in Ansible's order. *Fault*: what is
wrong with one host, told when that host is worked on. *Pattern*: a text that chooses hosts.
*Listing*: what ``ansible-inventory`` would print. *Inventory*: all of it, frozen.
"""

from __future__ import annotations

from mplay.inventory.inventory import Inventory

__all__ = ["Inventory"]
