"""Argument types that the engine fills from the controller's files before a module sees them.

In a playbook each of them is a path, searched under ``files/`` or ``templates/`` beside the
playbook and the project; the engine reads (and renders) it, so that a module stays pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from mplay.model.change import Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file of the controller holds: its name as written, its bytes as a blob."""

    name: str
    blob: Blob

    @property
    def text(self) -> str | None:
        """The content as text where it is small and in memory, else None."""
        if self.blob.path or self.blob.size > 64 * 1024:
            return None
        try:
            return self.blob.data.decode()
        except UnicodeDecodeError:
            return None


LocalFile = Annotated[Content, Field(json_schema_extra={"type": "string", "mplay": "file"})]
"""A file of the controller, sent as it is; searched under ``files/``."""

TemplateFile = Annotated[Content, Field(json_schema_extra={"type": "string", "mplay": "template"})]
"""A Jinja2 template of the controller, rendered for the task; searched under ``templates/``."""
