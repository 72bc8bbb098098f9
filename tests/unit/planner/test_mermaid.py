"""The plan as a flowchart."""

from __future__ import annotations

from mplay.planner.mermaid import mermaid_lines
from tests.unit.planner.books import Book, planned
from tests.unit.planner.test_text import book_of_everything

EVERYTHING = """\
flowchart TD
  s1["backup<br/>shell<br/>d1"]
  subgraph b1["web: 2 batches"]
    s2["web/enter/drain<br/>shell<br/>w1, w2, w3"]
    s3["web/conf<br/>template<br/>w1, w2, w3"]
    s4["web/reload<br/>shell<br/>w1, w2, w3"]
    s5["web/leave/join<br/>shell<br/>w1, w2, w3"]
  end
  s6["docs<br/>manual<br/>localhost"]
  subgraph b2["validate"]
    s7["validate/up<br/>shell<br/>w1"]
  end
  subgraph b3["finally"]
    s8["finally/tidy<br/>shell<br/>w1"]
  end
  s1 --> s2
  s2 --> s3
  s3 -. change .-> s4
  s4 --> s5
  s5 --> s6
"""


def test_blocks_are_boxes_needs_are_arrows_and_reactions_are_dotted() -> None:
    book, steps = book_of_everything()
    playbook = book.playbook(
        *steps,  # type: ignore[arg-type]
        validate=(book.step("up", hosts="w1"),),
        finally_=(book.step("tidy", hosts="w1"),),
    )
    plan = planned(playbook, delegate=lambda _step, _host: "l1")
    assert "\n".join(mermaid_lines(plan)) + "\n" == EVERYTHING


def test_a_block_in_a_block_is_a_box_in_a_box() -> None:
    book = Book()
    inner = book.block("inner", book.step("a"), serial=(1,))
    outer = book.block("outer", book.step("first"), inner, serial=(2,), hosts="web")
    assert list(mermaid_lines(planned(book.playbook(outer, book.step("b", hosts="d1"))))) == [
        "flowchart TD",
        '  subgraph b1["outer: 2 batches"]',
        '    s1["outer/first<br/>shell<br/>w1, w2, w3"]',
        '    subgraph b2["outer/inner: 3 batches"]',
        '      s2["outer/inner/a<br/>shell<br/>w1, w2, w3"]',
        "    end",
        "  end",
        '  s3["b<br/>shell<br/>d1"]',
        "  s1 --> s2",
        "  s2 --> s3",
    ]


def test_what_others_imply_is_not_drawn_and_steps_side_by_side_are() -> None:
    book = Book()
    steps = [
        book.step("a"),
        book.step("b", needs=["a"]),
        book.step("c", needs=["a"]),
        book.step("d", needs=["a", "b", "c"]),
        book.step("e", needs=[]),
    ]
    lines = list(mermaid_lines(planned(book.playbook(*steps, hosts="web"))))
    assert lines[-4:] == ["  s1 --> s2", "  s1 --> s3", "  s2 --> s4", "  s3 --> s4"]


def test_a_step_without_hosts_stands_alone_and_many_hosts_are_counted() -> None:
    book = Book()
    steps = [book.step("a", hosts="d1"), book.step("b", hosts="web"), book.step("c", hosts="web")]
    lines = list(mermaid_lines(planned(book.playbook(*steps), limit=["w1", "w2", "w3"])))
    assert lines[1] == '  s1["a<br/>shell<br/>no host"]'
    assert lines[-1] == "  s2 --> s3"
    many = list(mermaid_lines(planned(book.playbook(book.step("x", hosts="all")))))
    assert many[1] == '  s1["x<br/>shell<br/>w1, w2, w3, d1 … (5 hosts)"]'


def test_what_mermaid_would_read_is_written_as_it_asks() -> None:
    book = Book()
    step = book.step("a", module='<b>"#', hosts="d1")
    assert "#lt;b#gt;#quot;#35;" in list(mermaid_lines(planned(book.playbook(step))))[1]
