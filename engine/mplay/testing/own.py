"""The modules and playbooks of one's own project, for its tests.

::

    OWN = OwnProject(Path(__file__).parents[1])

    @pytest.mark.parametrize("law", OWN.laws(), ids=str)
    def test_a_module_keeps_the_laws(law: Law, throwaway: HostShell) -> None:
        law.holds_on(throwaway)

``mplay init`` writes such tests. They look for ``modules/NAME.py``, for golden cases below
``tests/golden/NAME/``, for scenarios in ``tests/laws/NAME.yaml`` and for ``playbooks/*.yml``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from mplay.registry import BadArguments, Registry, call, reference
from mplay.registry.reference import Reference
from mplay.registry.sources import project_source
from mplay.sdk import Action, Check, Module, State, WayBack
from mplay.spec import DiskFiles, Finder, load_playbook
from mplay.testing import golden, laws, scenario
from mplay.testing.hostshell import HostShell
from mplay.testing.laws import Trial
from mplay.testing.scenario import Scenario
from mplay.testing.scripts import shellcheck, unsafe_shell
from mplay.testing.surface import look


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One law that one scenario has to keep."""

    scenario: Scenario
    name: str
    tried: Callable[[Trial], None]

    def __str__(self) -> str:
        return f"{self.scenario}-{self.name.replace(' ', '_')}"

    def holds_on(self, host: HostShell) -> None:
        """Set the scenario up on a throwaway host, try it, take all of it away."""
        trial = Trial(scenario=self.scenario, host=host, look=partial(look, host))
        try:
            trial.set_up()
            self.tried(trial)
        finally:
            trial.clean_up()


class OwnProject:
    """A project, by the folder that holds its mplay.toml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = Registry(folder / "modules")

    @property
    def modules(self) -> list[str]:
        """The names of the project's own modules."""
        return sorted(project_source(self.folder / "modules").files())

    @property
    def playbooks(self) -> list[Path]:
        """Its playbooks."""
        return sorted((self.folder / "playbooks").glob("*.yml"))

    @property
    def cases(self) -> list[Path]:
        """The golden cases of its modules."""
        return golden.cases_below(self.folder / "tests" / "golden")

    def laws(self) -> list[Law]:
        """Every law of every scenario of its modules, but for those that `faults` tells of."""
        return [law for one in self._scenarios() if not _wrong(one) for law in laws_of(one)]

    def _scenarios(self) -> list[Scenario]:
        return scenario.load_all(self.folder / "tests" / "laws", self.registry)

    def load(self, playbook: Path) -> None:
        """Load a playbook; InvalidInput says all that is wrong with it."""
        finder = Finder(files=DiskFiles(), root=self.folder)
        load_playbook(str(playbook), self.registry, finder)

    def case(self, path: Path) -> golden.GoldenCase:
        """A golden case of a module."""
        return golden.load(path, self.registry)

    def faults(self, name: str) -> list[str]:
        """What a module lacks beside its code, and where its scripts break the rules."""
        return list(self._faults(name, reference(name, self._found(name))))

    def _found(self, name: str) -> type[Module]:
        found = self.registry.find(name)
        assert found is not None, name
        return found

    def _faults(self, name: str, told: Reference) -> Iterator[str]:
        if not told.summary:
            yield "its class has no docstring; the first line is what `mplay modules` shows"
        yield from (f"no text below `{a.name}`" for a in told.arguments if not a.text)
        if not any(True for _ in self._examples(name, told)):
            yield f"no example in its docstring calls `{name}`"
        if not any(path.parent.name == name for path in self.cases):
            yield f"no golden case below tests/golden/{name}/"
        changes = issubclass(self._found(name), State | Action)
        if changes and not (self.folder / "tests" / "laws" / f"{name}.yaml").is_file():
            yield f"no scenario for the laws in tests/laws/{name}.yaml"
        mine = [one for one in self._scenarios() if one.module is self._found(name)]
        yield from (f"the scenario {one.name!r}: {why}" for one in mine if (why := _wrong(one)))
        file = self.registry.file(name)
        assert file is not None
        yield from unsafe_shell(file.read_text(encoding="utf-8"))
        yield from self._scripts(name)

    def _scripts(self, name: str) -> Iterator[str]:
        scripts = {
            f"{path.stem}-{part}": script
            for path in self.cases
            if path.parent.name == name
            for part, script in golden.scripts(self.case(path))
        }
        yield from shellcheck(scripts).splitlines()

    def _examples(self, name: str, told: Reference) -> Iterator[Module]:
        """The calls of the docstring's examples. BadArguments for one that is wrong."""
        module = self._found(name)
        for example in (one.text for one in told.paragraphs if one.example):
            for step in yaml.safe_load(example):
                if name in step:
                    given = step[name] or {}
                    named = given if isinstance(given, Mapping) else {module.FREE_FORM: given}
                    yield call(module, golden.filled(module, named, defaultdict(str)))


def _wrong(one: Scenario) -> str:
    """What is wrong with the arguments of a scenario; '' for nothing."""
    try:
        one.call()
    except BadArguments as error:
        return str(error)
    return ""


def laws_of(one: Scenario) -> Iterator[Law]:
    """The laws that concern a scenario: those of its kind of module, and of what it says."""
    module = one.call()
    yield Law(scenario=one, name="probing is steady", tried=lambda t: laws.probing_is_steady([t]))
    if isinstance(module, Check):
        yield Law(scenario=one, name="verdict is as said", tried=Trial.verdict_is_as_said)
        return
    yield Law(scenario=one, name="apply keeps its word", tried=Trial.apply_keeps_its_word)
    if module.way_back() is WayBack.RESTORE:
        yield Law(scenario=one, name="restore brings back", tried=Trial.restore_brings_back)
        if one.foreign:
            seen = Trial.a_foreign_change_is_seen
            yield Law(scenario=one, name="a foreign change is seen", tried=seen)
    if one.secret:
        kept = Trial.the_secret_stays_where_it_belongs
        yield Law(scenario=one, name="the secret stays", tried=kept)
