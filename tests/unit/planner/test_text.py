"""How a plan is shown before it is applied."""

from __future__ import annotations

from mplay.model.playbook import Between, ModuleCall
from mplay.planner.text import plan_document, plan_lines
from tests.unit.planner.books import Book, planned

DIGESTS = {"procedure": "1:aa", "plan": "1:bb", "modules": {}}


def book_of_everything() -> tuple[Book, list[object]]:
    book = Book()
    undo = ModuleCall(name=book.text("command"), args={}, where=book.where())
    block = book.block(
        "web",
        book.step("conf", module="template", rollback=(undo,)),
        book.step("reload", on_change=["conf"], needs=["conf"]),
        hosts="web",
        serial=(1, 2),
        enter=[book.step("drain", delegate_to="{{ lb }}")],
        leave=[book.step("join", delegate_to="{{ lb }}")],
        between=Between(soak=600.0, ask="first"),
    )
    return book, [book.step("backup", hosts="db"), block, book.step("docs", module="manual")]


def test_the_text_shows_hosts_batches_needs_ways_back_and_digests() -> None:
    book, steps = book_of_everything()
    playbook = book.playbook(*steps)  # type: ignore[arg-type]
    plan = planned(playbook, delegate=lambda _step, _host: "l1")
    assert list(plan_lines(plan, DIGESTS, {"backup": "nothing to undo"})) == [
        "book: 6 steps on 5 hosts",
        "backup           shell       d1",
        "                 way back: nothing to undo",
        "",
        "web: 2 batches: w1 | w2, w3; through its bracket; waits 600 s between batches; "
        "asks after the first batch; at most 0 failed hosts, then rollback-host",
        "  web/enter/drain  shell       w1, w2, w3",
        "                   done on l1",
        "                   needs backup",
        "  web/conf         template    w1, w2, w3",
        "                   needs backup",
        "                   way back: rollback: command",
        "  web/reload       shell       w1, w2, w3",
        "                   only after a change of web/conf",
        "  web/leave/join   shell       w1, w2, w3",
        "                   done on l1",
        "",
        "docs             manual      localhost",
        "                 needs web",
        "",
        "procedure  1:aa",
        "plan       1:bb",
    ]


def test_a_delegate_that_is_not_known_yet_is_shown_as_written() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a", delegate_to="{{ results }}"), hosts="w1"))
    assert "   done on {{ results }}" in list(plan_lines(plan, DIGESTS))


def test_many_hosts_are_counted() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a"), hosts="all,localhost"))
    assert "a  shell       w1, w2, w3, d1, l1, localhost" in list(plan_lines(plan, DIGESTS))


def test_a_partial_plan_and_a_step_without_hosts_are_said() -> None:
    book = Book()
    steps = [book.step("a", hosts="db"), book.step("b", irreversible="gone for good")]
    lines = list(plan_lines(planned(book.playbook(*steps, hosts="web"), limit=["w1"]), DIGESTS))
    assert "partial: some steps are left out, so this run proves nothing" in lines
    assert "a  shell       no host" in lines
    assert "   way back: irreversible: gone for good" in lines


def test_the_document_has_the_same_for_programs() -> None:
    book, steps = book_of_everything()
    playbook = book.playbook(*steps)  # type: ignore[arg-type]
    plan = planned(playbook, delegate=lambda _step, _host: "l1")
    document = plan_document(plan, DIGESTS)
    assert document["digests"] == {"procedure": "1:aa", "plan": "1:bb"}
    assert document["blocks"][0]["batches"] == [["w1"], ["w2", "w3"]]
    assert [step["step"] for step in document["steps"]] == list(plan.steps)
    conf = next(step for step in document["steps"] if step["step"] == "web/conf")
    assert conf["needs"] == ["backup"]
    assert conf["way_back"] == "rollback: command"
    drain = next(step for step in document["steps"] if step["step"] == "web/enter/drain")
    assert drain["runs_on"] == {"w1": "l1", "w2": "l1", "w3": "l1"}
