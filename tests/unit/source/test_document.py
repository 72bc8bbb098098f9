from __future__ import annotations

import copy
import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.model.errors import InvalidInput, UsageError, Where
from mplay.model.playbook import Text
from mplay.source import MAX_BYTES, FoldedText, Map, key_place, load, place, spelling, texts


def problems(text: bytes) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load(text, "p.yml")
    return [str(problem) for problem in caught.value.problems]


def test_every_text_and_key_knows_its_place() -> None:
    document = load(b"name: Web\nsteps:\n  - id: 'a'\n    run: |\n      uptime\n", "p.yml")
    step = document["steps"][0]
    assert document["name"].where == Where("p.yml", 1, 7)
    assert key_place(step, "run", Where("")) == Where("p.yml", 4, 5)
    assert step["id"].where == Where("p.yml", 3, 10), "the first character, not the quote"
    assert step["run"].where == Where("p.yml", 5, 7), "a block's text begins on the next line"
    assert step.where == Where("p.yml", 3, 5)


def test_numbers_are_found_by_the_place_of_their_container() -> None:
    document = load(b"a: [1, {b: 2}]\n", "p.yml")
    assert place(document, Where(""), "a", 1, "b") == Where("p.yml", 1, 12)
    assert place(document, Where(""), "a", 7) == Where("p.yml", 1, 4)


def test_words_are_read_as_ansible_reads_them() -> None:
    text = b"[yes, No, on, 0644, 0x1F, 1_000, ~, 2026-11-23, 1e3, '5', 1:30]"
    assert load(text, "p.yml") == [
        *(True, False, True, 420, 31, 1000, None, "2026-11-23", "1e3", "5", 90),
    ]


def test_a_number_remembers_how_it_was_written() -> None:
    octal, version, plain = load(b"[0644, 1.10, 7]", "p.yml")
    assert (spelling(octal), spelling(version), spelling(plain)) == ("0644", "1.10", "7")
    assert json.dumps([octal, version]) == "[420, 1.1]"
    assert spelling(copy.deepcopy(octal)) == "0644"


def test_a_document_survives_copies_and_conversion_to_plain_data() -> None:
    @dataclasses.dataclass
    class Holder:
        value: object

    document = load(b"a: {b: [x, 1]}\n", "p.yml")
    assert copy.deepcopy(document) == document
    assert dataclasses.asdict(Holder(document)) == {"value": {"a": {"b": ["x", 1]}}}


def test_text_that_is_no_template_is_plain_text_and_other_values_are_what_they_are() -> None:
    data = load(
        b'a: !unsafe "{{ x }}"\nb:\n  - !unsafe |\n    {{ y }}\n  - !unsafe 5\n  - !unsafe yes\n',
        "p",
    )
    assert isinstance(data, Map)
    plain, others = data.values()
    assert (plain, type(plain)) == ("{{ x }}", str)
    assert others == ["{{ y }}\n", 5, True]


def test_merged_mappings_give_way_to_own_keys() -> None:
    text = b"base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n"
    assert load(text, "p.yml")["mine"] == {"x": 1, "y": 3}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert load(b"\xef\xbb\xbfa: 1\n", "p.yml") == {"a": 1}


@pytest.mark.parametrize("text", [b"", b"# nothing\n", b"---\n"])
def test_an_empty_file_is_none(text: bytes) -> None:
    assert load(text, "p.yml") is None


