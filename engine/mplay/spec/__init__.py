"""Schema, loader and lint of playbooks: YAML becomes `model.Playbook`, or all its problems.

A *record* reads one mapping by its keys and notes what is wrong with each. The *outline* is the
playbook on one level, every step and block by its path, for the checks that look at several steps:
needs, circles, results. A *call* is a module with arguments; *binding* makes the module of it.
The *finder* looks for files and templates; a *file source* is where files are read from, so that
a resumed run reads those that its journal kept. All problems are told at once, sorted by place.
"""

from __future__ import annotations

from mplay.spec.bind import Binder, bind
from mplay.spec.calls import check_bound
from mplay.spec.contents import Contents, TaskContents
from mplay.spec.files import DiskFiles, FileSource, Finder, KeptFiles
from mplay.spec.loader import Loaded, load_playbook, read_playbook
from mplay.spec.modules import Modules, short_name

__all__ = [
    "Binder",
    "Contents",
    "DiskFiles",
    "FileSource",
    "Finder",
    "KeptFiles",
    "Loaded",
    "Modules",
    "TaskContents",
    "bind",
    "check_bound",
    "load_playbook",
    "read_playbook",
    "short_name",
]
