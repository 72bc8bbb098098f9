"""What people have under Ansible Vault is opened as Ansible opens it, and errors touch nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.project import Project
from tests.unit.source.vaults import encrypt, inline, password_file

PLAYBOOK = """
name: vaults
hosts: web
vars_files: [more.yml]
vars:
  mixed: "{{ whole }}+{{ here }}+{{ more }}"
  VAULTED
steps:
  - id: shown
    when: "mixed == 'from-group-vars+here it is+from-vars-files' and port == 543216"
    command: {run: "true", unless: "true", undo: "true"}
  - id: given
    when: "extra | default('') == 'from-extra-vars'"
    command: {run: "true", unless: "true", undo: "true"}
"""


@pytest.fixture
def here(tmp_path: Path) -> Project:
    """A project with a host on this machine and something encrypted in every place."""
    folder = tmp_path / "project"
    (folder / "inventory" / "group_vars").mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "mplay.toml").write_text('project = "vaults"\n')
    (folder / "inventory" / "hosts").write_text("[web]\nw1 ansible_connection=local\n")
    one, two = password_file(folder, "first", "one"), password_file(folder, "second", "two")
    whole = folder / "inventory" / "group_vars" / "web.yml"
    whole.write_text("whole: from-group-vars\nport: 543216\n")
    encrypt(whole, one, "dev")
    more = folder / "more.yml"
    more.write_text("more: from-vars-files\n")
    encrypt(more, two)
    extra = folder / "extra.yml"
    extra.write_text("extra: from-extra-vars\n")
    encrypt(extra, two)
    project = Project(folder=folder, inventory=folder / "inventory")
    vaulted = inline("here it is", "here", one, "dev").replace("\n", "\n  ")
    project.write("book.yml", PLAYBOOK.replace("VAULTED", vaulted))
    return project


KEYS = ("--vault-id", "dev@one", "--vault-password-file", "two")


def statuses(here: Project, *words: str) -> dict[str, str]:
    return here.mplay("apply", "book.yml", "-C", "--format", "json", *words).statuses


def test_files_and_values_of_several_ids_are_opened_wherever_they_stand(here: Project) -> None:
    assert statuses(here, *KEYS) == {"shown@w1": "ok", "given@w1": "skipped"}
    assert statuses(here, *KEYS, "-e", "@extra.yml")["given@w1"] == "ok"
    here.mplay("lint", "book.yml", *KEYS)
    here.mplay("plan", "book.yml", *KEYS)


def test_the_environment_names_password_files_as_for_ansible(here: Project) -> None:
    names = {"ANSIBLE_VAULT_PASSWORD_FILE": "two", "ANSIBLE_VAULT_IDENTITY_LIST": "dev@one"}
    same = Project(folder=here.folder, inventory=here.inventory, environment=names)
    assert statuses(same)["shown@w1"] == "ok"


def test_a_script_may_give_the_password(here: Project) -> None:
    script = here.folder / "ring-client"
    script.write_text('#!/bin/sh\n[ "$1 $2" = "--vault-id dev" ] && cat one\n')
    script.chmod(0o755)
    assert statuses(here, "--vault-id", "dev@ring-client", *KEYS[2:])["shown@w1"] == "ok"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "more.yml this is encrypted with Ansible Vault, and no password was given"),
        (KEYS[2:], "web.yml this is encrypted with Ansible Vault under the id 'dev', and no"),
        (("--vault-id", "dev@two", *KEYS[2:]), "(dev, default) opens it: it is the wrong one, or"),
        (("--vault-id", "dev@none"), "none the vault password file cannot be read: no such file"),
        (("-J",), "there is no terminal to ask for the password of the vault on"),
        ((*KEYS, "--vault-id", "x@empty"), "empty the password of the vault id 'x' is empty"),
    ],
)
def test_what_cannot_be_opened_ends_with_2_and_nothing_is_begun(
    here: Project, words: tuple[str, ...], told: str
) -> None:
    (here.folder / "empty").write_text("\n")
    done = here.mplay("apply", "book.yml", *words, code=2)
    assert told in done.err
    assert done.out == ""
    assert not (here.folder / "xdg").exists()


@pytest.mark.parametrize("name", ["more.yml", "inventory/group_vars/web.yml"])
def test_a_file_that_was_changed_or_cut_is_told_by_its_name(here: Project, name: str) -> None:
    file = here.folder / name
    whole = file.read_text()
    file.write_text(whole[: len(whole) // 2])
    done = here.mplay("apply", "book.yml", *KEYS, code=2)
    assert f"{name} this is encrypted with Ansible Vault, and damaged: it is cut short" in done.err
    file.write_text(whole.replace("39", "38").replace("36", "35"))
    done = here.mplay("apply", "book.yml", *KEYS, code=2)
    assert f"{name} this is encrypted" in done.err


def test_a_password_that_is_needed_by_nothing_that_is_used_is_not_asked_for(here: Project) -> None:
    here.write(
        "calm.yml",
        "name: calm\nhosts: localhost\nvars:\n  "
        + inline("never read", "quiet", here.folder / "one", "dev").replace("\n", "\n  ")
        + "\nsteps:\n  - {id: a, command: {run: 'true', unless: 'true', undo: 'true'}}\n",
    )
    (here.folder / "inventory" / "group_vars" / "web.yml").unlink()
    done = here.mplay("apply", "calm.yml", "-C", "--format", "json")
    assert done.statuses == {"a@localhost": "ok"}


def test_what_was_opened_is_shown_nowhere(here: Project) -> None:
    here.write(
        "show.yml",
        "name: show\nhosts: web\nsteps:\n"
        '  - {id: a, copy: {content: "x={{ whole }}\\n", dest: /nowhere/file, mode: "0644"}}\n',
    )
    done = here.mplay("apply", "show.yml", "-C", "-D", "-v", *KEYS, code=None)
    assert "from-group-vars" not in done.out + done.err
    bad = "name: bad\nhosts: '{{ whole }}'\nsteps:\n  - {id: a, assert: {that: whole == 1}}\n"
    here.write("bad.yml", bad)
    done = here.mplay("apply", "bad.yml", *KEYS, code=None)
    assert "from-group-vars" not in done.out + done.err
