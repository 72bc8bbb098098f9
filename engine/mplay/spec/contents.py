"""The files that arguments name: their content for a task, or only their being there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mplay.model.change import Blob
from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.sdk import Content
from mplay.spec.files import Finder, tidy
from mplay.template import Renderer


class Contents(Protocol):
    """Gives the content of a file that an argument names. UsageError at `where`."""

    @property
    def subject(self) -> str:
        """The host that the task is about; '' where nobody asks for one."""
        ...

    def place(self, name: str) -> str:
        """The absolute path of a file of the controller that is written."""
        ...

    def file(self, name: str, where: Where) -> Content:
        """A file under ``files/``, as it is."""
        ...

    def archive(self, name: str, where: Where) -> Content:
        """A file under ``files/``, and what is in it."""
        ...

    def template(self, name: str, where: Where) -> Content:
        """A template under ``templates/``, rendered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContents:
    """Content for one task; `render` evaluates a template with the task's variables."""

    finder: Finder
    render: Callable[[Text], str]
    subject: str = ""

    def place(self, name: str) -> str:
        """A path in the project, or an absolute one."""
        return _place(self.finder, name)

    def file(self, name: str, where: Where) -> Content:
        """A file under ``files/``, as it is."""
        path = self.finder.find("files", name, where)
        return Content(name=name, blob=self.finder.blob(path, where))

    def archive(self, name: str, where: Where) -> Content:
        """A file under ``files/``, and what is in it."""
        path = self.finder.find("files", name, where)
        return Content(
            name=name, blob=self.finder.blob(path, where), archive=self.finder.archive(path, where)
        )

    def template(self, name: str, where: Where) -> Content:
        """A template under ``templates/``, rendered."""
        path = self.finder.find("templates", name, where)
        text = self.render(self.finder.template(path, where))
        return Content(name=name, blob=Blob.of_bytes(text.encode("utf-8", "surrogateescape")))


@dataclass(frozen=True, slots=True, kw_only=True)
class LintContents:
    """Sees that files are there and that templates are Jinja2; the content is left empty."""

    finder: Finder
    renderer: Renderer
    subject: str = ""

    def place(self, name: str) -> str:
        """A path in the project, or an absolute one."""
        return _place(self.finder, name)

    def file(self, name: str, where: Where) -> Content:
        """A file that is there."""
        self.finder.find("files", name, where)
        return Content(name=name, blob=Blob.of_bytes(b""))

    def archive(self, name: str, where: Where) -> Content:
        """A file that is there."""
        return self.file(name, where)

    def template(self, name: str, where: Where) -> Content:
        """A template that is there and can be parsed."""
        path = self.finder.find("templates", name, where)
        for problem in self.renderer.check(self.finder.template(path, where)):
            raise UsageError(problem.what, where=problem.where, hint=problem.hint)
        return Content(name=name, blob=Blob.of_bytes(b""))


def _place(finder: Finder, name: str) -> str:
    """With a trailing slash, where there is one: it says that this is a folder."""
    return str(tidy((finder.root / name).absolute())) + ("/" if name.endswith("/") else "")
