"""Every file below tests/golden/MODULE/ is one test: what the host says, what is planned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mplay.registry import Registry
from mplay.testing import golden, recording
from mplay.testing.scripts import shellcheck, unsafe_shell

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = golden.cases_below(GOLDEN)
REGISTRY = Registry()


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_module_says_what_its_golden_case_says(
    path: Path, *, accepting: bool, recorder: tuple[str, ...]
) -> None:
    case = golden.load(path, REGISTRY)
    if recorder:
        recording.record(case, recorder)
        case = golden.load(path, REGISTRY)
    if accepting:
        golden.accept(case)
        case = golden.load(path, REGISTRY)
    golden.check(case)


def test_shellcheck_is_clean_on_every_script_of_every_case() -> None:
    scripts = {
        f"{path.parent.name}-{path.stem}-{part}": script
        for path in CASES
        for part, script in golden.scripts(golden.load(path, REGISTRY))
    }
    assert shellcheck(scripts) == ""


def _sources() -> Iterator[Path]:
    for name in REGISTRY.names():
        file = REGISTRY.file(name)
        assert file is not None
        yield from {file, *file.parent.glob("_[a-z]*.py")}


@pytest.mark.parametrize("file", sorted(set(_sources())), ids=lambda p: p.stem)
def test_scripts_of_a_module_are_built_by_sh_and_lines_only(file: Path) -> None:
    assert list(unsafe_shell(file.read_text())) == []


def test_every_module_has_golden_cases() -> None:
    assert {path.parent.name for path in CASES} >= set(REGISTRY.names())
