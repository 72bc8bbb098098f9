"""`mplay inventory`: what is listed, and what is not recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mplay.cli.main import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mplay.toml").write_text('[environments.staging]\ngroup = "staging"\n')
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.ini").write_text(
        "[staging]\nweb1 ansible_host=10.0.0.1 ansible_port=2222 app=shop\n"
        "[other]\nbox ansible_connection=local\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["inventory", *arguments]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    return [line.rstrip() for line in found.out.splitlines()]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["inventory", *arguments]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    return found.err


def test_hosts_are_listed_with_address_environment_and_groups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(capsys, "list") == [
        "host  address        environment  groups",
        "web1  10.0.0.1:2222  staging      staging",
        "box   local          -            other",
    ]


def test_a_pattern_chooses_and_variables_are_shown_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = said(capsys, "list", "staging", "--vars")
    assert "  app: shop" in lines
    assert not [line for line in lines if line.startswith("box")]


def test_a_pattern_without_hosts_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "list", "staging:!web1") == ["no hosts"]


def test_the_document_has_hosts_and_groups(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads("\n".join(said(capsys, "list", "--format", "json")))
    assert document["groups"]["staging"] == ["web1"]
    web1 = document["hosts"][0]
    assert (web1["name"], web1["environment"], web1["port"]) == ("web1", "staging", 2222)
    assert web1["vars"]["app"] == "shop"


def test_an_unknown_name_is_refused_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = refused(capsys, "list", "stagin")
    assert "PATTERN no host or group is called 'stagin'" in told
    assert "Did you mean 'staging'?" in told


def test_another_inventory_can_be_named(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "more.yml").write_text("g: {hosts: {a: }}\n")
    assert said(capsys, "list", "-i", "more.yml")[1:] == ["a     a        -            g"]


def test_a_host_that_is_not_reached_by_ssh_has_no_key_to_trust(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "box is not reached by ssh" in refused(capsys, "trust", "box")


def test_the_key_of_an_unknown_host_is_not_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no host is called 'wbe1'" in refused(capsys, "trust", "wbe1")
