"""SIGKILL in the middle of appends: what was acknowledged is there, and the chain is whole."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mplay.model.events import Note
from tests.unit.journal.make import RUN, begin, open_journal

ROOT = Path(__file__).parents[3]
_WRITER = """
import sys, threading
from mplay.journal import Journal
from mplay.model.events import Note
journal = Journal.open(sys.argv[1])
guard = threading.Lock()
def work(name):
    number = 0
    while True:
        seq = journal.append(sys.argv[2], Note(text=f"{name} {number} " + "x" * 3000)).seq
        with guard:
            sys.stdout.write(f"{seq} {name} {number}\\n")
            sys.stdout.flush()
        number += 1
threads = [threading.Thread(target=work, args=(f"{sys.argv[3]}{n}",)) for n in range(4)]
for thread in threads:
    thread.start()
"""


def _writer(folder: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder / "journal.db"), RUN, name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def _kill_after(process: subprocess.Popen[str], seconds: float) -> list[str]:
    """Kill the writer some time after its first record; what it had acknowledged."""
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    time.sleep(seconds)
    process.kill()
    lines += process.stdout.readlines()
    process.stdout.close()
    process.wait()
    return [line for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("trial", range(6))
def test_every_acknowledged_record_survives_a_kill(tmp_path: Path, trial: int) -> None:
    chance = random.Random(trial)
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
    acknowledged: list[str] = []
    for name in ("a", "b"):
        acknowledged += _kill_after(_writer(tmp_path, name), chance.uniform(0, 0.3))
    with open_journal(tmp_path) as journal:
        assert journal.verify() == []
        texts = {r.seq: r.event.text for r in journal.records(RUN) if isinstance(r.event, Note)}
        assert journal.append(RUN, Note(text="and on")).seq == len(texts) + 2
    for line in acknowledged:
        seq, words = line.split(" ", 1)
        assert texts[int(seq)].startswith(words.strip() + " ")


def test_two_processes_append_to_one_run_and_the_chain_stays_one(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        writers = [_writer(tmp_path, name) for name in ("a", "b")]
        acknowledged = [line for w in writers for line in _kill_after(w, 0.3)]
        assert journal.verify() == []
        assert {line.split()[1][0] for line in acknowledged} == {"a", "b"}
        numbers = [int(line.split()[0]) for line in acknowledged]
        assert len(set(numbers)) == len(numbers)


def test_many_processes_make_one_journal_at_the_same_moment(tmp_path: Path) -> None:
    make = "import sys; from mplay.journal import Journal; Journal.open(sys.argv[1]).close()"
    path = tmp_path / "new" / "journal.db"
    makers = [subprocess.Popen([sys.executable, "-c", make, str(path)], cwd=ROOT) for _ in range(6)]
    assert [maker.wait() for maker in makers] == [0] * 6


_HOLDER = """
import sys
from mplay.journal import Journal
with Journal.open(sys.argv[1]).executor_lock(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_killed_executor_is_free_at_once(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        holder = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(tmp_path / "journal.db"), RUN],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            assert journal.executing(RUN)
            holder.kill()
            holder.wait()
        assert not journal.executing(RUN)
        with journal.executor_lock(RUN):
            assert journal.executing(RUN)
