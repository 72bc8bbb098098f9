"""`mplay lab` as a user meets it, where it needs no host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mplay.lab.command import run
from mplay.lab.lab import need_root
from mplay.lab.place import Place, place_from
from mplay.lab.repository import VERSIONS, build_pool, publish
from mplay.model.errors import UsageError
from tests.lab.own import mplay_lab, own_lab


@pytest.fixture
def nowhere() -> Place:
    return place_from({"MPLAY_LAB_NAME": "never-up"})


def test_the_command_line_imports_click_only() -> None:
    script = (
        "import sys, mplay.cli.lab; print([m for m in ('yaml', 'mplay.lab') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_lab_that_was_never_up_has_no_hosts(nowhere: Place) -> None:
    done = mplay_lab(nowhere, "status", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert not nowhere.state.exists()


def test_down_of_a_lab_that_was_never_up_is_well(nowhere: Place) -> None:
    done = mplay_lab(nowhere, "down")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not nowhere.state.exists()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["up", "stagin"], "The lab has no hosts called 'stagin'."),
        (["ssh", "stg-web1", "true"], "The lab has no host 'stg-web1' up."),
        (["fault", "stg-web1", "link-down"], "The lab has no host 'stg-web1' up."),
        (["publish", "9.9"], "There is no version '9.9' of shop."),
        (["fault", "stg-web1", "earthquake"], "'earthquake' is not one of"),
        (["fault", "stg-web1", "link-down", "--for", "-1"], "Invalid value for '--for'"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_is_wrong(
    nowhere: Place, arguments: list[str], what: str
) -> None:
    done = mplay_lab(nowhere, *arguments)
    assert done.returncode == 2
    assert what in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_user_who_is_not_root_is_told_to_use_sudo() -> None:
    with pytest.raises(UsageError, match="sudo"):
        need_root(lambda: 1000, "linux")
    with pytest.raises(UsageError, match="not Linux"):
        need_root(lambda: 0, "darwin")


@pytest.mark.lab
def test_reset_of_an_unknown_host_is_refused() -> None:
    with own_lab() as lab:
        done = mplay_lab(lab.place, "reset", "nobody")
        assert done.returncode == 2
        assert "none: run `mplay lab up staging`" in done.stderr


@pytest.mark.lab
def test_the_doctor_finds_this_machine_fit() -> None:
    with own_lab() as lab:
        done = mplay_lab(lab.place, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "FAIL" not in done.stdout


@pytest.mark.lab
def test_the_doctor_names_the_command_that_mends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mplay.cli.lab", "doctor"],
        env={"PATH": str(tmp_path), "MPLAY_LAB_NAME": "never-up"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "apt-get update && apt-get install -y" in done.stdout
    assert "mmdebstrap" in done.stdout


def test_a_missing_program_is_named_with_the_way_to_find_its_package() -> None:
    with pytest.raises(UsageError, match=r"no-such-program.*\n.*mplay lab doctor"):
        run(["no-such-program"])


@pytest.mark.lab
def test_two_ups_at_once_both_end_with_the_hosts_in_service() -> None:
    with own_lab() as lab:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MPLAY_LAB_NAME": lab.place.name}
        argv = [sys.executable, "-m", "mplay.cli.lab", "up", "staging"]
        both = [
            subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        for process in both:
            out, err = process.communicate()
            assert process.returncode == 0, err
            assert out.count(b"running") == 2


def test_every_publication_looks_newer_than_the_one_before(tmp_path: Path) -> None:
    pool, repository = tmp_path / "pool", tmp_path / "repository"
    pool.mkdir()
    repository.mkdir()
    build_pool(pool)
    assert sorted(path.name for path in pool.glob("*.deb")) == [
        f"shop_{version}_all.deb" for version in VERSIONS
    ]
    dates = []
    for versions in (["1.0", "1.1"], ["1.0", "1.4"], ["1.0"]):
        publish(repository, pool, versions)
        current = repository / "current"
        seen = "".join((current / name / "Packages").read_text() for name in ("main", "security"))
        assert [line for line in seen.splitlines() if line.startswith("Version")] == [
            f"Version: {version}" for version in versions
        ]
        dates.append((current / "main" / "Release").stat().st_mtime)
    assert dates == sorted(set(dates))
