"""Filters, tests and lookups come to what they come to in ansible-core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.spec import DiskFiles, Finder
from mplay.spec.lookups import LookupFiles
from mplay.template import Renderer
from tests.parity.expressions import EQUAL
from tests.parity.oracle import Oracle

AT = Where("p.yml", 1, 1)
VARIABLES: dict[str, Any] = {
    "one": 1,
    "words": ["b", "a", "B", "a"],
    "numbers": [3, 1, 2, 3],
    "nested": [1, [2, [3, None]], "null"],
    "empty": "",
    "nothing": None,
    "host": {"name": "web1", "port": 80, "tags": ["x", "y"]},
    "deep": {"a": {"x": 1, "l": [1, 2]}, "b": [1]},
    "other": {"a": {"y": 2, "l": [2, 3]}, "b": [2], "c": None},
    "users": [
        {"name": "alice", "groups": ["wheel", "db"], "keys": {"ssh": ["k1", "k2"]}},
        {"name": "bob", "groups": [], "keys": {"ssh": ["k3"]}},
    ],
    "odd": [{"name": "carol"}, {"name": "dave", "groups": ["x"]}],
    "said": 'it\'s <b>ünï</b>\n"quoted" 100%',
    "path": "/etc/nginx/conf.d/site.conf",
    "url": "https://user:pw@example.org:8443/a/b?c=d&e#f",
    "result": {"changed": True, "failed": False, "skipped": False, "unreachable": False},
    "bad": {"changed": False, "failed": True, "skipped": True, "unreachable": True},
    "greeting": "hello {{ host.name }}",
}
UNORDERED = """
words | union(numbers)
words | intersect(['a', 'B', 'z'])
numbers | difference([1])
[1, 2, 2] | symmetric_difference([2, 3])
users | union([host])
[[1], [2]] | intersect([[2], [3]])
[[1], [2], [2]] | difference([[1]])
[[1], [2]] | symmetric_difference([[2], [3]])
"""
REFUSED_BY_BOTH = r"""
missing
host.missing
missing | mandatory
nofilter | x
one | nofilter
one is notest
[1] | combine({})
{'a': 1} | combine({}, list_merge='x')
'a' | dict2items
[1] | items2dict
users | subelements('missing')
'aaa' | regex_replace('a', 'b', mandatory_count=2)
'x' | regex_search('(', '\1')
'x' | regex_search('x', 'one')
'a' | hash('none')
'10Q' | human_to_bytes
'1Kb' | human_to_bytes
'x' | human_to_bytes
'{a' | from_json
'a: [' | from_yaml
'2024' | to_datetime
'x' | strftime('y')
users | rekey_on_member('groups')
'1' is version('')
'1' is version('1', '~')
'1.a' is version('1.1', '<')
'1' is version('1', '>', version_type='x')
'1' is version('1', '>', strict=true)
lookup('nolookup')
lookup('file', 'none.txt')
lookup('vars', 'missing')
lookup('env', 'NOT_THERE', default=undef())
lookup('sequence', 'start=1')
lookup('sequence', 'start=3 end=1')
lookup('first_found', ['none.txt'])
undef('give a name')
words[9]
one / 0
'a' + 1
"""
STRICTER = {
    "5 | combine": "combine takes mappings",
    "'maybe' | bool": "is neither yes nor no",
    "'y' | bool": "is neither yes nor no",
    "'%Y' | strftime": "strftime needs the seconds",
    "10 | random": "random needs a seed",
    "words | shuffle": "shuffle needs a seed",
    "'a-b' | b64decode": "not base64",
    "'a' | b64encode('no-such')": "is not known",
    "lookup('env', 'GREET' ~ 'ING')": "must stand in a file as it is",
    "lookup('file', host.name ~ '.txt')": "there is no file",
    "'x' * 10000000": "long",
    "words | json_query('[0]')": "there is no filter 'json_query'",
    "'x' | password_hash('sha512')": "there is no filter 'password_hash'",
    "lookup('pipe', 'true')": "there is no lookup 'pipe'",
    "'/etc' is directory": "there is no test 'directory'",
    "now()": "`now` is not defined",
}


def cases(table: str) -> list[str]:
    """One expression a line; what YAML would make of ``\\n`` between double quotes is a break."""
    lines = table.strip().splitlines()
    return [line.replace("\\n", "\n") for line in lines]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("filters")
    (root / "files").mkdir()
    (root / "templates").mkdir()
    (root / "files" / "hello.txt").write_text("hello {{ not }} evaluated \n\n")
    (root / "files" / "spaced.txt").write_text("  spaced\n")
    (root / "templates" / "greet.j2").write_text(
        "{% if true %}\nhello {{ host.name }}\n{% endif %}\n"
    )
    (root / "templates" / "number.j2").write_text("{{ one }}")
    return root


def texts(value: Any) -> Any:
    """Variables as they come from a file."""
    if isinstance(value, str):
        return Text(value, AT)
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items()}
    return [texts(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Both:
    """mplay's renderer and Ansible's, with the same variables."""

    renderer: Renderer
    oracle: Oracle
    variables: dict[str, Any]

    def ours(self, expression: str) -> Any:
        return self.renderer.render(Text("{{ " + expression + " }}", AT), texts(self.variables))

    def theirs(self, expression: str) -> Any:
        return self.oracle.ask("render", "{{ " + expression + " }}", self.variables)


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[Both]:
    files = LookupFiles(finder=Finder(files=DiskFiles(), root=folder), playbook_dir=folder)
    renderer = Renderer(files=files, environment={"GREETING": "hello  there"})
    with Oracle(folder) as oracle:
        yield Both(renderer, oracle, {**VARIABLES, "folder": str(folder)})


@pytest.mark.parametrize("expression", cases(EQUAL))
def test_an_expression_comes_to_the_same(both: Both, expression: str) -> None:
    assert both.ours(expression) == both.theirs(expression)


@pytest.mark.parametrize("expression", cases(UNORDERED))
def test_an_expression_comes_to_the_same_items(both: Both, expression: str) -> None:
    """Ansible's sets have no order; mplay keeps that of the lists."""
    found, expected = both.ours(expression), both.theirs(expression)
    assert sorted(found, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("expression", cases(REFUSED_BY_BOTH))
def test_what_ansible_refuses_is_refused_at_its_place(both: Both, expression: str) -> None:
    with pytest.raises(ValueError, match=r"Ansible|Error"):
        both.theirs(expression)
    with pytest.raises(UsageError, match=r"^p\.yml:1:\d+ "):
        both.ours(expression)


@pytest.mark.parametrize("expression", STRICTER)
def test_what_would_not_come_to_the_same_twice_is_refused(both: Both, expression: str) -> None:
    with pytest.raises(UsageError, match=r"^p\.yml:1:\d+ ") as refused:
        both.ours(expression)
    assert STRICTER[expression] in str(refused.value)


TEXTS = [
    "port {{ one }}",
    "a{{ nothing }}b",
    "{{ one }}{{ one }}",
    " {{ one }}",
    "{{ one }}\n",
    "{{ one }}\n\n",
    "{{ words }}\n",
    "{{ said }}\n",
    "{{ said }}\n\n",
    "{{ said ~ '\\n' }}\n",
    "x {{ one }}\n\n",
    "{{ one }} \n",
    "{{ one }}{# a note #}\n",
    "{{ nothing }}",
    "{% for w in words %}{{ w }},{% endfor %}",
    "{% for w in words %}\n{{ w }}\n{% endfor %}\n",
    "{% if true %}\nx\n{% endif %}\ny\n",
    "{% if one == 1 %}{{ words }}{% endif %}",
    "{%- if true %} a {%- endif %} b",
    "{% set x = 5 %}{{ x }}",
    "{% set x = words | length %}\n{{ x }}",
    "{% set s = namespace(n=0) %}{% for w in words %}{% set s.n = s.n + 1 %}{% endfor %}{{ s.n }}",
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, b=3) }}",
    "{% raw %}{{ one }}{% endraw %}",
    "{# a note #}{{ one }}",
    "{{ words }}",
    "list {{ words }}",
    "mapping {{ {'a': 1, 'b': none, 'c': true} }}",
    "{{ true }} {{ 1.0 }} {{ 1e3 }} {{ -0.5 }}",
    "{{ greeting }}!",
    "{{ host.name }}:{{ host['port'] + 1 }}",
    "{{ 'x' if one > 1 else 'y' }}",
    "{{ [greeting, one] }}",
    "{{ 'it' ~ \"'s\" }}",
    "no template { at } all %}",
    "{{ words[1:3] }} {{ words[-1] }}",
    "{{ words | first }}{{ words | last }}",
    "{{ (one, 2) }}",
    "{% for k, v in host.items() %}{{ loop.index }}/{{ loop.length }} {{ k }};{% endfor %}",
    "{% for w in words if w != 'a' %}{{ loop.first }}{{ loop.last }}{% else %}none{% endfor %}",
    "{{ 7 // 2 }} {{ 7 / 2 }} {{ 7 % 4 }} {{ 2 ** 8 }}",
    "{{ not true or (one in [1, 2] and one is number) }}",
]
CONDITIONS = [
    "one == 1",
    "one == 1 and host.port > 79",
    "not (result is changed)",
    "result is changed and not result is failed",
    "host.name is match('web\\d')",
    "host.name is search('1$') or missing is defined",
    "words | length > 2",
    "'a' in words",
    "missing | default(false)",
    "'yes' | bool",
    "missing is undefined",
    "greeting == 'hello web1'",
    "true",
    "(users | selectattr('name', 'eq', 'bob') | list | length) == 1",
    "host.name | regex_replace('(\\\\d)', '<\\\\1>') == 'web<1>'",
    "'1.10' is version('1.9', '>')",
]
NO_CONDITIONS = [
    "one",
    "words",
    "'yes'",
    "nothing",
    "missing",
    "host.name",
    "one ==",
    "missing > 1",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_to_the_same(both: Both, text: str) -> None:
    found = both.renderer.render(Text(text, AT), texts(both.variables))
    assert found == both.oracle.ask("render", text, both.variables)


@pytest.mark.parametrize("text", CONDITIONS)
def test_a_condition_holds_where_it_holds_in_ansible(both: Both, text: str) -> None:
    found = both.renderer.condition(Text(text, AT), texts(both.variables))
    assert found is both.oracle.ask("when", text, both.variables)


@pytest.mark.parametrize("text", NO_CONDITIONS)
def test_what_is_no_condition_in_ansible_is_refused(both: Both, text: str) -> None:
    with pytest.raises(ValueError, match="Ansible"):
        both.oracle.ask("when", text, both.variables)
    with pytest.raises(UsageError, match=r"^p\.yml:1:\d+ "):
        both.renderer.condition(Text(text, AT), texts(both.variables))


ADDRESSES = json.loads((Path(__file__).parent / "addresses.json").read_text())
"""Expressions, and what ansible.utils 6.0.0 with netaddr 1.3.0 made of them."""


@pytest.mark.parametrize(("expression", "expected"), ADDRESSES)
def test_addresses_are_what_ansible_utils_makes_of_them(
    both: Both, expression: str, expected: Any
) -> None:
    if expected == {"error": True}:
        with pytest.raises(UsageError, match=r"^p\.yml:1:1 "):
            both.ours(expression)
    else:
        found = both.ours(expression)
        assert (found, type(found)) == (expected, type(expected))


DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text("ab'\"\\ \n#:-}é", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab1 -:", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
OF_DATA = [
    "data | to_json",
    "data | to_nice_json",
    "data | to_yaml",
    "data | to_nice_yaml",
    "[data] | flatten",
    "data | to_json | from_json",
    "data | to_yaml | from_yaml",
    "data | to_json | hash('sha256')",
    "data | string | b64encode",
    "data | to_json | quote",
    "data | to_json | comment",
    "data | to_json | regex_escape",
    "{'a': data} | combine({'a': data, 'b': data}, recursive=true, list_merge='append')",
    "[data, data] | unique",
    "data ~ ''",
    "data is truthy(convert_bool=true)",
]


@settings(max_examples=300, deadline=None)
@given(data=DATA, expression=st.sampled_from(OF_DATA))
def test_any_data_comes_to_the_same(both: Both, data: Any, expression: str) -> None:
    with_data = replace(both, variables={"data": data})
    assert with_data.ours(expression) == with_data.theirs(expression)
