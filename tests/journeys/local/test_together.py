"""Small changes that wait for nothing are handed to a host together; nothing else is different."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.model.events import Intent, OutcomeSeen, Undone
from tests.journeys.local.stage import Stage, Told

NAMES = ("a", "b", "c", "d", "e")


def copies(names: Sequence[str] = NAMES, broken: str = "", more: str = "") -> str:
    """A playbook of steps that do not wait for each other."""
    text = f"name: Together\nhosts: w1,w2\n{more}steps:\n"
    for name in names:
        refused = ", validate: \"sh -c 'test ! -e FILES/refuse' %s\"" if name == broken else ""
        text += (
            f"  - id: {name}\n    needs: []\n"
            f'    copy: {{content: "{name}\\n", dest: "FILES/SELF-{name}"{refused}}}\n'
        )
    return text


def order(told: Told, host: str) -> list[str]:
    """The records of a host's tasks, in order: ``+a`` begun, ``=a`` ended."""
    marks = []
    for record in told.watcher.records:
        event = record.event
        if isinstance(event, Intent | OutcomeSeen) and event.task.endswith(f"@{host}"):
            marks.append(("+" if isinstance(event, Intent) else "=") + event.task[0])
    return marks


def test_all_are_journalled_before_the_first_is_sent_and_end_in_their_order(stage: Stage) -> None:
    told = stage.apply(copies())
    assert told.said == ("succeeded", 0)
    for host in ("w1", "w2"):
        assert order(told, host) == [*(f"+{n}" for n in NAMES), *(f"={n}" for n in NAMES)]
        assert [stage.read(f"{host}-{n}") for n in NAMES] == [f"{n}\n" for n in NAMES]
    assert stage.rollback().said == ("rolled-back", 0)
    assert not list(stage.files.glob("w*"))


def test_what_comes_after_a_failed_one_was_never_begun_and_resume_does_it(stage: Stage) -> None:
    stage.file("refuse")
    told = stage.apply(copies(broken="c", more="on_failure: halt\n"))
    assert told.said == ("halted", 4)
    assert [told.status(f"{n}@w1") for n in "abc"] == ["changed", "changed", "failed"]
    assert {e.task for e in told.events(Undone) if e.result == "never"} == {
        f"{n}@{host}" for n in "de" for host in ("w1", "w2")
    }
    assert not list(stage.files.glob("w*-[cde]"))
    (stage.files / "refuse").unlink()
    again = stage.resume()
    assert again.said == ("succeeded", 0)
    assert {e.task: e.attempt for e in again.events(Intent)} == {
        f"{n}@{host}": 2 for n in "cde" for host in ("w1", "w2")
    }
    assert sorted(f.name for f in stage.files.glob("w1*")) == [f"w1-{n}" for n in NAMES]


def test_with_continue_the_rest_is_tried_again_in_the_same_run(stage: Stage) -> None:
    stage.file("refuse")
    told = stage.apply(copies(broken="b", more="on_failure: continue\n"))
    assert told.said == ("incomplete", 4)
    assert [told.status(f"{n}@w2") for n in NAMES] == [
        "changed",
        "failed",
        "changed",
        "changed",
        "changed",
    ]
    assert {e.attempt for e in told.events(Intent) if e.task.startswith("c")} == {1, 2}


def test_a_change_of_what_another_looked_at_waits_for_its_own_turn(stage: Stage) -> None:
    text = copies(("a", "b", "c")).replace("SELF-c", "SELF-b")
    told = stage.apply(text)
    assert told.said == ("succeeded", 0)
    assert order(told, "w1") == ["+a", "+b", "=a", "=b", "+c", "=c"]
    assert stage.read("w1-b") == "c\n"
    stage.rollback()
    assert not list(stage.files.glob("w*"))


def test_a_step_of_another_kind_is_not_overtaken(stage: Stage) -> None:
    text = copies(("a", "b", "c")).replace(
        "  - id: b\n", "  - id: between\n    needs: []\n    DO(between)\n  - id: b\n"
    )
    told = stage.apply(text)
    assert told.said == ("succeeded", 0)
    begun = [e.task for e in told.events(Intent) if e.task.endswith("@w1")]
    assert begun == ["a@w1", "between@w1", "b@w1", "c@w1"]


def test_a_link_that_is_lost_in_the_middle_of_them_costs_nothing(stage: Stage) -> None:
    stage.hosts.cut_when["w1"] = stage.files / "w1-c"
    stage.options = type(stage.options)(reconnect=0.5)
    told = stage.apply(copies(more="max_failed: 0\n"))
    assert told.said[1] in {4, 7}
    assert {told.status(f"{n}@w1") for n in NAMES} <= {"unreachable", "changed"}
    stage.hosts.cut_when.clear()
    again = stage.resume()
    assert again.said == ("succeeded", 0)
    assert [stage.read(f"w1-{n}") for n in NAMES] == [f"{n}\n" for n in NAMES]
    # What the host had done before is not done twice.
    assert not again.events(Intent)
