"""Each law catches the module that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from mplay.sdk import Change, Check, Facts, Judgement, Script, State, Verdict, lines, sh
from mplay.testing.hostshell import HostShell
from mplay.testing.laws import Trial, cuts, probing_is_steady
from mplay.testing.scenario import SECRET, Scenario


@dataclass(frozen=True)
class Files:
    """The files of a folder, as a surface."""

    content: dict[str, bytes]

    def differences(self, later: Files) -> list[str]:
        names = {*self.content, *later.content}
        return sorted(n for n in names if self.content.get(n) != later.content.get(n))


class Keeper(State):
    """Puts a word into a file, by all the laws; a subclass breaks one."""

    path: str
    word: str = "new"
    DONE: ClassVar[str] = "new"

    def probe(self) -> Script:
        return sh('fact word "$(cat {path})"; fact half "$(cat {path}.half 2>&1)"', path=self.path)

    def plan(self, seen: Facts) -> Change | None:
        if seen["word"] == self.word:
            return None
        return Change(
            summary="put a word",
            save=self.save(),
            apply=sh("echo >{path}.half\necho {word} >{path}\nrm {path}.half", **self.names()),
            restore=self.restore(),
            expect=self.expected(),
            restored={"word": seen["word"]},
        )

    def names(self) -> dict[str, str]:
        return {"path": self.path, "word": self.word}

    def save(self) -> Script:
        return sh(
            'cp {path} "$MPLAY_SAVE/new"\nmv "$MPLAY_SAVE/new" "$MPLAY_SAVE/old"', path=self.path
        )

    def restore(self) -> Script:
        return sh(
            'rm -f {path}.half\n[ ! -e "$MPLAY_SAVE/old" ] || cp "$MPLAY_SAVE/old" {path}',
            path=self.path,
        )

    def expected(self) -> Facts:
        return {"word": self.word}


class Forgets(Keeper):
    def expected(self) -> Facts:
        return {}


class Promises(Keeper):
    def expected(self) -> Facts:
        return {"word": "other"}


class Repeats(Keeper):
    def plan(self, seen: Facts) -> Change | None:
        return super().plan({**seen, "word": "never"})


class LeavesCrumbs(Keeper):
    def restore(self) -> Script:
        return sh('[ ! -e "$MPLAY_SAVE/old" ] || cp "$MPLAY_SAVE/old" {path}', path=self.path)


class NeedsItsSave(Keeper):
    def restore(self) -> Script:
        return sh('cp "$MPLAY_SAVE/old" {path}', path=self.path)


class RestoresOnce(Keeper):
    def restore(self) -> Script:
        return lines(
            super().restore(), 'rm -f "$MPLAY_SAVE"/*', sh("cat {path}.none", path=self.path)
        )


class Blind(Keeper):
    def expected(self) -> Facts:
        return {"half": "cat: {}: No such file or directory".format(f"{self.path}.half")}


class Fidgets(Keeper):
    def probe(self) -> Script:
        return lines(super().probe(), sh('fact now "$(date +%N)"; echo >>{path}', path=self.path))

    def plan(self, seen: Facts) -> Change | None:
        return None


class Tells(Check):
    path: str

    def probe(self) -> Script:
        return sh('fact word "$(cat {path})"', path=self.path)

    def judge(self, seen: Facts) -> Verdict:
        good = seen["word"] == "old"
        return Verdict(judgement=Judgement.OK if good else Judgement.FAILED)


MakeTrial = Callable[..., Trial]


@pytest.fixture
def trial(tmp_path: Path) -> MakeTrial:
    folder = tmp_path / "host"
    folder.mkdir()
    path = folder / "a"

    def look() -> Files:
        return Files({p.name: p.read_bytes() for p in folder.iterdir()})

    def make(module: type[State] | type[Check], word: str = "old", **more: object) -> Trial:
        scenario = Scenario(
            module=module,
            name="a word",
            args={"path": str(path), **({"word": SECRET} if "secret_in" in more else {})},
            setup=f"echo {word} >{path}",
            cleanup=f"rm -f {path} {path}.half",
            **more,  # type: ignore[arg-type]
        )
        made = Trial(scenario=scenario, host=HostShell(state=str(tmp_path / "state")), look=look)
        made.set_up()
        return made

    return make


def test_a_module_that_keeps_the_laws_passes_them(trial: MakeTrial, tmp_path: Path) -> None:
    trial(Keeper).apply_keeps_its_word()
    trial(Keeper).restore_brings_back()
    trial(Keeper, foreign=f"echo x >{tmp_path}/host/a").a_foreign_change_is_seen()
    trial(Tells, verdict="ok").verdict_is_as_said()
    made = trial(Keeper)
    made.clean_up()
    assert list((tmp_path / "host").iterdir()) == []
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (Forgets, "nothing is expected"),
        (Promises, "not as expected"),
        (Repeats, "it would change again"),
    ],
)
def test_apply_that_does_not_keep_its_word_is_caught(
    trial: MakeTrial, module: type[State], why: str
) -> None:
    with pytest.raises(AssertionError, match=why):
        trial(module).apply_keeps_its_word()


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (LeavesCrumbs, "killed at place 1 of apply: the host is not the same: .*a.half"),
        (NeedsItsSave, "nothing begun: restore failed"),
        (RestoresOnce, "restore failed"),
    ],
)
def test_a_restore_that_does_not_bring_back_what_was_is_caught(
    trial: MakeTrial, module: type[State], why: str
) -> None:
    with pytest.raises(AssertionError, match=why):
        trial(module).restore_brings_back()


def test_paths_that_may_differ_after_an_undo_are_left_out(trial: MakeTrial) -> None:
    trial(LeavesCrumbs, besides=["a.half"]).restore_brings_back()


def test_a_change_by_somebody_else_that_is_not_seen_is_caught(
    trial: MakeTrial, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="still those after apply"):
        trial(Blind, foreign=f"echo x >{tmp_path}/host/a").a_foreign_change_is_seen()
    with pytest.raises(AssertionError, match="those before apply"):
        trial(Keeper, foreign=f"echo old >{tmp_path}/host/a").a_foreign_change_is_seen()


def test_a_secret_in_a_change_is_caught(trial: MakeTrial) -> None:
    with pytest.raises(AssertionError, match="the change holds the secret"):
        trial(Keeper, secret=True, secret_in=[]).the_secret_stays_where_it_belongs()


def test_a_secret_in_a_fact_is_caught(trial: MakeTrial) -> None:
    with pytest.raises(AssertionError, match="a fact holds the secret"):
        trial(Keeper, word=SECRET).the_secret_stays_where_it_belongs()


def test_a_check_that_judges_otherwise_is_caught(trial: MakeTrial) -> None:
    with pytest.raises(AssertionError):
        trial(Tells, word="other", verdict="ok").verdict_is_as_said()


def test_a_probe_that_changes_the_host_or_its_facts_is_caught(trial: MakeTrial) -> None:
    with pytest.raises(AssertionError, match="facts moved by themselves"):
        probing_is_steady([trial(Fidgets)], apart=0)


def test_a_script_is_cut_only_where_a_command_ends() -> None:
    script = "if true; then\n  echo 'a\nb'\nfi\necho c \\\n  d\necho e"
    heads = [cut.removesuffix("\nkill -9 $$\n") for cut in cuts(script)]
    assert heads == [
        "if true; then\n  echo 'a\nb'\nfi",
        "if true; then\n  echo 'a\nb'\nfi\necho c \\\n  d",
    ]


def test_a_long_script_is_cut_at_a_few_places_only() -> None:
    assert 2 <= len(cuts("\n".join(["true"] * 50))) <= 4
