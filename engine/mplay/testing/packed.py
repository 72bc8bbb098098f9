"""Archives for golden cases and scenarios, from what is to be in them: the same bytes each time."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping

_MOMENT = (2024, 1, 1, 0, 0, 0)
_ARROW = " -> "


def packed(name: str, entries: Mapping[str, str]) -> bytes:
    """A tar or zip file, as `name` ends, of texts by their paths.

    ``bin/`` is a directory, ``current -> bin`` a link; a name that ends with ``*`` is executable.
    """
    buffer = io.BytesIO()
    if name.endswith(".zip"):
        _zip(buffer, entries)
    else:
        _tar(buffer, entries)
    return gzip.compress(buffer.getvalue(), mtime=0) if name.endswith("gz") else buffer.getvalue()


def _tar(buffer: io.BytesIO, entries: Mapping[str, str]) -> None:
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in entries.items():
            path, arrow, target = name.partition(_ARROW)
            info = tarfile.TarInfo(path.rstrip("/*"))
            data = text.encode()
            if arrow:
                info.type, info.linkname = tarfile.SYMTYPE, target
            elif name.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            else:
                info.size = len(data)
                info.mode = 0o755 if name.endswith("*") else 0o644
            archive.addfile(info, io.BytesIO(data))


def _zip(buffer: io.BytesIO, entries: Mapping[str, str]) -> None:
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in entries.items():
            path, arrow, target = name.partition(_ARROW)
            info = zipfile.ZipInfo(path.rstrip("*"), _MOMENT)
            info.create_system = 3  # Unix: the modes below count
            mode = 0o120777 if arrow else 0o100755 if name.endswith("*") else 0o100644
            info.external_attr = (0o40755 if name.endswith("/") else mode) << 16
            archive.writestr(info, target if arrow else text)
