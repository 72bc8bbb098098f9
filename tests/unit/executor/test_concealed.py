from __future__ import annotations

import hashlib

import pytest

from mplay.executor.concealed import MAX_CONTENT, concealed, exports
from mplay.executor.holes import holed
from mplay.model.change import Blob, Change
from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets
from mplay.sdk import sh
from tests.unit.executor.test_holes import run

SECRET = "hunter22 it's"


def known() -> Secrets:
    secrets = Secrets()
    secrets.add(SECRET, "vault:1")
    return secrets


def reading(blob: Blob) -> str:
    return sh('cat -- "$MPLAY_BLOBS"/{sum} >{new}', sum=blob.sha256, new="/dev/stdout")


def change(**given: object) -> Change:
    fields: dict[str, object] = {"summary": "s", "apply": ":", "restore": ":", **given}
    return Change(**fields)  # type: ignore[arg-type]


def test_a_change_without_secrets_is_left_as_it_is() -> None:
    plain = change(apply="echo x")
    assert concealed(plain, known()).change is plain


def test_a_secret_in_the_work_is_in_no_script_and_the_undo_needs_none() -> None:
    found = concealed(change(apply=sh("printf %s {x}", x=SECRET)), known())
    assert "hunter22" not in repr(found)
    assert list(found.secrets.values()) == ["vault:1"]
    assert not found.change.restore_needs_secrets


def test_an_undo_that_holds_a_secret_says_that_it_needs_it() -> None:
    found = concealed(change(restore=sh("printf %s {x}", x=SECRET)), known())
    assert found.change.restore_needs_secrets
    assert "hunter22" not in repr(found)


@pytest.mark.parametrize(
    "data", [f"a\nb={SECRET}\n\n".encode(), b"\0\xff" + SECRET.encode() + b"\0\n", b"\xff" * 9]
)
def test_content_that_holds_a_secret_is_no_blob_and_arrives_all_the_same(data: bytes) -> None:
    blob, other = Blob.of_bytes(data), Blob.of_bytes(b"nothing of it")
    secrets = known()
    secrets.add("\udcff" * 9, "vault:2")
    found = concealed(change(apply=reading(blob), blobs=(blob, other)), secrets)
    assert found.change.blobs == (other,)
    assert "hunter22" not in found.change.apply
    printed = run(found.change.apply + "\nprintf .", secrets.values(found.secrets))
    assert printed.encode("utf-8", "surrogateescape") == data + b"."


def test_lines_around_a_secret_in_content_do_not_become_secrets() -> None:
    secrets, blob = known(), Blob.of_bytes(f"listen 80;\npw={SECRET}\n".encode())
    concealed(change(apply=reading(blob), blobs=(blob,)), secrets)
    assert not secrets.found_in("listen 80;")


def test_content_that_is_read_otherwise_or_too_large_is_refused() -> None:
    small, large = Blob.of_bytes(SECRET.encode()), Blob.of_bytes(SECRET.encode() * MAX_CONTENT)
    with pytest.raises(UsageError, match="cannot be sent in this way"):
        concealed(change(apply="tar x", blobs=(small,)), known())
    with pytest.raises(UsageError, match="at most 256 KiB"):
        concealed(change(apply=reading(large), blobs=(large,)), known())


def test_a_secret_of_the_environment_is_exported_by_the_script_itself() -> None:
    secrets = known()
    plain, prologue = exports({"LANG": "C", "PGPASSWORD": SECRET}, secrets)
    assert plain == {"LANG": "C"}
    found = holed(prologue + "sh -c 'printf %s \"$PGPASSWORD\"'", secrets)
    assert "hunter22" not in found.script
    assert run(found.script, secrets.values(found.secrets)) == SECRET
    assert hashlib.sha256(SECRET.encode()).hexdigest() not in found.script
