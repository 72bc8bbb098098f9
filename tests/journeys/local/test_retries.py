"""`retries` and `throttle` in runs: what was tried is journalled, and undone before the next."""

from __future__ import annotations

import threading

from mplay.model.events import Intent, Note, OutcomeSeen, Undone
from mplay.model.record import Record
from tests.journeys.local.stage import Stage, Told

HEAD = "name: T\nhosts: w1\nsteps:\n"
FLAKY = (
    'shell: {run: "echo +a@w1 >>FILES/log; test -e FILES/ready || { touch FILES/ready; exit 3; }",'
    ' undo: "echo -a@w1 >>FILES/log"}'
)


def attempts(told: Told, task: str) -> list[tuple[int, str]]:
    """The attempts of a task, and how each ended."""
    return [(o.attempt, str(o.status)) for o in told.events(OutcomeSeen) if o.task == task]


def test_a_try_that_failed_is_undone_before_the_next(stage: Stage) -> None:
    told = stage.apply(HEAD + f"  - id: a\n    retries: 2\n    delay: 0.1\n    {FLAKY}\n")
    assert told.said == ("succeeded", 0), told.ending.why
    assert stage.story() == ["+a@w1", "-a@w1", "+a@w1"]
    assert attempts(told, "a@w1") == [(1, "failed"), (2, "changed")]
    assert [i.attempt for i in told.events(Intent)] == [1, 2]
    assert [(u.attempt, u.result) for u in told.events(Undone)] == [(1, "undone")]
    [note] = told.events(Note)
    assert note.text.startswith("try 1 of 3 failed, the next begins in 0.1 s: ended with 3")
    stage.rollback()
    assert stage.story() == ["+a@w1", "-a@w1", "+a@w1", "-a@w1"]


def test_what_fails_each_time_has_failed(stage: Stage) -> None:
    stage.breaks("a@w1")
    told = stage.apply(HEAD + "  - {id: a, retries: 2, delay: 0.1, DO(a)}\n")
    assert told.said == ("halted", 4)
    assert stage.story() == ["+a@w1", "-a@w1"] * 3
    assert attempts(told, "a@w1") == [(1, "failed"), (2, "failed"), (3, "failed")]
    stage.mends("a@w1")
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story()[6:] == ["+a@w1"]


def test_each_item_of_a_loop_is_tried_again_by_itself(stage: Stage) -> None:
    told = stage.apply(
        HEAD + "  - id: a\n    retries: 1\n    delay: 0.1\n    loop: [x, y]\n"
        '    shell: {run: "echo +{{ item }}@w1 >>FILES/log; test -e FILES/{{ item }}'
        ' || { touch FILES/{{ item }}; exit 3; }", undo: "echo -{{ item }}@w1 >>FILES/log"}\n'
    )
    assert told.said == ("succeeded", 0), told.ending.why
    assert stage.story_of("w1") == ["+x", "-x", "+x", "+y", "-y", "+y"]


def test_a_verify_that_fails_is_asked_again_before_anything_is_done_twice(stage: Stage) -> None:
    told = stage.apply(
        HEAD + "  - id: a\n    retries: 2\n    delay: 0.1\n"
        '    shell: {run: "echo +a@w1 >>FILES/log; (sleep 0.3; touch FILES/up) >/dev/null 2>&1 &",'
        ' state: "cat FILES/log 2>/dev/null || :", expect: "+a@w1", undo: "rm -f FILES/log"}\n'
        '    verify: [{query: {run: "sleep 0.3; test -e FILES/up"}}]\n'
    )
    assert told.said == ("succeeded", 0), told.ending.why
    assert stage.story() == ["+a@w1"]


def test_a_check_is_looked_at_as_often_as_its_step_says(stage: Stage) -> None:
    count = '{id: a, retries: 2, delay: 0.1, query: {run: "echo +a@w1 >>FILES/log; false"}}'
    told = stage.apply(HEAD + f"  - {count}\n")
    assert told.said == ("halted", 4)
    assert stage.story() == ["+a@w1"] * 3
    assert [n.text.split(" failed")[0] for n in told.events(Note)] == ["look 1 of 3", "look 2 of 3"]


def test_a_plan_that_is_refused_is_tried_again_too(stage: Stage) -> None:
    stage.file("blocked")

    def mend(record: Record) -> None:
        if isinstance(record.event, Note):
            (stage.files / "blocked").unlink()

    told = stage.apply(
        HEAD + "  - id: a\n    retries: 1\n    delay: 0.1\n"
        '    copy: {content: x, dest: "FILES/blocked/a"}\n',
        at=mend,
        on_failure="halt",
    )
    assert told.said == ("halted", 4)
    assert "does not exist" in told.ending.why, "the second try saw the host as it was by then"


def test_a_throttled_step_runs_on_so_many_hosts_at_once(stage: Stage) -> None:
    busy: set[str] = set()
    most: list[int] = []
    mutex = threading.Lock()

    def count(record: Record) -> None:
        event = record.event
        with mutex:
            if isinstance(event, Intent):
                busy.add(event.task)
                most.append(len(busy))
            elif isinstance(event, OutcomeSeen):
                busy.discard(event.task)

    def step(name: str, more: str) -> str:
        return (
            f"  - id: {name}\n    needs: []\n{more}"
            f'    shell: {{run: "sleep 0.2; echo +{name}@SELF >>FILES/log", undo: "true"}}\n'
        )

    told = stage.apply("name: T\nhosts: all\nsteps:\n" + step("a", "    throttle: 1\n"), at=count)
    assert told.said == ("succeeded", 0)
    assert len(stage.story()) == 3
    assert max(most) == 1
    most.clear()
    stage.apply("name: T\nhosts: all\nsteps:\n" + step("b", ""), at=count)
    assert max(most) > 1, "without it they run together"
