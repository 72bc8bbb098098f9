"""YAML that keeps file:line:column.

A *document* is plain data whose strings are `Text`, whose mappings are `Map` and whose lists are
`Seq`: ordinary dicts and lists that also remember where they and what they hold were written.
A *sealed* value is one under Ansible Vault, which a `Vault` opens where it is used.
A *written number* is an int or float whose spelling (``0644``, ``1.10``) is not its value's.
Only text that came from a file is `Text`; whatever came from a host stays a plain ``str``, so
that it can never be taken for a template.
"""

from __future__ import annotations

from mplay.model.written import FoldedText, WrittenFloat, WrittenInt, spelling
from mplay.source.document import MAX_DEPTH, MAX_NODES
from mplay.source.envelope import is_encrypted
from mplay.source.loading import load
from mplay.source.nearest import did_you_mean, nearest
from mplay.source.nodes import Map, Seq, key_place, place, texts
from mplay.source.raw import MAX_BYTES, decode
from mplay.source.vault import Key, Vault

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "FoldedText",
    "Key",
    "Map",
    "Seq",
    "Vault",
    "WrittenFloat",
    "WrittenInt",
    "decode",
    "did_you_mean",
    "is_encrypted",
    "key_place",
    "load",
    "nearest",
    "place",
    "spelling",
    "texts",
]
