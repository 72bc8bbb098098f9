"""Every scenario of every module is tried on a real host, with nothing there but ``sh``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mplay.lab.ssh import ssh_command
from mplay.registry import Registry
from mplay.sdk import Action, Check, State, WayBack
from mplay.testing import laws
from mplay.testing.hostshell import HostShell
from mplay.testing.laws import Trial
from mplay.testing.scenario import Scenario, load_all
from tests.lab.fixtures import LabHost, LabHosts

pytestmark = pytest.mark.lab

REGISTRY = Registry()
SCENARIOS = load_all(Path(__file__).with_name("scenarios"), REGISTRY)
CHANGING = [s for s in SCENARIOS if isinstance(s.call(), State | Action)]
RESTORING = [s for s in CHANGING if s.call().way_back() is WayBack.RESTORE]
CHECKING = [s for s in SCENARIOS if isinstance(s.call(), Check)]

STATE = "/var/lib/mplay/laws"
"""Below a folder that does not count when two states of a host are compared."""


def each(scenarios: list[Scenario]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", scenarios, ids=str)


@pytest.fixture(scope="session")
def law_host(staging: LabHosts, bare: Callable[[int], LabHosts]) -> Callable[[str], LabHost]:
    """A host of each kind that scenarios name."""
    bares = bare(1)
    [first] = bares.names
    return lambda kind: {
        "bare": bares[first],
        "web": staging["stg-web1"],
        "lb": staging["stg-lb1"],
    }[kind]


@pytest.fixture(scope="session")
def trial_of(
    law_host: Callable[[str], LabHost], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Scenario], Trial]:
    """A trial of a scenario on its host, over one connection a host."""
    sockets = tmp_path_factory.mktemp("ssh")

    def trial(scenario: Scenario) -> Trial:
        host = law_host(scenario.host)
        if scenario.call().on_controller():
            here = HostShell(state=str(sockets / "state"))
            return Trial(scenario=scenario, host=here, look=host.state)
        argv = ssh_command(host.lab.place, host.lab.record(host.name), login="root")
        shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={sockets}/%h"]
        prefix = [argv[0], *shared, "-o", "ControlPersist=30", *argv[1:]]
        return Trial(scenario=scenario, host=HostShell(prefix=prefix, state=STATE), look=host.state)

    return trial


@pytest.fixture
def trial(scenario: Scenario, trial_of: Callable[[Scenario], Trial]) -> Iterator[Trial]:
    """The trial of this test's scenario, set up, and taken away afterwards."""
    made = trial_of(scenario)
    try:
        made.set_up()
        yield made
    finally:
        made.clean_up()


@pytest.mark.parametrize("kind", ["bare", "web", "lb"])
def test_probing_twice_changes_nothing_and_moves_no_fact(
    kind: str, trial_of: Callable[[Scenario], Trial]
) -> None:
    trials = [trial_of(s) for s in SCENARIOS if s.host == kind and not s.alone]
    try:
        for made in trials:
            made.set_up()
        laws.probing_is_steady(trials)
    finally:
        for made in trials:
            made.clean_up()


@each([s for s in SCENARIOS if s.alone])
def test_probing_twice_alone_changes_nothing_and_moves_no_fact(
    scenario: Scenario, trial: Trial
) -> None:
    laws.probing_is_steady([trial])


@each(CHECKING)
def test_a_check_judges_as_the_scenario_says(scenario: Scenario, trial: Trial) -> None:
    trial.verdict_is_as_said()


@each(CHANGING)
def test_after_apply_expect_holds_and_nothing_is_left_to_do(
    scenario: Scenario, trial: Trial
) -> None:
    trial.apply_keeps_its_word()


@each(RESTORING)
def test_restore_brings_back_what_was_from_wherever_apply_came_to(
    scenario: Scenario, trial: Trial
) -> None:
    trial.restore_brings_back()


@each([s for s in RESTORING if s.foreign])
def test_a_later_change_by_somebody_else_is_seen(scenario: Scenario, trial: Trial) -> None:
    trial.a_foreign_change_is_seen()


@each([s for s in CHANGING if s.secret])
def test_a_secret_is_found_nowhere_but_where_it_belongs(scenario: Scenario, trial: Trial) -> None:
    trial.the_secret_stays_where_it_belongs()


def test_every_module_that_changes_hosts_has_a_scenario() -> None:
    changing = {name for name in REGISTRY.names() if issubclass(_module(name), State | Action)}
    assert {s.module for s in CHANGING} == {_module(name) for name in changing}


def _module(name: str) -> type:
    found = REGISTRY.find(name)
    assert found is not None
    return found
