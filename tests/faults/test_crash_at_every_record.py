"""The controller dies before or after each of its records; resume and rollback end well.

The hosts are folders, the protocol is the real one. A death at record N is tried for every N of a
whole run: so every line that writes or sends has been the last one, once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mplay.model.task import RunStatus
from tests.faults.ground import Ground, Killed

PLAYBOOK = """
name: Trial
hosts: all
steps:
  - id: one
    shell:
      run: "echo one >>FILES/log-{{ inventory_hostname }}"
      undo: "sed -i /one/d FILES/log-{{ inventory_hostname }}"
  - id: block
    serial: 1
    around:
      enter:
        - id: out
          delegate_to: w2
          shell: {run: "echo out >FILES/pool", state: "cat FILES/pool", expect: out}
      check: [{id: look, query: {run: "cat FILES/pool", matches: out}}]
      leave:
        - id: in
          delegate_to: w2
          shell: {run: "echo in >FILES/pool", state: "cat FILES/pool", expect: in}
    steps:
      - id: copy
        copy: {content: "new\\n", dest: "FILES/{{ inventory_hostname }}", mode: "0600"}
      - id: loop
        loop: [a, b]
        shell:
          run: "echo {{ item }} >>FILES/log-{{ inventory_hostname }}"
          undo: "sed -i /{{ item }}/d FILES/log-{{ inventory_hostname }}"
  - id: left
    needs: [block]
    copy: {content: "left\n", dest: "FILES/left-{{ inventory_hostname }}"}
  - id: right
    needs: [block]
    copy: {content: "right\n", dest: "FILES/right-{{ inventory_hostname }}"}
  - id: last
    hosts: w1
    file: {path: FILES/old, state: absent}
"""
HOSTS = ("w1", "w2")
RECORDS = 60
"""More than a whole run of the playbook writes; `test_the_trial_is_long_enough` holds it."""


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    ground = Ground(tmp_path)
    ground.files.mkdir()
    (ground.files / "pool").write_text("in\n")
    (ground.files / "old").write_text("precious\n")
    (ground.files / "w1").write_text("old\n")
    for host in HOSTS:
        (ground.files / f"log-{host}").write_text("")
    yield ground
    ground.lives()


def logs(ground: Ground) -> list[str]:
    return [(ground.files / f"log-{host}").read_text() for host in HOSTS]


def once(ground: Ground) -> bool:
    files = [(ground.files / host).read_text() for host in HOSTS]
    pool = (ground.files / "pool").read_text()
    gone = not (ground.files / "old").exists()
    return gone and (logs(ground), files, pool) == (["one\na\nb\n"] * 2, ["new\n"] * 2, "in\n")


def die(ground: Ground, at: int, *, after: bool) -> bool:
    """Apply and die; whether it died, and not ended before."""
    playbook = ground.write(PLAYBOOK)
    ground.dies(at, after=after)
    try:
        ground.apply(playbook)
    except Killed:
        return True
    finally:
        ground.lives()
    return False


def test_the_trial_is_long_enough(ground: Ground) -> None:
    death = ground.dies(0, after=False)
    assert ground.apply(ground.write(PLAYBOOK)).status is RunStatus.SUCCEEDED
    assert 30 < death.seen < RECORDS


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, RECORDS, 2))
def test_resume_ends_with_every_effect_present_once(ground: Ground, at: int, after: bool) -> None:
    if die(ground, at, after=after):
        assert ground.resume().status is RunStatus.SUCCEEDED
    assert once(ground)
    assert not ground.journal().verify()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(2, RECORDS, 2))
def test_rollback_ends_with_the_state_from_before(ground: Ground, at: int, after: bool) -> None:
    before = ground.tree()
    died = die(ground, at, after=after)
    ending = ground.rollback()
    assert ending.status is RunStatus.ROLLED_BACK, f"died: {died}"
    assert ground.tree() == before


@pytest.mark.parametrize("at", range(1, 40, 3))
def test_a_rollback_that_dies_is_ended_by_another(ground: Ground, at: int) -> None:
    before = ground.tree()
    ground.lives()
    ground.apply(ground.write(PLAYBOOK))
    ground.dies(at, after=bool(at % 2))
    with contextlib.suppress(Killed):
        ground.rollback()
    ground.lives()
    assert ground.rollback().status is RunStatus.ROLLED_BACK
    assert ground.tree() == before
