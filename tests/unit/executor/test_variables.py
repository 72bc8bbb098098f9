"""What a task may read beside the variables that people set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mplay.executor.context import RunContext
from mplay.executor.surroundings import Surroundings
from mplay.model.errors import UsageError, Where
from mplay.model.host import Connection, Host, localhost
from mplay.model.plan import Graph, Plan, PlannedBlock, PlannedStep
from mplay.model.playbook import ModuleCall, Step, Text
from mplay.sdk import Module
from mplay.template import Renderer

AT = Where("p.yml", 1, 1)


class Counting(Mapping[str, Any]):
    """A host's variables that note their being read."""

    def __init__(self, values: Mapping[str, Any], reads: list[str]) -> None:
        self._values = values
        self._reads = reads

    def __getitem__(self, name: str) -> Any:
        self._reads.append(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def no_module(call: ModuleCall, variables: Mapping[str, Any]) -> Module:
    raise AssertionError(call, variables)


def context(*hosts: Host, limit: str = "", **blocks: PlannedBlock) -> RunContext:
    names = [host.name for host in hosts]
    return RunContext(
        run="r1",
        plan=Plan(name="book", hosts=tuple(names), steps={}, blocks=blocks, main=Graph()),
        hosts={**{host.name: host for host in hosts}, "localhost": localhost()},
        groups={"all": names, "web": names[:1]},
        extra_vars={"given": "yes"},
        templates=Renderer(),
        bind=no_module,
        surroundings=Surroundings.of(
            Path("/srv/play/../play/book.yml"), {"web1": "/srv/inv/hosts", "10.0.0.7": ""}, limit
        ),
    )


WEB = Host(name="web1", groups=("web",), vars={"port": Text("{{ base + 1 }}", AT), "base": 80})
OTHER = Host(name="10.0.0.7", connection=Connection(address="10.0.0.8"), vars={"base": 1})


def value(run: RunContext, expression: str, host: str = "web1", **step: Any) -> Any:
    call = ModuleCall(name=Text("x", AT), args={}, where=AT)
    written = Step(id="s", where=AT, module=call, vars={"own": 1})
    planned = PlannedStep(
        path="s", step=written, number=0, **{"hosts": ("web1", "10.0.0.7"), **step}
    )
    scope = run.variables(planned, host)
    return run.templates.render(Text("{{ " + expression + " }}", AT), scope)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("inventory_hostname", "web1"),
        ("group_names", ["web"]),
        ("groups.all", ["web1", "10.0.0.7"]),
        ("playbook_dir", "/srv/play"),
        ("inventory_file", "/srv/inv/hosts"),
        ("inventory_dir", "/srv/inv"),
        ("hostvars['10.0.0.7'].inventory_file", None),
        ("hostvars['10.0.0.7'].inventory_hostname_short", "10.0.0.7"),
        ("hostvars['10.0.0.7'].ansible_host", "10.0.0.8"),
        ("hostvars['10.0.0.7'].groups.web", ["web1"]),
        ("hostvars.web1.port", 81),
        ("hostvars.web1.given", "yes"),
        ("hostvars.web1.own is defined", False),
        ("hostvars.localhost.inventory_hostname", "localhost"),
        ("hostvars | list", ["web1", "10.0.0.7"]),
        ("'nobody' in hostvars", False),
        ("ansible_check_mode", False),
        ("ansible_limit is defined", False),
        ("ansible_play_name", "book"),
        ("ansible_play_hosts == ansible_play_hosts_all", True),
        ("ansible_play_batch", ["web1", "10.0.0.7"]),
        ("ansible_host", "web1"),
    ],
)
def test_mplay_says_where_a_task_stands(expression: str, expected: object) -> None:
    assert value(context(WEB, OTHER), expression) == expected


def test_the_batch_is_that_of_the_host() -> None:
    block = PlannedBlock(path="b", batches=(("web1",), ("10.0.0.7",)), steps=("s",))
    run = context(WEB, OTHER, b=block)
    assert value(run, "ansible_play_batch", block="b") == ["web1"]
    assert value(run, "play_hosts", "10.0.0.7", block="b") == ["10.0.0.7"]


def test_a_step_that_runs_once_knows_all_its_hosts() -> None:
    found = value(
        context(WEB, OTHER), "ansible_play_hosts", hosts=("web1",), among=("web1", "10.0.0.7")
    )
    assert found == ["web1", "10.0.0.7"]


def test_a_limit_is_known_where_there_is_one() -> None:
    assert value(context(WEB, limit="web"), "ansible_limit") == "web"


def test_variables_of_a_hundred_hosts_are_not_computed_for_one() -> None:
    reads: list[str] = []
    many = [
        Host(name=f"h{n}", vars=Counting({"x": Text(f"{{{{ {n} }}}}", AT), "y": 1}, reads))
        for n in range(100)
    ]
    assert value(context(WEB, *many), "hostvars.h7.x") == 7
    assert reads == ["x"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ansible_facts", "mplay gathers no facts"),
        ("ansible_distribution", "mplay gathers no facts"),
        ("ansible_run_tags", "--tags"),
        ("ansible_user", "the inventory says nothing of it"),
        ("role_path", "there are no roles"),
        ("vars", "lookup('vars', NAME)"),
    ],
)
def test_a_variable_of_ansibles_that_is_not_there_says_what_to_write(name: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        value(context(WEB), name)
    assert str(refused.value).startswith(f"p.yml:1:4 `{name}` is not defined")
    assert hint in str(refused.value)


def test_surroundings_come_back_from_the_journal() -> None:
    known = Surroundings.of(Path("/a/b.yml"), {"h": "/i"}, "h")
    assert Surroundings.from_json(known.as_json()) == known
