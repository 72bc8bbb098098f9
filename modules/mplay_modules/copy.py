"""Put a file of the controller, or a text, into a file."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from mplay.sdk import Blob, Content, LocalFile
from mplay_modules._attributes import NOT_HERE
from mplay_modules._placing import Sent


class Copy(Sent):
    """A file with the content of a file of the controller, or with a text.

    ::

        - id: motd
          copy: {content: planned maintenance at 02:00, dest: /etc/motd}

    The file is replaced at once; the way back is the old file as it was, with mode, owner and
    extended attributes. Content of a file that not everybody may read is in no diff and no journal.
    """

    REFUSED: ClassVar = NOT_HERE | {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "checksum": "leave it out: what arrives is always compared with what was sent",
        "decrypt": "leave it out; keep secrets in variables and write them with template",
        "directory_mode": "directories are not copied; create them with file and state: directory",
        "follow": "leave it out, and name the file that the link leads to",
        "local_follow": "leave it out; a link of the controller is always followed",
        "remote_src": "copy files of the host with shell, state and undo",
    }

    src: LocalFile | None = None
    """A file of the controller, searched under ``files/`` beside the playbook and the project."""
    content: str | None = None
    """The text itself, in place of `src`."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.src is None) == (self.content is None):
            raise ValueError("needs either 'src' or 'content'")
        if self.content is not None and self.dest.endswith("/"):
            raise ValueError("'dest' must name the file itself where 'content' is given")
        return self

    def source(self) -> Content:
        """The file, or the text."""
        if self.src is not None:
            return self.src
        return Content(name="content", blob=Blob.of_bytes((self.content or "").encode()))
