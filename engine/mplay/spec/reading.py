"""What the reading of one playbook shares: files, modules, problems, the includes on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from mplay.model.errors import UsageError
from mplay.model.playbook import Text
from mplay.sdk import Module
from mplay.spec.files import Finder
from mplay.spec.modules import Modules, short_name
from mplay.spec.problems import Problems
from mplay.template import Renderer

MAX_STEPS = 10_000


@dataclass(slots=True, kw_only=True)
class Reading:
    """One playbook in the making. `including` are the files on the way to the present one."""

    modules: Modules
    finder: Finder
    renderer: Renderer
    problems: Problems
    including: list[str] = field(default_factory=list)
    steps: int = 0
    _broken: set[str] = field(default_factory=set)

    def module(self, name: Text) -> type[Module] | None:
        """The module of that name; None for an unknown or broken one, which is noted."""
        try:
            return self.modules.find(short_name(name))
        except UsageError as error:
            if name not in self._broken:
                self._broken.add(name)
                self.problems.take(error, name.where)
            return None

    def knows(self, name: Text) -> bool:
        """Whether there is a module of that name, sound or broken."""
        return str(short_name(name)) in self.modules.names()
