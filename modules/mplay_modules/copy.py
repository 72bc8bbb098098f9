"""Put a file of the controller or of another host, or a text, into a file."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from mplay.sdk import Blob, Content, Elsewhere, Facts, LocalFile, unless
from mplay_modules._attributes import NOT_HERE
from mplay_modules._elsewhere import content_there, looked_at
from mplay_modules._place import Place
from mplay_modules._placing import Sent


class Copy(Sent):
    """A file with the content of a file of the controller or of another host, or with a text.

    ::

        - id: motd
          copy: {content: planned maintenance at 02:00, dest: /etc/motd}

    With `from_host` the content is that of a file of another host: it goes through the controller
    in parts, and stays nowhere on the way. The file is replaced at once; the way back is the old
    file as it was, with mode, owner and extended attributes. Content of a file that not everybody
    may read is in no diff and no journal.
    """

    REFUSED: ClassVar = NOT_HERE | {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "checksum": "leave it out: what arrives is always compared with what was sent",
        "decrypt": "leave it out; keep secrets in variables and write them with template",
        "directory_mode": "directories are not copied; create them with file and state: directory",
        "follow": "leave it out, and name the file that the link leads to",
        "local_follow": "leave it out; a link of the controller is always followed",
        "remote_src": "write from_host: '{{ inventory_hostname }}' for a file of the same host",
    }

    src: LocalFile | Place | None = Field(default=None, json_schema_extra=unless("from_host"))
    """A file of the controller, searched under ``files/`` beside the playbook and the project; with
    `from_host` the absolute path of a file of that host."""
    content: str | None = None
    """The text itself, in place of `src`."""
    from_host: str = ""
    """The host that has `src`. It must be one that this run may work on, or of its `shared`."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.src is None) == (self.content is None):
            raise ValueError("needs either 'src' or 'content'")
        if self.from_host and self.src is None:
            raise ValueError("'from_host' needs the 'src' that it has")
        if self.content is not None and self.dest.endswith("/"):
            raise ValueError("'dest' must name the file itself where 'content' is given")
        return self

    def elsewhere(self) -> Elsewhere | None:
        """The file of another host."""
        return looked_at(self.from_host, self.src) if isinstance(self.src, str) else None

    def name(self) -> str:
        """That of the file."""
        return self.src.name if isinstance(self.src, Content) else self.src or "content"

    def origin(self) -> str:
        """The other host."""
        return ", from " + self.from_host if self.from_host else ""

    def source(self, seen: Facts) -> Content | None:
        """The file, or the text."""
        if isinstance(self.src, str):
            return content_there(self.from_host, self.src, seen) if seen else None
        text = (self.content or "").encode()
        return self.src or Content(name="content", blob=Blob.of_bytes(text))
