"""The rules for scripts are held: quoting by `sh` alone, and shellcheck's silence."""

from __future__ import annotations

import pytest

from mplay.testing.scripts import shellcheck, unsafe_shell

MODULE = """
def probe(self) -> Script:
    return {}
"""


@pytest.mark.parametrize(
    "shell",
    [
        'f"cat {self.path}"',
        'sh(f"cat {self.path}")',
        '"cat " + self.path',
        'sh("cat " + self.path)',
        '"cat %s" % self.path',
        'sh("cat {}".format(self.path))',
        'sh(" ".join(["cat", self.path]))',
        'lines("true", f"cat {self.path}")',
        'sh("true") if self.path else f"cat {self.path}"',
        'Change(summary=f"{self.path}", apply=f"cat {self.path}", restore=None)',
    ],
)
def test_shell_put_together_otherwise_is_found(shell: str) -> None:
    found = list(unsafe_shell(MODULE.format(shell)))
    assert found
    assert found[0].startswith("line 3: ")


@pytest.mark.parametrize(
    "shell",
    [
        'sh("cat {path}", path=f"{self.path}.new")',
        'lines(sh("cat {path}", path=self.path), "true")',
        'Change(summary=f"{self.path}", apply=sh("true"), restore=None)',
        "TEMPLATE",
    ],
)
def test_values_in_holes_and_texts_for_people_are_free(shell: str) -> None:
    assert list(unsafe_shell(MODULE.format(shell))) == []


def test_shellcheck_names_the_script_and_what_is_wrong() -> None:
    said = shellcheck({"mine/apply": "rm -rf $x\n", "yours/apply": "true\n"})
    assert "mine-apply" in said
    assert "yours" not in said


def test_a_probe_may_call_fact_and_holes_may_hold_dollars() -> None:
    assert shellcheck({"a-probe": "fact key '$value'\n"}) == ""
    assert shellcheck({}) == ""