def test_all_that_can_be_passed_over_is_told_at_once() -> None:
    text = b"x: !vault |\n  abc\ny: !!python/object/apply:os.system [ls]\na: 1\na: 2\n80: x\n"
    assert problems(text) == [
        "p.yml:1:4 `!vault` stands before what Ansible Vault did not write\n"
        "    paste what `ansible-vault encrypt_string` prints, all of its lines",
        "p.yml:3:4 the tag `!!python/object/apply:os.system` is not allowed\n"
        "    a file holds plain data only",
        "p.yml:5:1 the key 'a' is given twice\n    it was given first at p.yml:4:1",
        "p.yml:6:1 a key must be text; YAML reads this one as another kind of value\n"
        "    write '80', in quotes",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\xff\xfea", "p.yml:1:1 this is not UTF-8 text"),
        (b"a: 1\nb: \xff\n", "p.yml:2:4 this is not UTF-8 text"),
        (b"a: 1\nb: \x07\n", "p.yml:2:4 the control character U+0007"),
        (b"a: 1\n---\nb: 2\n", "p.yml:2:1 a file holds one document"),
        (b"a:\n\t- b\n", "p.yml:2:1 not valid YAML: a tab cannot indent\n    use spaces"),
        (b"a: b: c\n", "p.yml:1:5 not valid YAML: a ':' stands where no key can be"),
        (b"a: 'x\n", "p.yml:1:4 not valid YAML: a quote is not closed"),
        (b"a: [1\nb: 2\n", "p.yml:2:2 not valid YAML"),
        (b"a: @x\n", "p.yml:1:4 not valid YAML: a value cannot begin with '@'"),
        (b"a: {{ b }}\n", "put a value that begins with {{ in quotes"),
        (b"a: *b\n", "p.yml:1:4 there is no anchor `&b`"),
        (b"a: &a [*a]\n", "p.yml:1:8 the alias `*a` stands inside what it names"),
        (b"a: .inf\n", "p.yml:1:4 infinity and not-a-number"),
        (b"a: !!int x\n", "p.yml:1:4 this is not a number"),
        (b"a: " + b"9" * 5000, "p.yml:1:4 this is not a number"),
        (b'a: "\\0"\n', "p.yml:1:4 a text cannot hold a NUL"),
        (b"a: {<<: 5}\n", "p.yml:1:9 `<<` takes a mapping"),
        (b"[" * 3000, "p.yml:1:65 values are nested more than 64 deep"),
        (b"{" * 3000, "values are nested more than 64 deep"),
        (b"- " * 3000, "values are nested more than 64 deep"),
        (b"a: !foo x\n", "p.yml:1:4 the tag `!foo` is not allowed"),
        (b"a: !unsafe [x]\n", "p.yml:1:4 the tag `!unsafe` is not allowed\n    put it before each"),
        (b"!unsafe a: 1\n", "p.yml:1:1 a key must be text"),
    ],
)
def test_a_wrong_file_is_a_located_problem(text: bytes, expected: str) -> None:
    assert expected in "\n".join(problems(text))


def test_a_file_above_one_mebibyte_is_refused_before_it_is_parsed() -> None:
    assert problems(b"[" * (MAX_BYTES + 1)) == ["p.yml the file is larger than 1 MiB\n    split it"]


def test_an_alias_bomb_is_refused_when_its_values_grow_too_many() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (found,) = problems("\n".join(lines).encode())
    assert found.startswith("p.yml:6:11 the file stands for more than 200000 values")


def test_a_text_whose_lines_are_folded_says_so() -> None:
    document = load(b"a: >\n  x\n  y\nb: x\n", "p.yml")
    assert isinstance(document["a"], FoldedText)
    assert not isinstance(document["b"], FoldedText)


def test_texts_marks_what_a_person_wrote_and_leaves_other_values() -> None:
    where = Where("-e")
    marked = texts({"a": ["{{ x }}", 1]}, where)
    assert marked == {"a": ["{{ x }}", 1]}
    assert isinstance(marked["a"][0], Text)
    assert marked["a"][0].where == where


def test_places_of_a_plain_mapping_are_those_of_what_holds_it() -> None:
    assert place({"a": 1}, Where("f", 1, 2), "a") == Where("f", 1, 2)
    assert Map(where=Where("f", 1, 2)).where == Where("f", 1, 2)


def complaint(raw: bytes) -> str:
    try:
        load(raw, "p.yml")
    except UsageError as error:
        return str(error)
    return "p.yml is fine"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_otherwise(raw: bytes) -> None:
    assert complaint(raw).startswith("p.yml")


@settings(deadline=None)
@given(st.text(alphabet="abc:-[]{}&*!|>'\"#%@`,?\n \t0.<", max_size=80))
def test_no_punctuation_makes_it_fail_otherwise(text: str) -> None:
    assert complaint(text.encode()).startswith("p.yml")
