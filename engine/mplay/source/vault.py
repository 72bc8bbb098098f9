"""Opens what `ansible-vault` has encrypted: whole files and inline values, formats 1.1 and 1.2.

An *envelope* is the encrypted text: ``$ANSIBLE_VAULT;1.2;AES256;ID`` and lines of hex. A *key* is
a password with the id under which it was given; every key is tried, the one of the envelope's id
first, as Ansible does. People go on using `ansible-vault` to write and edit.
"""

from __future__ import annotations

import os
import threading
from binascii import Error as HexError
from binascii import unhexlify
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text, Value
from mplay.model.sealed import VAULT, Sealed
from mplay.model.secrets import Secrets
from mplay.source.document import parse

DEFAULT_ID = "default"
_ROUNDS = 10_000
_VERSIONS = ("1.1", "1.2")
_PASSWORD = "Give its password with --vault-id ID@FILE, --vault-password-file FILE or -J."


@dataclass(frozen=True, slots=True)
class Key:
    """A password and the id under which it was given."""

    label: str
    password: bytes

    def __repr__(self) -> str:
        return f"Key({self.label!r})"


@dataclass(frozen=True, slots=True)
class Envelope:
    """An encrypted text taken apart. `label` is '' where it names no id."""

    label: str
    salt: bytes
    digest: bytes
    content: bytes


class _Damaged(ValueError):
    """The text is no envelope; the message says what is wrong with it."""


class Vault:
    """The passwords of a run, and what they open; what is opened becomes known to `secrets`.

    Nothing is opened before it is used, so that a value that nobody reads needs no password.
    `environment` (mplay's own by default) is asked for values ``env:NAME``. Thread-safe.
    """

    def __init__(
        self,
        keys: Sequence[Key] = (),
        secrets: Secrets | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.keys = tuple(keys)
        self.secrets = secrets or Secrets()
        self._environment = os.environ if environment is None else environment
        self._opened: dict[str, bytes] = {}
        self._documents: dict[str, Value] = {}
        self._mutex = threading.RLock()
        for key in self.keys:
            self.secrets.add(key.password.decode("utf-8", "surrogateescape"))

    def decrypt(self, envelope: str, where: Where) -> bytes:
        """The bytes inside an envelope. UsageError at `where`: no password, a wrong one, damage."""
        with self._mutex:
            if envelope not in self._opened:
                self._opened[envelope] = self._decrypted(envelope, where)
            return self._opened[envelope]

    def _decrypted(self, envelope: str, where: Where) -> bytes:
        try:
            found = _take_apart(envelope)
        except _Damaged as error:
            what = f"this is encrypted with Ansible Vault, and damaged: {error}"
            raise UsageError(what, where=where, hint="Bring back a whole copy.") from error
        known = [key for key in self.keys if key.label == found.label]
        for key in (*known, *(key for key in self.keys if key not in known)):
            plain = _open(found, key.password)
            if plain is not None:
                return plain
        raise self._refusal(found.label, where)

    def _refusal(self, label: str, where: Where) -> UsageError:
        named = f" under the id '{label}'" if label else ""
        what = f"this is encrypted with Ansible Vault{named}"
        if not self.keys:
            return UsageError(f"{what}, and no password was given", where=where, hint=_PASSWORD)
        ids = ", ".join(dict.fromkeys(key.label for key in self.keys))
        why = f"and no password that was given ({ids}) opens it"
        if label and label not in {key.label for key in self.keys}:
            return UsageError(f"{what}, {why}", where=where, hint=_PASSWORD)
        return UsageError(
            f"{what}, {why}: it is the wrong one, or the text was changed",
            where=where,
            hint="Try `ansible-vault view` with the same password.",
        )

    def text(self, envelope: str, where: Where) -> str:
        """The text inside an envelope. UsageError also for what is no UTF-8."""
        try:
            return self.decrypt(envelope, where).decode()
        except UnicodeDecodeError as error:
            raise UsageError("what is encrypted here is no UTF-8 text", where=where) from error

    def open(self, sealed: Sealed) -> Value:
        """The value itself, which may hold Jinja2; it is a known secret from now on. UsageError."""
        value: Value = Text(self.text(sealed.envelope, sealed.where), sealed.where)
        if sealed.path:
            value = self._inside(sealed)
        self.know(value, sealed.reference)
        return value

    def _inside(self, sealed: Sealed) -> Value:
        with self._mutex:
            if sealed.envelope not in self._documents:
                raw = self.decrypt(sealed.envelope, sealed.where)
                self._documents[sealed.envelope] = parse(raw, sealed.where.file)
            value = self._documents[sealed.envelope]
        for step in sealed.path:
            value = value[step]
        return self.open(value) if isinstance(value, Sealed) else value

    def know(self, value: Value, reference: str) -> None:
        """Say that a value is a secret: what a sealed one renders to, for example."""
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            self.secrets.add(str(value), reference)

    def environment(self, text: Text) -> str:
        """The secret that ``env:NAME`` means. UsageError where mplay's environment has none."""
        name = text.removeprefix("env:")
        value = self._environment.get(name)
        if value is None:
            what = f"the environment of mplay has no variable {name}"
            hint = f"export {name}, or write another value here"
            raise UsageError(what, where=text.where, hint=hint)
        self.secrets.add(value, str(text))
        return value


def _take_apart(text: str) -> Envelope:
    """_Damaged says why a text is no envelope."""
    head, *rest = text.strip().splitlines() or [""]
    words = [word.strip() for word in head.split(";")]
    if len(words) < 3 or words[0] != VAULT.rstrip(";"):
        raise _Damaged("its first line is not that of ansible-vault")
    if words[1] not in _VERSIONS:
        raise _Damaged(f"its format {words[1]!r} is not 1.1 or 1.2")
    if words[2] != "AES256":
        raise _Damaged(f"its cipher {words[2]!r} is not AES256")
    label = ";".join(words[3:]) if words[1] == "1.2" else ""
    try:
        parts = unhexlify("".join(line.strip() for line in rest)).split(b"\n")
        salt, digest, content = (unhexlify(part) for part in parts)
    except (HexError, ValueError) as error:
        raise _Damaged("it is cut short, or lines of it are missing") from error
    if not content or len(digest) != 32 or len(content) % 16:
        raise _Damaged("it is cut short")
    return Envelope(label, salt, digest, content)


def _open(envelope: Envelope, password: bytes) -> bytes | None:
    """What is inside, or None where the password is not the right one."""
    # Imported where it is needed: a run without a vault does not pay for it.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, hmac, padding
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    derive = PBKDF2HMAC(hashes.SHA256(), length=80, salt=envelope.salt, iterations=_ROUNDS)
    derived = derive.derive(password)
    signature = hmac.HMAC(derived[32:64], hashes.SHA256())
    signature.update(envelope.content)
    try:
        signature.verify(envelope.digest)
    except InvalidSignature:
        return None
    cipher = Cipher(algorithms.AES(derived[:32]), modes.CTR(derived[64:])).decryptor()
    padded = cipher.update(envelope.content) + cipher.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
