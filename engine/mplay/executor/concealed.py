"""A change without its secrets: what may be journalled and sent, and the names of what it needs."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mplay.executor.holes import Holed, holed
from mplay.model.change import Blob, Change, Script
from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets

MAX_CONTENT = 256 * 1024
"""Bytes of content with a secret: it travels through a fifo and lives in variables of a shell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concealed:
    """A change whose scripts hold variables in place of secrets: name -> reference."""

    change: Change
    secrets: Mapping[str, str] = field(default_factory=dict)


def concealed(change: Change, secrets: Secrets, prologue: Script = "") -> Concealed:
    """The change without secrets. UsageError where one cannot be taken out.

    `prologue` goes before each script; it is what exports the secrets of `environment`.
    """
    if not prologue and not _holds_secret(change, secrets):
        return Concealed(change=change)
    content = _without_blobs(change, secrets)
    apply = without(content.change.apply, secrets, prologue)
    save = without(change.save, secrets, prologue)
    restore = without(change.restore or "", secrets, prologue)
    return Concealed(
        change=replace(
            content.change,
            apply=apply.script,
            save=save.script,
            restore=None if change.restore is None else restore.script,
            restore_needs_secrets=change.restore_needs_secrets or bool(restore.secrets),
        ),
        secrets={**content.secrets, **apply.secrets, **save.secrets, **restore.secrets},
    )


def _holds_secret(change: Change, secrets: Secrets) -> bool:
    scripts = [change.save, change.apply, change.restore or ""]
    return secrets.found_in(scripts) or any(_is_secret(blob, secrets) for blob in change.blobs)


def _is_secret(blob: Blob, secrets: Secrets) -> bool:
    return bool(blob.data) and secrets.found_in(blob.data.decode("utf-8", "surrogateescape"))


def _without_blobs(change: Change, secrets: Secrets) -> Concealed:
    """The change whose blobs hold no secret.

    A module reads a blob with ``cat -- "$MPLAY_BLOBS"/SHA``; in its place the content itself is
    printed, and it is a secret as a whole.
    """
    apply, left = change.apply, list[Blob]()
    used: dict[str, str] = {}
    for blob in change.blobs:
        if not _is_secret(blob, secrets):
            left.append(blob)
            continue
        reading = f'cat -- "$MPLAY_BLOBS"/{blob.sha256}'
        if reading not in apply or blob.size > MAX_CONTENT:
            raise UsageError(
                f"content of {blob.size} bytes that holds a secret cannot be sent in this way",
                hint=f"write it with copy or template, at most {MAX_CONTENT // 1024} KiB",
            )
        printed = _printed(blob, secrets)
        apply = apply.replace(reading, printed.script)
        used.update(printed.secrets)
    return Concealed(change=replace(change, apply=apply, blobs=tuple(left)), secrets=used)


def _printed(blob: Blob, secrets: Secrets) -> Holed:
    """Shell that prints the content. A text is printed as it is, other bytes are decoded there."""
    try:
        text = blob.data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" not in text:
        name, reference = secrets.whole(text)
        return Holed(f'printf %s "${name}"', {name: reference})
    name, reference = secrets.whole(base64.b64encode(blob.data).decode())
    return Holed(f'printf %s "${name}" | base64 -d', {name: reference})


def exports(environment: Mapping[str, str], secrets: Secrets) -> tuple[dict[str, str], Script]:
    """The variables of a step without those that hold secrets, and shell that exports these.

    They are exported in the shell of the task alone, from what travels beside its script.
    """
    secret = {name: value for name, value in environment.items() if secrets.found_in(value)}
    plain = {name: value for name, value in environment.items() if name not in secret}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in secret.items()]
    return plain, "".join(lines)


def without(script: Script, secrets: Secrets, prologue: Script = "") -> Holed:
    """A script with holes, after the prologue; '' stays ''. UsageError."""
    return holed(prologue + script, secrets) if script else Holed("")
