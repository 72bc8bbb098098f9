from __future__ import annotations

from pathlib import Path

import pytest

from mplay.model.errors import UsageError
from mplay.source.passwords import keys, vault_ids
from mplay.source.vault import Key
from tests.unit.source.vaults import encrypt, password_file


def nobody(question: str) -> str:
    raise AssertionError(f"asked {question!r}")


def script(file: Path, text: str) -> Path:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return file


def test_options_and_the_environment_come_in_ansibles_order() -> None:
    environment = {"ANSIBLE_VAULT_PASSWORD_FILE": "env", "ANSIBLE_VAULT_IDENTITY_LIST": "a@1, b@2"}
    assert vault_ids(["dev@x"], ["file"], environment, ask=True) == [
        *("a@1", "b@2", "dev@x", "default@file", "default@env"),
        "default@prompt_ask_vault_pass",
    ]
    assert vault_ids([], [], {}, ask=False) == []


def test_a_file_gives_its_text_without_the_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("  two words \n\n")
    assert keys([f"dev@{tmp_path / 'p'}"], nobody) == [Key("dev", b"two words")]


def test_a_source_without_an_id_is_the_default_one(tmp_path: Path) -> None:
    assert keys([str(password_file(tmp_path, "x"))], nobody) == [Key("default", b"x")]


def test_a_script_prints_the_password(tmp_path: Path) -> None:
    file = script(tmp_path / "p.sh", 'printf "pass $# word\\n"')
    assert keys([f"dev@{file}"], nobody) == [Key("dev", b"pass 0 word")]


def test_a_client_script_is_told_the_id(tmp_path: Path) -> None:
    file = script(tmp_path / "ring-client.sh", 'echo "$1 $2"')
    assert keys([f"dev@{file}"], nobody) == [Key("dev", b"--vault-id dev")]


def test_a_prompt_names_its_id_and_that_of_j_does_not() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "word "

    found = keys(["dev@prompt", "default@prompt_ask_vault_pass"], ask)
    assert found == [Key("dev", b"word"), Key("default", b"word")]
    assert asked == ["Vault password (dev): ", "Vault password: "]


def test_a_password_file_may_be_encrypted_with_one_that_was_given_before(tmp_path: Path) -> None:
    first = password_file(tmp_path, "first")
    second = encrypt(password_file(tmp_path, "second", "second"), first)
    found = keys([f"a@{first}", f"b@{second}"], nobody)
    assert found == [Key("a", b"first"), Key("b", b"second")]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing", "cannot be read: no such file"),
        ("folder", "this is a folder"),
        ("empty", "the password of the vault id 'dev' is empty"),
        ("fails", "the vault password script ended with 3"),
        ("broken", "the vault password script cannot be run"),
    ],
)
def test_what_gives_no_password_is_told_by_name(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_text("\n")
    script(tmp_path / "fails", "exit 3")
    (tmp_path / "broken").write_bytes(b"\x7fELF no")
    (tmp_path / "broken").chmod(0o700)
    with pytest.raises(UsageError) as caught:
        keys([f"dev@{tmp_path / name}"], nobody)
    assert told in str(caught.value)
    assert caught.value.exit_code == 2
