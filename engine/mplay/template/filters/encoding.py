"""Data as text and back: JSON, YAML, Base64, addresses of the web, digests."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import yaml
from jinja2 import Undefined
from jinja2.utils import htmlsafe_json_dumps

from mplay.model.errors import UsageError
from mplay.source import load
from mplay.template import budget as bounds

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512")
_ANSIBLES = uuid.UUID("361E6D51-FAEC-444A-9079-341386DA8E2E")
_OF_URL = (
    "fragment hostname netloc password path port query scheme username".split()  # noqa: SIM905
)


def bare(value: Any) -> Any:
    """Plain data of Python's own types, as the writers of JSON and YAML want it."""
    if isinstance(value, Undefined):
        return str(value)  # raises what is missing
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key): bare(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [bare(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"{type(value).__name__} cannot be written as text")


def _key(key: Any) -> Any:
    return str(key) if isinstance(key, str) else key


def to_json(
    value: Any,
    indent: int | None = None,
    sort_keys: bool = False,
    ensure_ascii: bool = True,
    separators: Any = None,
) -> str:
    """JSON on one line, or with `indent` over several."""
    bounds.check_width(indent or 0)
    parts = (str(separators[0]), str(separators[1])) if separators else None
    return json.dumps(
        bare(value),
        indent=None if indent is None else min(indent, 16),
        sort_keys=sort_keys,
        ensure_ascii=ensure_ascii,
        separators=parts,
        allow_nan=False,
    )


def to_nice_json(
    value: Any, indent: int = 4, sort_keys: bool = True, ensure_ascii: bool = True
) -> str:
    """JSON over several lines, its keys sorted."""
    return to_json(value, indent, sort_keys, ensure_ascii, (",", ": "))


def tojson(value: Any, indent: int | None = None) -> str:
    """JSON for a web page, as Jinja2 writes it."""
    bounds.check_width(indent or 0)
    return str(htmlsafe_json_dumps(bare(value), indent=indent, sort_keys=True))


def from_json(value: Any) -> Any:
    """The data of a JSON text."""
    return json.loads(str(value))


def to_yaml(
    value: Any,
    indent: int | None = None,
    width: int | None = None,
    sort_keys: bool = True,
    default_flow_style: bool | None = None,
    explicit_start: bool = False,
    explicit_end: bool = False,
) -> str:
    """YAML whose innermost lists and mappings stand on one line."""
    return str(
        yaml.dump(
            bare(value),
            Dumper=yaml.CSafeDumper,
            allow_unicode=True,
            default_flow_style=default_flow_style,
            indent=indent,
            width=width,
            sort_keys=sort_keys,
            explicit_start=explicit_start,
            explicit_end=explicit_end,
        )
    )


def to_nice_yaml(
    value: Any,
    indent: int = 4,
    width: int | None = None,
    sort_keys: bool = True,
    explicit_start: bool = False,
    explicit_end: bool = False,
) -> str:
    """YAML in which everything has its own line."""
    return to_yaml(value, indent, width, sort_keys, False, explicit_start, explicit_end)


def from_yaml(value: Any) -> Any:
    """The data of a YAML text of one document."""
    if value is None or not isinstance(value, str):
        return value
    try:
        return bare(load(value.encode("utf-8", "surrogateescape"), "the text"))
    except UsageError as error:
        raise ValueError(f"this is not YAML: {error.problem}") from error


def b64encode(value: Any, encoding: str = "utf-8", urlsafe: bool = False) -> str:
    """The bytes of a text in base64."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(_text(value).encode(_encoding(encoding))).decode()


def b64decode(value: Any, encoding: str = "utf-8", urlsafe: bool = False) -> str:
    """The text whose bytes are given in base64."""
    text = "".join(_text(value).split())
    try:
        raw = base64.b64decode(text, altchars=b"-_" if urlsafe else None, validate=True)
        return raw.decode(_encoding(encoding))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"this is not base64 of {encoding} text") from error


def _encoding(name: str) -> str:
    known = {"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1"}
    if str(name).lower() in known or str(name).lower().startswith("utf-16"):
        return str(name)
    raise ValueError(f"the encoding '{name}' is not known; use utf-8, utf-16-le or latin-1")


def hashed(value: Any, hashtype: str = "sha1") -> str:
    """A digest of a text, in hex."""
    if hashtype not in _DIGESTS:
        raise ValueError(f"there is no digest {hashtype!r}; there are {', '.join(_DIGESTS)}")
    return hashlib.new(hashtype, _text(value).encode(), usedforsecurity=False).hexdigest()


def to_uuid(value: Any, namespace: str = str(_ANSIBLES)) -> str:
    """The UUID that a text has in a namespace: always the same."""
    return str(uuid.uuid5(uuid.UUID(str(namespace)), str(value)))


def urlsplit_(value: Any, query: str = "") -> Any:
    """The parts of an address of the web, or the one that `query` names."""
    parts = urlsplit(str(value))
    found = {name: getattr(parts, name) for name in _OF_URL}
    if query and query not in found:
        raise ValueError(f"an address has no part '{query}'; it has {', '.join(found)}")
    return found[query] if query else found


def _text(value: Any) -> str:
    return str(value)


FILTERS: dict[str, Callable[..., Any]] = {
    "b64decode": b64decode,
    "b64encode": b64encode,
    "checksum": hashed,
    "from_json": from_json,
    "from_yaml": from_yaml,
    "hash": hashed,
    "md5": lambda value: hashed(value, "md5"),
    "sha1": lambda value: hashed(value, "sha1"),
    "to_json": to_json,
    "to_nice_json": to_nice_json,
    "to_nice_yaml": to_nice_yaml,
    "to_uuid": to_uuid,
    "to_yaml": to_yaml,
    "tojson": tojson,
    "urldecode": lambda value: unquote_plus(str(value)),
    "urlsplit": urlsplit_,
}
