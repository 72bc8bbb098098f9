from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mplay.model.errors import JournalError
from mplay.model.events import Note, RunEnd
from tests.unit.journal.make import RUN, begin, open_journal


def _journal(folder: Path) -> str:
    with open_journal(folder) as journal:
        journal.begin(RUN, begin())
        for word in ("one", "two", "three"):
            journal.append(RUN, Note(text=word))
        journal.append(RUN, RunEnd(status="succeeded", exit=0))
        journal.begin("other", begin())
        return journal.head(RUN)


def _tamper(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "journal.db") as raw:
        raw.execute("DROP TRIGGER events_keep_UPDATE")
        raw.execute("DROP TRIGGER events_keep_DELETE")
        for statement in statements:
            raw.execute(statement)
    raw.close()


def _findings(folder: Path, head: str = "") -> list[str]:
    with open_journal(folder) as journal:
        return [str(f) for f in journal.verify(RUN if head else None, head=head)]


def test_a_journal_that_nobody_touched_has_no_findings(tmp_path: Path) -> None:
    head = _journal(tmp_path)
    assert _findings(tmp_path) == []
    assert _findings(tmp_path, head) == []


@pytest.mark.parametrize("column", ["at", "by", "kind", "data", "prev", "hash"])
@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_any_change_of_an_event_is_found(tmp_path: Path, column: str, seq: int) -> None:
    _journal(tmp_path)
    change = f"UPDATE events SET {column} = {column} || ' ' WHERE run = '{RUN}' AND seq = {seq}"
    _tamper(tmp_path, change)
    assert any(RUN in finding for finding in _findings(tmp_path))


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_removed_event_is_found(tmp_path: Path, seq: int) -> None:
    _journal(tmp_path)
    _tamper(tmp_path, f"DELETE FROM events WHERE run = '{RUN}' AND seq = {seq}")
    assert _findings(tmp_path)


def test_a_removed_event_is_found_when_the_others_move_up(tmp_path: Path) -> None:
    _journal(tmp_path)
    _tamper(
        tmp_path,
        f"DELETE FROM events WHERE run = '{RUN}' AND seq = 3",
        f"UPDATE events SET seq = seq - 1 WHERE run = '{RUN}' AND seq > 3",
        f"UPDATE runs SET seq = seq - 1 WHERE run = '{RUN}'",
    )
    assert _findings(tmp_path)


def test_swapped_events_are_found(tmp_path: Path) -> None:
    _journal(tmp_path)
    where = f"WHERE run = '{RUN}' AND seq"
    _tamper(
        tmp_path,
        f"UPDATE events SET seq = 99 {where} = 2",
        f"UPDATE events SET seq = 2 {where} = 3",
        f"UPDATE events SET seq = 3 {where} = 99",
    )
    assert _findings(tmp_path)


def test_an_event_of_another_run_put_in_its_place_is_found(tmp_path: Path) -> None:
    _journal(tmp_path)
    _tamper(
        tmp_path,
        f"DELETE FROM events WHERE run = '{RUN}' AND seq = 1",
        f"UPDATE events SET run = '{RUN}' WHERE run = 'other'",
    )
    assert _findings(tmp_path)


def test_a_removed_end_is_found_with_the_head_that_the_run_printed(tmp_path: Path) -> None:
    head = _journal(tmp_path)
    fourth = f"(SELECT hash FROM events WHERE run = '{RUN}' AND seq = 4)"
    _tamper(
        tmp_path,
        f"DELETE FROM events WHERE run = '{RUN}' AND seq = 5",
        f"UPDATE runs SET seq = 4, head = {fourth} WHERE run = '{RUN}'",
    )
    assert any(head in finding for finding in _findings(tmp_path, head))


def test_a_removed_end_is_found_where_the_list_of_runs_was_left_alone(tmp_path: Path) -> None:
    _journal(tmp_path)
    _tamper(tmp_path, f"DELETE FROM events WHERE run = '{RUN}' AND seq = 5")
    assert _findings(tmp_path)


def test_a_run_with_all_events_removed_is_found(tmp_path: Path) -> None:
    _journal(tmp_path)
    _tamper(tmp_path, f"DELETE FROM events WHERE run = '{RUN}'")
    assert _findings(tmp_path) == [f"run {RUN}: all of its events are missing"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET data = '{}'", "DELETE FROM events", "DELETE FROM events WHERE seq=1"],
)
def test_the_database_itself_refuses_to_change_an_event(tmp_path: Path, statement: str) -> None:
    _journal(tmp_path)
    raw = sqlite3.connect(tmp_path / "journal.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(statement)
    raw.close()


def _text_is_no_json(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE events SET data = 'nonsense' WHERE seq = 2")


def _field_is_missing(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE events SET data = '{}' WHERE seq = 2")


@pytest.mark.parametrize("damage", [_text_is_no_json, _field_is_missing])
def test_an_event_that_cannot_be_read_is_a_located_error(
    tmp_path: Path, damage: Callable[[sqlite3.Connection], None]
) -> None:
    _journal(tmp_path)
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        raw.execute("DROP TRIGGER events_keep_UPDATE")
        damage(raw)
    raw.close()
    with open_journal(tmp_path) as journal, pytest.raises(JournalError) as caught:
        journal.records(RUN)
    assert f"run {RUN}, event 2" in str(caught.value)
    assert "mplay journal verify" in str(caught.value)
