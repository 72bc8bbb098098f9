from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mplay.lab.mirror import debian_lines
from mplay.lab.place import place_from
from mplay.lab.platform import PLATFORM, hosts_of
from mplay.lab.written_inventory import (
    group_variables,
    inventory_file,
    platform_inventory,
    write_inventories,
)
from mplay.model.errors import UsageError

INVENTORY = Path(__file__).parents[2] / "inventory"


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_the_shipped_inventory_names_the_hosts_of_the_lab() -> None:
    assert loaded(INVENTORY / "hosts.yml") == platform_inventory(place_from({}))


def test_the_shipped_group_variables_are_the_ones_of_the_lab() -> None:
    shipped = {path.stem: loaded(path) for path in (INVENTORY / "group_vars").glob("*.yml")}
    for group, variables in group_variables(place_from({})).items():
        assert variables.items() <= shipped[group].items()


def test_a_target_means_an_environment_all_of_them_or_bare_hosts() -> None:
    assert [spec.name for spec in hosts_of("staging")] == ["stg-lb1", "stg-web1"]
    assert [spec.name for spec in hosts_of("production")] == ["prd-lb1", "prd-web1", "prd-web2"]
    assert hosts_of("all") == PLATFORM
    assert [spec.name for spec in hosts_of("bare:2")] == ["bare-001", "bare-002"]


@pytest.mark.parametrize(
    "target",
    ["", "stage", "bare", "bare:", "bare:0", "bare:-1", "bare:251", "bare:\u0661", "web:2"],
)
def test_an_unknown_target_is_refused_with_what_there_is(target: str) -> None:
    with pytest.raises(UsageError, match="bare:N with N from 1 to 250"):
        hosts_of(target)


def test_every_host_has_an_address_and_a_link_of_its_own() -> None:
    place = place_from({"MPLAY_LAB_NAME": "a-rather-long-name"})
    specs = [*PLATFORM, *hosts_of("bare:250")]
    links = {place.veth(spec.low) for spec in specs}
    assert len(links) == len({place.address(spec.low) for spec in specs}) == len(specs)
    assert max(map(len, links)) <= 15


def test_two_labs_share_nothing_but_the_cache() -> None:
    one, other = place_from({}), place_from({"MPLAY_LAB_NAME": "other"})
    assert one.cache == other.cache
    for name in ("state", "bridge", "network", "cgroup_name", "known_hosts", "lock"):
        assert getattr(one, name) != getattr(other, name)


@pytest.mark.parametrize("name", ["Upper", "a/b", "..", "1st", "x" * 21, "a b"])
def test_a_name_that_is_no_name_for_a_lab_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no name for a lab"):
        place_from({"MPLAY_LAB_NAME": name})


def test_only_sources_of_debian_itself_are_used() -> None:
    listing = [
        "Debian|stable|stable|main|http://mirror.invalid/debian/",
        "Debian|stable|stable|contrib|http://mirror.invalid/debian/",
        "Debian|stable-security|stable-security|main|http://mirror.invalid/security/",
        "Debian|stable-backports|stable-backports|main|http://mirror.invalid/debian/",
        "Some shop|stable|stable|main|http://shop.invalid/apt/",
        "$(ORIGIN)|$(CODENAME)|never-updated|main|http://unknown.invalid/",
    ]
    assert debian_lines(listing, "stable") == (
        "deb http://mirror.invalid/debian/ stable main",
        "deb http://mirror.invalid/security/ stable-security main",
    )


def test_an_inventory_without_hosts_is_removed(tmp_path: Path) -> None:
    place = replace(place_from({}), state=tmp_path)
    write_inventories(place, hosts_of("bare:2"))
    written = loaded(inventory_file(place, bare=True))
    assert list(written["bare"]["hosts"]) == ["bare-001", "bare-002"]
    assert written["bare"]["vars"]["ansible_ssh_private_key_file"] == f"{tmp_path}/keys/ops"
    write_inventories(place, [])
    assert not inventory_file(place, bare=True).exists()
