from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mplay.model.errors import UsageError
from mplay.model.sealed import Sealed
from mplay.model.secrets import Secrets
from mplay.source import Key, Map, Vault, load
from tests.unit.source.vaults import encrypt, inline, password_file

PASSWORD = "corréct hörse"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vault")


@pytest.fixture(scope="module")
def key(place: Path) -> Path:
    return password_file(place, PASSWORD)


@pytest.fixture(scope="module")
def whole(place: Path, key: Path) -> bytes:
    file = place / "vars.yml"
    file.write_text("name: deep purple\nports: [5432, 543216]\nflags: {ready: yes}\n")
    return encrypt(file, key, "prod").read_bytes()


def vault(*keys: tuple[str, str], secrets: Secrets | None = None) -> Vault:
    return Vault([Key(label, password.encode()) for label, password in keys], secrets)


def opened(text: str | bytes, vault: Vault) -> dict[str, Any]:
    raw = text.encode() if isinstance(text, str) else text
    found = load(raw, "vars.yml", vault)
    assert isinstance(found, Map)
    return {str(k): vault.open(v) if isinstance(v, Sealed) else v for k, v in found.items()}


@pytest.mark.parametrize("label", ["", "dev"])
@pytest.mark.parametrize("value", ["it's\ntwo lines\n", "Größe {{ not_a_name", "x" * 5000])
def test_an_inline_value_of_ansible_vault_is_opened(key: Path, label: str, value: str) -> None:
    text = inline(value, "it", key, label)
    assert opened(text, vault(("other", "wrong"), ("dev", PASSWORD))) == {"it": value}


def test_every_value_of_a_file_that_is_encrypted_as_a_whole_is_sealed(whole: bytes) -> None:
    known = vault(("prod", PASSWORD))
    found = load(whole, "vars.yml", known)
    assert known.open(found["name"]) == "deep purple"
    assert [known.open(port) for port in found["ports"]] == [5432, 543216]
    assert found["flags"] == {"ready": True}
    assert found["name"].where.line == 1
    assert "purple" not in repr(found)


def test_a_value_that_nobody_opens_needs_no_password(key: Path) -> None:
    text = "plain: 1\n" + inline("s3cret!", "sealed", key)
    assert load(text.encode(), "vars.yml", Vault())["plain"] == 1


def test_what_is_opened_is_known_as_a_secret(whole: bytes, key: Path) -> None:
    secrets = Secrets()
    known = vault(("prod", PASSWORD), secrets=secrets)
    opened(whole, known)
    assert secrets("the deep purple one") == "the [secret] one"
    assert secrets(PASSWORD) == "[secret]"
    assert not secrets.found_in("543216")
    known.open(load(whole, "vars.yml", known)["ports"][1])
    assert secrets.found_in({"port": ["543216"]})


def _told(text: bytes, known: Vault) -> str:
    with pytest.raises(UsageError) as caught:
        opened(text, known)
    return str(caught.value)


def test_no_password_is_told_with_the_place_and_what_to_give(whole: bytes) -> None:
    told = _told(whole, Vault())
    assert told.startswith("vars.yml this is encrypted with Ansible Vault under the id 'prod', and")
    assert "no password was given" in told
    assert "--vault-id" in told


def test_a_wrong_password_is_told_with_the_ids_that_were_tried(whole: bytes) -> None:
    told = _told(whole, vault(("prod", "nonsense"), ("dev", "more")))
    assert "no password that was given (prod, dev) opens it: it is the wrong one, or" in told


def test_an_id_without_a_password_is_named(whole: bytes) -> None:
    assert "under the id 'prod', and no password that was given (dev)" in _told(
        whole, vault(("dev", "more"))
    )


def test_an_inline_value_is_told_at_its_own_place(key: Path) -> None:
    told = _told(b"a: 1\n" + inline("s3cret!", "b", key).encode(), Vault())
    assert told.startswith("vars.yml:2:4 ")


@pytest.mark.parametrize("cut", [30, 60, 200, -3, -90])
def test_a_file_that_is_cut_short_is_told_as_damaged(whole: bytes, cut: int) -> None:
    told = _told(whole[:cut], vault(("prod", PASSWORD)))
    assert "damaged" in told or "the text was changed" in told


def test_a_changed_byte_anywhere_in_the_content_is_noticed(whole: bytes) -> None:
    known = vault(("prod", PASSWORD))
    start = whole.index(b"\n") + 1
    for at in range(start, len(whole), 37):
        if whole[at : at + 1] == b"\n":
            continue
        other = b"3" if whole[at : at + 1] != b"3" else b"4"
        _told(whole[:at] + other + whole[at + 1 :], known)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"$ANSIBLE_VAULT;1.0;AES", "its format '1.0' is not 1.1 or 1.2"),
        (b"$ANSIBLE_VAULT;1.1;AES", "its cipher 'AES' is not AES256"),
        (b"$ANSIBLE_VAULT;1.1", "its first line is not that of ansible-vault"),
    ],
)
def test_another_format_is_refused_by_name(head: bytes, why: str) -> None:
    assert why in _told(head + b"\n3031\n", vault(("a", "b")))


def test_a_tag_before_what_is_not_encrypted_is_told_when_the_file_is_read() -> None:
    with pytest.raises(UsageError, match="1:4 `!vault` stands before"):
        load(b"a: !vault hello\n", "vars.yml")


def test_a_value_of_the_environment_is_a_secret_and_a_missing_one_is_told() -> None:
    secrets = Secrets()
    known = Vault((), secrets, {"DB_PASSWORD": "hunter22"})
    text = load(b"a: env:DB_PASSWORD\nb: env:NOBODY\n", "vars.yml")
    assert known.environment(text["a"]) == "hunter22"
    assert secrets.found_in("-phunter22")
    with pytest.raises(UsageError, match=r"vars\.yml:2:4 the environment of mplay has no variable"):
        known.environment(text["b"])
