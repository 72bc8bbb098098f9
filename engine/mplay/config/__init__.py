"""What belongs to neither playbook nor hosts: mplay.toml.

*Config*: the project, its journal, its inventory and its environments. *Environment*: a group of
hosts with a policy; a run belongs to exactly one. *Shared*: hosts that a run of an environment may
use as delegates although they are not its own.
"""

from __future__ import annotations

from mplay.config.config import Config, Environment, Keep
from mplay.config.load import FILE_NAME, load_config
from mplay.config.place import default_journal

__all__ = ["FILE_NAME", "Config", "Environment", "Keep", "default_journal", "load_config"]
