"""What comes after what: small playbooks and their whole graphs."""

from __future__ import annotations

from tests.unit.planner.books import Book, drawn, planned


def test_a_step_without_needs_waits_for_all_hosts_of_the_one_before_it() -> None:
    book = Book()
    plan = planned(book.playbook(book.step("a"), book.step("b"), hosts="w1,w2"))
    assert drawn(plan.main) == [
        "a@w1",
        "a@w2",
        "done:a <- a@w1 a@w2",
        "b@w1 <- done:a",
        "b@w2 <- done:a",
    ]


def test_a_need_of_scope_host_waits_for_the_same_host_only() -> None:
    book = Book()
    step = book.step("b", needs=[book.need("a", "host")])
    plan = planned(book.playbook(book.step("a"), step, hosts="w1,w2"))
    assert drawn(plan.main) == ["a@w1", "a@w2", "b@w1 <- a@w1", "b@w2 <- a@w2"]


def test_a_need_of_scope_host_falls_back_to_all_hosts_where_the_step_has_no_task() -> None:
    book = Book()
    step = book.step("b", needs=[book.need("a", "host")], hosts="w1,d1")
    plan = planned(book.playbook(book.step("a"), step, hosts="w1,w2"))
    assert drawn(plan.main) == [
        "a@w1",
        "a@w2",
        "done:a <- a@w1 a@w2",
        "b@w1 <- a@w1",
        "b@d1 <- done:a",
    ]


def test_empty_needs_start_at_once_and_file_order_is_kept_among_equals() -> None:
    book = Book()
    steps = [book.step(name, needs=[]) for name in ("c", "a", "b")]
    plan = planned(book.playbook(*steps, hosts="w1,w2"))
    assert drawn(plan.main) == ["c@w1", "c@w2", "a@w1", "a@w2", "b@w1", "b@w2"]


def test_a_block_without_batches_orders_its_steps_for_all_hosts() -> None:
    book = Book()
    block = book.block("x", book.step("a"), book.step("b"))
    playbook = book.playbook(book.step("before"), block, book.step("after"), hosts="w1,w2")
    assert drawn(planned(playbook).main) == [
        "before@w1",
        "before@w2",
        "done:before <- before@w1 before@w2",
        "x/a@w1 <- done:before",
        "x/a@w2 <- done:before",
        "done:x/a <- x/a@w1 x/a@w2",
        "x/b@w1 <- done:x/a",
        "x/b@w2 <- done:x/a",
        "done:x/b <- x/b@w1 x/b@w2",
        "done:x <- done:x/a done:x/b",
        "after@w1 <- done:x",
        "after@w2 <- done:x",
    ]


def test_a_serial_block_orders_its_steps_host_by_host_and_its_batches_one_by_one() -> None:
    book = Book()
    block = book.block("x", book.step("a"), book.step("b"), serial=(1, 2))
    plan = planned(book.playbook(block, book.step("after", hosts="d1"), hosts="web"))
    assert drawn(plan.main) == [
        "open:x#0",
        "x/a@w1 <- open:x#0",
        "x/b@w1 <- open:x#0 x/a@w1",
        "close:x#0 <- open:x#0 x/a@w1 x/b@w1",
        "open:x#1 <- close:x#0",
        "x/a@w2 <- open:x#1",
        "x/a@w3 <- open:x#1",
        "x/b@w2 <- open:x#1 x/a@w2",
        "x/b@w3 <- open:x#1 x/a@w3",
        "close:x#1 <- open:x#1 x/a@w2 x/a@w3 x/b@w2 x/b@w3",
        "done:x <- close:x#1",
        "after@d1 <- done:x",
    ]


def test_a_bracket_without_serial_is_one_batch_and_each_host_passes_it_for_itself() -> None:
    book = Book()
    block = book.block(
        "x",
        book.step("a"),
        book.step("b"),
        enter=[book.step("out"), book.step("drained")],
        check=[book.step("smoke")],
        leave=[book.step("in")],
    )
    plan = planned(book.playbook(block, hosts="w1,w2"))
    lines = drawn(plan.main)
    assert [line for line in lines if "@w1" in line.split(" ")[0]] == [
        "x/enter/out@w1 <- open:x#0",
        "x/enter/drained@w1 <- open:x#0 x/enter/out@w1",
        "x/a@w1 <- open:x#0 x/enter/drained@w1",
        "x/b@w1 <- open:x#0 x/enter/drained@w1 x/a@w1",
        "x/check/smoke@w1 <- open:x#0 x/a@w1 x/b@w1",
        "x/leave/in@w1 <- open:x#0 x/check/smoke@w1",
    ]
    assert lines[0] == "open:x#0"
    assert lines[-1].startswith("close:x#0 <- ")
    assert len(lines) == 14


