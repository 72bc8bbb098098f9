"""What changes a digest, and what does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mplay.model.errors import UsageError
from mplay.model.plan import Plan
from mplay.model.playbook import Between, ModuleCall, Playbook
from mplay.model.written import WrittenInt
from mplay.planner.digests import ReachedFile, module_names, plan_digest, procedure_digest
from mplay.planner.reach import reached, reached_files
from tests.unit.planner.books import Book, planned

FILE = ReachedFile("files/a", "0" * 64)


def playbook(mode: object = WrittenInt(420, "0644"), lines: int = 0) -> Playbook:
    book = Book()
    for _ in range(lines):
        book.where()
    step = book.step("a", module="file", args={"path": book.text("/x"), "mode": mode})
    return book.playbook(step, book.step("b", module="manual"), hosts="web")


def procedure(
    written: Playbook,
    *,
    files: Iterable[ReachedFile] = (FILE,),
    modules: Mapping[str, str] | None = None,
    extra_vars: Mapping[str, Any] | None = None,
    version: str = "0.1.0",
) -> str:
    return procedure_digest(
        written,
        files=files,
        modules=modules or {"file": "1"},
        extra_vars=extra_vars or {},
        version=version,
    )


def test_the_procedure_is_the_same_on_every_machine_and_on_other_lines() -> None:
    assert procedure(playbook()) == procedure(playbook(lines=7))
    assert procedure(playbook()) == (
        "1:5685d072e21f04b1ddbf70bda4fd7f33daa3a27abd057a89ee1be59546bf91fb"
    )


def test_the_order_in_which_files_are_found_does_not_count() -> None:
    other = ReachedFile("files/b", "1" * 64)
    one, two = [FILE, other, FILE], [other, FILE]
    assert procedure(playbook(), files=one) == procedure(playbook(), files=two)


def test_everything_that_is_written_counts() -> None:
    digests = [
        procedure(playbook()),
        procedure(playbook(mode=420)),
        procedure(playbook(mode="0644")),
        procedure(replace(playbook(), max_failed=1)),
        procedure(playbook(), files=[replace(FILE, executable=True)]),
        procedure(playbook(), files=[replace(FILE, sha256="1" * 64)]),
        procedure(playbook(), files=[replace(FILE, path="templates/a")]),
        procedure(playbook(), modules={"file": "2"}),
        procedure(playbook(), extra_vars={"a": 1}),
        procedure(playbook(), extra_vars={"a": "1"}),
        procedure(playbook(), version="0.2.0"),
    ]
    assert len(set(digests)) == len(digests)
    assert all(digest.startswith("1:") and len(digest) == 66 for digest in digests)


def test_hosts_limit_tags_and_variables_make_the_plan() -> None:
    whole, limited = planned(playbook()), planned(playbook(), limit=["w1"])

    def of(
        plan: Plan = whole,
        *,
        procedure: str = "1:p",
        environment: str = "staging",
        limit: str = "web",
        tags: Iterable[str] = ("a", "b"),
        value: int = 1,
    ) -> str:
        return plan_digest(
            procedure,
            plan,
            environment=environment,
            limit=limit,
            tags=tags,
            variables={"w1": {"v": value}},
        )

    digests = [
        of(),
        of(limited),
        of(procedure="1:q"),
        of(environment="production"),
        of(limit="web,db"),
        of(tags=["b"]),
        of(value=2),
    ]
    assert len(set(digests)) == len(digests)
    assert of(tags=iter(["b", "a"])) == of()


def test_modules_that_verify_and_roll_back_are_used_too() -> None:
    book = Book()

    def call(name: str) -> ModuleCall:
        return ModuleCall(name=book.text(name), args={}, where=book.where())

    block = book.block(
        "x",
        book.step("a", module="apt", verify=(call("http"),), rollback=(call("command"),)),
        enter=[book.step("e", module="query")],
        between=Between(checks=(book.step("c", module="assert"),)),
    )
    written = book.playbook(block, validate=(book.step("v", module="shell"),), hosts="web")
    assert module_names(written) == ("apt", "assert", "command", "http", "query", "shell")


def test_the_files_beside_playbook_and_project_are_reached(tmp_path: Path) -> None:
    for name in ("playbooks/files/deep/a", "playbooks/templates/b.j2", "files/c", "other/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "files/c").chmod(0o755)
    found = reached_files(tmp_path, [tmp_path / "playbooks/monthly.yml"])
    assert [(file.path, file.executable) for file in found] == [
        ("files/c", True),
        ("playbooks/files/deep/a", False),
        ("playbooks/templates/b.j2", False),
    ]


def test_a_file_that_cannot_be_read_is_located(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this cannot be read: No such file"):
        reached(tmp_path, tmp_path / "vars.yml")
