"""Render a template into a file."""

from __future__ import annotations

from typing import ClassVar

from mplay.sdk import Content, Facts, TemplateFile
from mplay_modules._attributes import NOT_HERE
from mplay_modules._placing import Sent

_DELIMITERS = "mplay's templates use Jinja2's own delimiters; change the template"


class Template(Sent):
    """A file with what a Jinja2 template of the controller renders to.

    ::

        - id: conf
          template: {src: site.conf.j2, dest: /etc/nginx/conf.d/site.conf, validate: "nginx -tc %s"}

    The file is replaced at once; the way back is the old file as it was, with mode, owner and
    extended attributes. Content of a file that not everybody may read is in no diff and no journal.
    """

    REFUSED: ClassVar = NOT_HERE | {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "follow": "leave it out, and name the file that the link leads to",
        "block_start_string": _DELIMITERS,
        "block_end_string": _DELIMITERS,
        "comment_start_string": _DELIMITERS,
        "comment_end_string": _DELIMITERS,
        "variable_start_string": _DELIMITERS,
        "variable_end_string": _DELIMITERS,
        "trim_blocks": "leave it out; write -%} where a newline is not wanted",
        "lstrip_blocks": "leave it out; write {%- where the space before is not wanted",
        "newline_sequence": "leave it out; write the line ends into the template",
        "output_encoding": "leave it out; files are UTF-8",
    }

    src: TemplateFile
    """The template, searched under ``templates/`` beside the playbook and the project."""

    def name(self) -> str:
        """That of the template."""
        return self.src.name

    def source(self, seen: Facts) -> Content:  # noqa: ARG002  it is the controller's
        """What it renders to."""
        return self.src
