"""Answers are cut at their mark, however they arrive and whatever tasks print."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mplay.channel.stream import Section, Sections

MARK = "c0ffee" * 5


def feed(sections: Sections, data: bytes, size: int) -> list[Section]:
    found = []
    for at in range(0, len(data), size):
        found += list(sections.feed(data[at : at + size]))
    return found


@given(
    st.lists(st.binary(max_size=60), min_size=1, max_size=5),
    st.integers(1, 50),
)
def test_raw_bytes_come_back_as_they_were_in_any_pieces(raws: list[bytes], size: int) -> None:
    data = b"".join(raw + MARK.encode() + b" piece 0\n" for raw in raws)
    found = feed(Sections(MARK, 1000), data, size)
    assert [section.data for section in found] == raws
    assert {section.words for section in found} == {("piece", "0")}


@given(st.integers(1, 40))
def test_a_beat_interrupts_nothing(size: int) -> None:
    data = b"ab" + MARK.encode() + b" beat\ncd" + MARK.encode() + b" end\n"
    assert [s.data for s in feed(Sections(MARK, 100), data, size)] == [b"abcd"]


def test_memory_is_bounded_and_the_size_is_counted() -> None:
    sections = Sections(MARK, 10)
    for _ in range(100):
        assert not list(sections.feed(b"x" * 1000))
    assert len(sections._buffer) < 100
    (section,) = sections.feed(MARK.encode() + b" end\n")
    assert (section.data, section.size) == (b"x" * 10, 100_000)
