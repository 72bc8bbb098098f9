"""A later apply deletes from hosts the restore points that have expired, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from mplay.model.clock import SystemClock
from tests.journeys.local.stage import Stage

BOOK = """
name: T
hosts: w1,w2
steps:
  - {id: a, copy: {content: "TEXT\\n", dest: "FILES/SELF-a"}}
"""


class Later(SystemClock):
    """Some days from now."""

    def __init__(self, days: int) -> None:
        self._days = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self._days


def kept(stage: Stage) -> list[str]:
    """The hosts and runs that have restore points."""
    return sorted(
        f"{save.parts[-4]} {save.parts[-2]}"
        for save in (stage.folder / "hosts").glob("w*/runs/*/save")
    )


def apply(stage: Stage, text: str, days: int) -> str:
    stage.project = replace(stage.project, clock=Later(days))
    told = stage.apply(BOOK.replace("TEXT", text))
    assert told.said == ("succeeded", 0)
    return told.watcher.records[0].run


def test_restore_points_go_after_fourteen_days_when_a_later_run_meets_their_host(
    stage: Stage,
) -> None:
    for host in ("w1", "w2"):
        stage.file(f"{host}-a", "before\n")
    first = apply(stage, "one", 0)
    second = apply(stage, "two", 13)
    assert kept(stage) == sorted(f"{h} {r}" for h in ("w1", "w2") for r in (first, second))
    third = apply(stage, "three", 15)
    assert kept(stage) == sorted(f"{h} {r}" for h in ("w1", "w2") for r in (second, third))
    assert (stage.folder / "hosts" / "w1" / "runs" / first / "log").exists()
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("w1-a") == "two\n"


def test_a_run_that_stands_half_done_keeps_its_way_back(stage: Stage) -> None:
    stage.file("w1-a", "before\n")
    stage.file("w2-a", "before\n")
    text = BOOK + "  - {id: b, manual: {ask: look, evidence: required}}\n"
    told = stage.apply(text.replace("TEXT", "one"))
    assert told.said == ("waiting", 8)
    stage.project = replace(stage.project, clock=Later(40))
    assert stage.resume(evidence={"b": "seen"}).said == ("succeeded", 0)
    assert kept(stage) == sorted(f"{h} {told.watcher.records[0].run}" for h in ("w1", "w2"))
