from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.template import Renderer

AT = Where("p.yml", 3, 10)
VARIABLES = {"x": 5, "words": ["b", "a"], "host": {"name": "web1", "items": 3}, "yes": "yes"}


def render(text: str) -> object:
    return Renderer().render(Text(text, AT), VARIABLES)


def error(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        render(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ ''['__class__'] }}",
        "{{ x.__init__.__globals__ }}",
        "{{ (x|string).__mro__ }}",
        "{{ ''|attr('__class__') }}",
        "{{ ['a']|map(attribute='__class__')|list }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ['{0.__class__}'.format]|map('upper')|list }}",
        "{{ '{x.__class__}'.format_map({'x': 1}) }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self.__init__ }}",
        "{{ words.append(3) }}",
        "{{ host.update({'a': 1}) }}",
        "{{ range.__self__ }}",
        "{{ lipsum(n=10**9) }}",
        "{% include '/etc/passwd' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% autoescape 'x'|center(10**10) %}{% endautoescape %}",
        "{{ x.to_bytes(10**9, 'big') }}",
        "{{ 'a'.encode() }}",
        "{{ words.__len__() }}",
        "{% set f = ''.join %}{{ f.__self__ }}",
    ],
)
def test_nothing_outside_the_variables_can_be_reached(text: str) -> None:
    assert error(text).startswith("p.yml:3:")


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 10**10 }}",
        "{{ 10**10 * 'x' }}",
        "{{ [1] * 10**10 }}",
        "{{ 10**(10**10) }}",
        "{{ 2**4000 * 2**4000 }}",
        "{{ 'x'|center(10**10) }}",
        "{{ 'x'.ljust(10**10) }}",
        "{{ 'x'.zfill(10**10) }}",
        "{{ 'x'|indent(10**10) }}",
        "{{ '%10000000000d' % 1 }}",
        "{{ '%*d' % (10**10, 1) }}",
        "{{ '%((a))5000000s' % {'(a)': 1} }}",
        "{{ '%5000000s'|format(1) }}",
        "{{ range(10**9)|list }}",
        "{{ range(10**30)|list }}",
        "{{ [1]|batch(10**9, 'x')|list }}",
        "{{ ('a' * 100000).replace('a', 'b' * 1000) }}",
        "{{ ('a' * 100000)|replace('a', 'b' * 1000) }}",
        "{{ ('a' * 1000)|regex_replace('a', 'b' * 100000) }}",
        "{{ ('a' * 100000)|regex_replace('(.*)', '\\\\1' * 1000) }}",
        "{{ ['a' * 100000] * 1000 }}",
        "{{ (['a' * 100000] * 20)|join(',' * 1000000) }}",
        "{{ ('a' * 1000000).join(words * 1000) }}",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% macro f(n) %}{{ f(n) }}{% endmacro %}{{ f(1) }}",
        "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(40) }}",
        "{% set n = namespace(x='aa') %}"
        "{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}"
        "{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
        "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
        "{% for i in words recursive %}{{ loop(words) }}{% endfor %}",
        "{{ ('a' * 40 ~ 'b')|regex_search('(a+)+$') }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "[" * 3000 + "]" * 3000 + " }}",
        "{{ " + "-" * 5000 + "1 }}",
        "{{ 'inf'|float }}",
    ],
)
def test_work_and_size_are_bounded(text: str) -> None:
    assert error(text).startswith("p.yml:3:")


@pytest.mark.parametrize("text", ["{{ 'x' * 10**10 }}", "{{ 'x'|center(10**10) }}"])
def test_nothing_is_computed_while_a_text_is_only_read(text: str) -> None:
    renderer = Renderer()
    assert renderer.reads(Text(text, AT)) == frozenset()


def test_a_constant_that_cannot_be_rendered_is_wrong_already_for_lint() -> None:
    (problem,) = Renderer().check(Text("{{ 'x' * 10**10 }}", AT))
    assert str(problem).startswith("p.yml:3:10 a value would be 10000000000 long")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ xx }}", "p.yml:3:13 `xx` is not defined. Did you mean 'x'?"),
        ("a\n  {{ nope }}", "p.yml:4:15 `nope` is not defined"),
        ("{{ host.nam }}", "p.yml:3:18 `nam` is not there. Did you mean 'name'?"),
        ("{{ [nope] }}", "p.yml:3:14 `nope` is not defined"),
        ("{{ x|uper }}", "p.yml:3:15 there is no filter 'uper'. Did you mean 'upper'?"),
        ("{{ x is definde }}", "there is no test 'definde'. Did you mean 'defined'?"),
        ("{{ ( }}", "p.yml:3:15 not valid Jinja2"),
        ("{% if x %}", "p.yml:3:10 not valid Jinja2"),
        ("{{ 1/0 }}", "p.yml:3:10 the expression divides by zero"),
        ("{{ words + 1 }}", "p.yml:3:10 the expression does not fit its values"),
        ("{% include 'x' %}", "p.yml:3:10 {% include %} is not in this version of mplay"),
        ("{{ 'maybe'|bool }}", "'maybe' is neither yes nor no"),
    ],
)
def test_an_error_says_where_and_what(text: str, expected: str) -> None:
    assert expected in error(text)


WORDS = (
    "{{ }} {% %} {# x words | join ' ( ) [ ] . * ** , - for in endfor if endif 1 10 ~ host "
    "__class__ set = namespace ( ) is defined not"
)
FRAGMENTS = WORDS.split()


def complaint(parts: list[str], attempt: Callable[[Text, Mapping[str, object]], object]) -> str:
    try:
        attempt(Text(" ".join(parts), AT), VARIABLES)
    except UsageError as found:
        return str(found)
    return "p.yml:3: fine"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14))
def test_no_text_makes_it_fail_otherwise(parts: list[str]) -> None:
    renderer = Renderer()
    assert complaint(parts, renderer.render).startswith("p.yml:3:")
    assert complaint(parts, renderer.condition).startswith("p.yml:3:")