def test_run_once_inside_batches_is_waited_for_by_its_own_batch() -> None:
    book = Book()
    once = book.step("once", run_once=True)
    block = book.block("x", book.step("a"), once, book.step("b"), serial=(2,))
    lines = drawn(planned(book.playbook(block, hosts="web")).main)
    assert "x/b@w2 <- open:x#0 x/a@w2 x/once@w1" in lines
    assert "x/b@w3 <- open:x#1 x/a@w3" in lines


def test_a_person_is_asked_once_on_localhost_in_the_first_batch() -> None:
    book = Book()
    ask = book.step("ask", module="manual")
    block = book.block("x", book.step("a"), ask, book.step("b"), serial=(2,))
    lines = drawn(planned(book.playbook(block, hosts="web"), limit=["w1", "w2", "w3"]).main)
    assert "x/ask@localhost <- open:x#0 done:x/a#0" in lines
    assert "x/b@w2 <- open:x#0 x/a@w2 x/ask@localhost" in lines
    assert "x/b@w3 <- open:x#1 x/a@w3" in lines


def test_steps_of_a_block_on_other_hosts_of_the_batch_are_joined_by_one_node() -> None:
    book = Book()
    block = book.block(
        "x", book.step("a", hosts="w1,w2"), book.step("b", hosts="w3,d1"), serial=("100%",)
    )
    assert drawn(planned(book.playbook(block, hosts="all")).main) == [
        "open:x#0",
        "x/a@w1 <- open:x#0",
        "x/a@w2 <- open:x#0",
        "done:x/a#0 <- x/a@w1 x/a@w2",
        "x/b@w3 <- open:x#0 done:x/a#0",
        "x/b@d1 <- open:x#0 done:x/a#0",
        "close:x#0 <- open:x#0 x/a@w1 x/a@w2 x/b@w3 x/b@d1",
    ]


def test_a_block_inside_batches_is_cut_within_each_of_them() -> None:
    book = Book()
    inner = book.block("y", book.step("b"), serial=(1,))
    block = book.block("x", book.step("a"), inner, book.step("c"), serial=(2,))
    plan = planned(book.playbook(block, hosts="web"))
    assert plan.blocks["x/y"].batches == (("w1",), ("w2",), ("w3",))
    lines = drawn(plan.main)
    assert "open:x/y#0 <- open:x#0 x/a@w1" in lines
    assert "open:x/y#1 <- open:x#0 x/a@w2 close:x/y#0" in lines
    assert "x/c@w1 <- open:x#0 close:x/y#1" in lines
    assert "close:x#0 <- open:x#0 x/a@w1 x/a@w2 close:x/y#0 close:x/y#1 x/c@w1 x/c@w2" in lines


def test_a_step_that_reacts_needs_its_cause_and_the_step_before_it() -> None:
    book = Book()
    steps = [book.step("conf"), book.step("other"), book.step("reload", on_change=["conf"])]
    plan = planned(book.playbook(*steps, hosts="w1"))
    assert plan.steps["reload"].reacts_to == ("conf",)
    assert plan.steps["reload"].needs == ("other", "conf")
    assert "reload@w1 <- done:conf done:other" in drawn(plan.main)


def test_validate_and_finally_have_graphs_of_their_own() -> None:
    book = Book()
    plan = planned(
        book.playbook(
            book.step("a"),
            validate=(book.step("up", hosts="localhost", needs=["a"]), book.step("site")),
            finally_=(book.step("tidy", hosts="d1"),),
            hosts="w1",
        )
    )
    assert drawn(plan.main) == ["a@w1"]
    assert drawn(plan.validate) == [
        "validate/up@localhost",
        "done:validate/up <- validate/up@localhost",
        "validate/site@w1 <- done:validate/up",
    ]
    assert drawn(plan.finally_) == ["finally/tidy@d1"]
    assert plan.steps["validate/up"].needs == ("a",)


def test_a_delegated_task_is_about_its_subject_and_runs_on_the_delegate() -> None:
    book = Book()
    step = book.step("drain", delegate_to="lb of {{ inventory_hostname }}")
    plan = planned(
        book.playbook(step, hosts="web"),
        delegate=lambda _step, host: {"w1": "l1", "w2": "w2"}.get(host),
    )
    assert plan.steps["drain"].runs_on == {"w1": "l1"}
    assert plan.hosts == ("w1", "w2", "w3")
