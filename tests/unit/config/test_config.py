"""What mplay.toml says, where it is found, and what is refused in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mplay.config import Config, load_config
from mplay.model.errors import UsageError
from mplay.model.host import Host, localhost

WHOLE = """\
project = "platform"
inventory = ["hosts.yml", "more"]

[journal]
url = "sqlite:///state/journal.db"

[environments.staging]
group = "staging"

[environments.production]
group = "production"
shared = ["lb"]

[keep]
restore_points = "2d"
"""


def written(folder: Path, text: str) -> Path:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    file = folder / "mplay.toml"
    file.write_text(text)
    return file


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_config(folder, written(folder, text))
    assert caught.value.exit_code == 2
    return str(caught.value).replace(f"{folder}/", "")


def config(folder: Path) -> Config:
    return load_config(folder, written(folder, WHOLE))


def host(name: str, *groups: str) -> Host:
    return Host(name=name, groups=groups)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    read = config(tmp_path)
    assert read.root == tmp_path
    assert read.inventory == (tmp_path / "hosts.yml", tmp_path / "more")
    assert read.journal_url == f"sqlite:///{tmp_path}/state/journal.db"
    assert read.keep.restore_points == 2 * 86400
    assert read.keep.journal == 400 * 86400


def test_the_file_is_searched_from_the_folder_upward(tmp_path: Path) -> None:
    written(tmp_path, WHOLE)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert load_config(below).file == tmp_path / "mplay.toml"


def test_a_relative_file_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, WHOLE)
    monkeypatch.chdir(tmp_path)
    assert load_config(Path(), Path("mplay.toml")).root == tmp_path


def test_without_a_file_the_project_is_default_and_has_no_environments(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    read = load_config(tmp_path)
    assert (read.project, read.environments, read.journal_url) == ("default", {}, "")
    assert read.inventory == (tmp_path / "inventory",)


def test_the_default_inventory_is_none_where_there_is_no_such_folder(tmp_path: Path) -> None:
    assert load_config(tmp_path).inventory == ()


def test_a_world_writable_folder_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "open", WHOLE)
    file.parent.chmod(0o777)
    with pytest.raises(UsageError, match="world-writable") as caught:
        load_config(tmp_path, file)
    assert "chmod o-w" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_config(tmp_path, tmp_path / "none.toml")


def test_the_digest_is_that_of_the_files_bytes(tmp_path: Path) -> None:
    one = config(tmp_path).digest
    assert len(one) == 64
    assert load_config(tmp_path, written(tmp_path, WHOLE + "\n")).digest != one


def test_an_unknown_key_is_located_with_the_nearest_one(tmp_path: Path) -> None:
    text = '[environments.staging]\ngroup = "s"\nshaerd = []\n'
    assert refusal(tmp_path, text) == (
        "mplay.toml:3:1 there is no key 'shaerd' here\n    Did you mean 'shared'?"
    )


def test_all_wrong_keys_are_told_at_once(tmp_path: Path) -> None:
    text = 'projekt = "x"\ninventory = 3\n[keep]\njournal = "soon"\n[environments.e]\ndefault = 1\n'
    told = refusal(tmp_path, text)
    assert "mplay.toml:1:1 there is no key 'projekt' here\n    Did you mean 'project'?" in told
    assert "mplay.toml:2:1 'inventory' is a list of texts" in told
    assert "mplay.toml:4:1 'journal' is a time such as '14d' or '36h'" in told
    assert "mplay.toml:6:1 'default' is true or false" in told
    assert "pydantic" not in told


@pytest.mark.parametrize(
    "line", ['gates = ["window"]', 'notice = "48h"', "window = { a = 1 }", "approvals = 2"]
)
def test_keys_of_gates_are_refused_by_name(tmp_path: Path, line: str) -> None:
    told = refusal(tmp_path, f'[environments.p]\ngroup = "p"\n{line}\n')
    key = line.split(" ", 1)[0]
    assert told.startswith(f"mplay.toml:3:1 '{key}' is not in this version")


def test_a_table_of_gates_is_refused_by_name(tmp_path: Path) -> None:
    told = refusal(tmp_path, '[environments.p]\ngroup = "p"\n[environments.p.proof]\nfrom = "s"\n')
    assert told.startswith("mplay.toml:3:1 'proof' is not in this version")


def test_what_is_not_toml_is_located(tmp_path: Path) -> None:
    assert refusal(tmp_path, 'project = "x"\n[oops\n').startswith("mplay.toml:2:6 this is not TOML")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "x" * 65])
def test_a_project_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    assert "'project' is made of letters" in refusal(tmp_path, f'project = "{name}"\n')


def test_an_environment_without_a_group_is_refused(tmp_path: Path) -> None:
    assert "the environment e has no 'group'" in refusal(tmp_path, "[environments.e]\nshared=[]\n")


def test_two_environments_cannot_both_take_the_rest(tmp_path: Path) -> None:
    text = "[environments.a]\ndefault = true\n[environments.b]\ndefault = true\n"
    assert refusal(tmp_path, text) == "mplay.toml:3:1 a takes all other hosts already"


def test_a_run_belongs_to_the_environment_of_its_hosts(tmp_path: Path) -> None:
    found = config(tmp_path).environment_of([host("s1", "staging", "web"), localhost()])
    assert found is not None
    assert found.name == "staging"


def test_a_run_on_localhost_belongs_to_none(tmp_path: Path) -> None:
    assert config(tmp_path).environment_of([localhost()]) is None


def test_a_run_that_spans_two_environments_is_refused(tmp_path: Path) -> None:
    hosts = [host("s1", "staging"), *(host(f"p{n}", "production") for n in range(5))]
    with pytest.raises(UsageError) as caught:
        config(tmp_path).environment_of(hosts)
    assert "staging (s1) and production (p0, p1, p2 and 2 more)" in str(caught.value)
    assert "--limit staging" in str(caught.value)


def test_a_host_in_no_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="db9 is in no environment"):
        config(tmp_path).environment_of([host("db9", "db")])


def test_a_host_in_two_environments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="x is in two environments: staging and production"):
        config(tmp_path).environment_of([host("x", "staging", "production")])


def test_the_default_environment_takes_the_rest(tmp_path: Path) -> None:
    text = WHOLE + "[environments.other]\ndefault = true\n"
    read = load_config(tmp_path, written(tmp_path, text))
    assert read.environment_of_host(host("db9", "db")).name == "other"
    assert read.environment_of_host(host("s1", "staging")).name == "staging"


def test_a_delegate_belongs_to_the_environment_or_is_shared(tmp_path: Path) -> None:
    read = config(tmp_path)
    production = read.environments["production"]
    read.check_delegate(production, host("p1", "production"))
    read.check_delegate(production, host("any-lb", "lb"))
    read.check_delegate(production, localhost())
    with pytest.raises(UsageError, match="s1 cannot do work for a run of production"):
        read.check_delegate(production, host("s1", "staging"))
