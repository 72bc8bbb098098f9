from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from mplay.model.errors import InvalidInput, UsageError, Where
from mplay.model.playbook import Text
from mplay.template import DYNAMIC, Renderer, is_dynamic

AT = Where("p.yml", 3, 10)


def text(value: str, line: int = 3) -> Text:
    return Text(value, Where("p.yml", line, 10))


def render(value: str, **variables: object) -> object:
    return Renderer().render(text(value), variables)


def test_a_lone_expression_keeps_its_type() -> None:
    assert render("{{ x }}", x=[1, {"a": True}]) == [1, {"a": True}]
    assert render("{{ x + 1 }}", x=1) == 2
    assert render("{{ x }}", x=None) is None
    assert render("{{ '5' }}") == "5", "a text that looks like a number stays text"
    assert render("{{ x }}", x="[1, 2]") == "[1, 2]"


def test_more_than_an_expression_is_text() -> None:
    assert render("port {{ x }}", x=80) == "port 80"
    assert render("{{ x }}{{ x }}", x=1) == "11"
    assert render("a{{ none }}b") == "ab"
    assert render("{{ x }}\n", x=1) == 1, "a break at the end does not count"
    assert render("{{ x }}\n", x="a") == "a\n"
    assert render("{{ x }}", x=(i for i in (1, 2))) == [1, 2]


def test_what_is_no_text_of_a_file_is_never_evaluated() -> None:
    renderer = Renderer()
    assert renderer.render("{{ evil }}", {}) == "{{ evil }}"
    assert renderer.render(text("{{ said }}"), {"said": "{{ evil }}"}) == "{{ evil }}"
    assert renderer.render(text("got: {{ said }}"), {"said": "{{ evil }}"}) == "got: {{ evil }}"


def test_the_output_of_a_rendering_is_plain_and_rendering_it_again_changes_nothing() -> None:
    renderer = Renderer()
    once = renderer.render({"a": [text("{{ '{{' }} 1 }}"), text("plain")]}, {})
    assert once == {"a": ["{{ 1 }}", "plain"]}
    assert not isinstance(once["a"][0], Text)
    assert not isinstance(once["a"][1], Text)
    assert renderer.render(once, {}) == once


def test_variables_may_refer_to_each_other() -> None:
    variables = {"a": text("{{ b.c }}!"), "b": {"c": text("{{ d }}")}, "d": 1}
    assert render("{{ a }}", **variables) == "1!"


def test_variables_that_need_each_other_are_drawn() -> None:
    variables = {"a": text("{{ b }}", 5), "b": text("{{ a }}", 6)}
    with pytest.raises(UsageError) as caught:
        render("{{ a }}", **variables)
    assert str(caught.value) == "p.yml:5:10 variables need each other in a circle: a -> b -> a"


def test_an_inner_layer_is_seen_by_the_variables_of_an_outer_one() -> None:
    renderer = Renderer()
    outer = renderer.scope({"name": "x", "greeting": text("hello {{ name }}")})
    assert renderer.render(text("{{ greeting }}"), outer) == "hello x"
    inner = renderer.scope(outer, {"name": "y"})
    assert renderer.render(text("{{ greeting }}"), inner) == "hello y"


def test_a_scope_among_the_variables_is_resolved_with_its_own_variables() -> None:
    renderer = Renderer()
    other = renderer.scope({"port": text("{{ base + 1 }}"), "base": 80})
    variables = {"hostvars": {"web1": other}, "base": 0}
    assert renderer.render(text("{{ hostvars['web1'].port }}"), variables) == 81


def test_a_variable_is_resolved_once() -> None:
    renderer = Renderer()
    calls: list[str] = []

    class Counting(dict[str, object]):
        def __getitem__(self, key: str) -> object:
            calls.append(key)
            return super().__getitem__(key)

    scope = renderer.scope(Counting(a=text("{{ 1 + 1 }}")))
    assert renderer.render([text("{{ a }}"), text("{{ a }}")], scope) == [2, 2]
    assert calls == ["a"]


def test_a_scope_is_read_from_several_threads() -> None:
    renderer = Renderer()
    scope = renderer.scope(
        {f"v{n}": text(f"{{{{ v{n - 1} + 1 }}}}") for n in range(1, 60)}, {"v0": 0}
    )
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(renderer.render(text("{{ v59 }}"), scope)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [59] * 8


def test_errors_of_several_values_are_told_together() -> None:
    with pytest.raises(InvalidInput) as caught:
        Renderer().render({"a": text("{{ x }}", 1), "b": [text("{{ y }}", 2)]}, {})
    assert [str(p) for p in caught.value.problems] == [
        "p.yml:1:13 `x` is not defined",
        "p.yml:2:13 `y` is not defined",
    ]


def test_an_argument_that_comes_to_omit_is_left_out() -> None:
    args = {
        "mode": text("{{ mode | default(omit) }}"),
        "dest": text("/x"),
        "l": [text("{{ omit }}")],
    }
    assert Renderer().render(args, {}) == {"dest": "/x", "l": []}


def test_a_missing_value_inside_a_missing_value_has_a_default() -> None:
    assert render("{{ a.b.c | default('d') }}") == "d"
    assert render("{{ a.b is defined }}", a={}) is False


def test_a_key_of_a_mapping_comes_before_its_method() -> None:
    assert render("{{ r.items }}", r={"items": [1]}) == [1]
    assert render("{{ r.items() | list }}", r={"a": 1}) == [["a", 1]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("x == 5", True),
        ("not flag", False),
        ("true", True),
        ("{{ x > 5 }}", False),
        ("missing is defined", False),
        ("results['a'].changed or x in [1]", True),
        ("results.a is changed", True),
        ("results['a'] is failed", False),
        ("'web1' is match('web')", True),
        ("words | length > 0", True),
    ],
)
def test_a_condition_is_a_bare_expression(condition: str, expected: bool) -> None:
    result = SimpleNamespace(changed=True, failed=False)
    variables = {"x": 5, "flag": True, "words": ["a"], "results": {"a": result}}
    assert Renderer().condition(text(condition), variables) is expected


@pytest.mark.parametrize("condition", ["x", "word", "words", "none"])
def test_a_condition_that_is_neither_true_nor_false_is_an_error(condition: str) -> None:
    variables = {"x": 1, "word": "false", "words": [1]}
    with pytest.raises(UsageError, match="a condition must be true or false"):
        Renderer().condition(text(condition), variables)


def test_a_condition_in_the_middle_of_braces_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"p.yml:3:\d+ not valid Jinja2"):
        Renderer().condition(text("x }} {{ y"), {"x": True, "y": True})


def test_the_variables_that_a_value_reads_are_known_through_other_variables() -> None:
    renderer = Renderer()
    variables = {"a": text("{{ b }}"), "b": {"c": text("{{ results['x'].stdout }}")}}
    value = {"k": [text("{{ a }} {% set own = 1 %}{{ own }} {{ range(3) }}")]}
    assert renderer.reads(value) == {"a"}
    assert renderer.reads(value, variables) == {"a", "b", "results"}
    assert renderer.results_read(value, variables) == {"x"}
    assert renderer.reads(text("a and item"), condition=True) == {"a", "item"}


def test_results_are_known_by_their_constant_names_only() -> None:
    renderer = Renderer()
    found = renderer.results_read(text("{{ results['a/b'].x ~ results.c.x ~ results[n].x }}"))
    assert found == {"a/b", "c", DYNAMIC}
    assert renderer.results_read(text("{% set r = results %}{{ r['a'] }}")) == {DYNAMIC}


def test_a_template_file_is_text_whatever_it_holds() -> None:
    renderer = Renderer()
    source = Text("{% for w in words %}\n{{ w }}\n{% endfor %}\n", Where("t.j2", 1, 1))
    assert renderer.template(source, {"words": ["a", "b"]}) == "a\nb\n"
    assert renderer.template(Text("{{ x }}", AT), {"x": 5}) == "5"
    assert renderer.template(Text("{{ x }}", AT), {"x": None}) == ""


def test_an_error_in_a_template_file_names_its_line() -> None:
    source = Text("one\ntwo {{ nope }}\n", Where("t.j2", 1, 1))
    with pytest.raises(UsageError) as caught:
        Renderer().template(source, {})
    assert str(caught.value) == "t.j2:2:8 `nope` is not defined"


def test_only_texts_with_jinja_are_dynamic() -> None:
    assert is_dynamic({"a": [text("{{ x }}")]})
    assert not is_dynamic({"a": [text("x"), "{{ data }}", 1]})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'a b' | quote", "'a b'"),
        ("'/a/b.c' | basename", "b.c"),
        ("'/a/b.c' | dirname", "/a"),
        ("'/a/b.c' | splitext", ["/a/b", ".c"]),
        ("'yes' | bool", True),
        ("'7' | int + 1", 8),
        ("'ä' | b64encode", "w6Q="),
        ("'w6Q=' | b64decode", "ä"),
        ("{'b': 1, 'a': [true, none]} | to_json", '{"b": 1, "a": [true, null]}'),
        ("'[1]' | from_json", [1]),
        ("{'a': {'b': 1}} | to_yaml", "a: {b: 1}\n"),
        ("{'a': {'x': 1}} | combine({'a': {'y': 2}}, recursive=true)", {"a": {"x": 1, "y": 2}}),
        ("{'a': {'x': 1}} | combine({'a': {'y': 2}})", {"a": {"y": 2}}),
        ("'foo.bar' | regex_replace('^(\\w+)\\.', '\\1-')", "foo-bar"),
        ("'abc' | regex_search('b.')", "bc"),
        ("'abc' | regex_search('x')", None),
        ("'a1b2' | regex_findall('[0-9]')", ["1", "2"]),
        ("'a.b' | regex_escape", "a\\.b"),
        ("(true | ternary(1, 2), false | ternary(1, 2))", [1, 2]),
        ("{'a': 1} | dict2items", [{"key": "a", "value": 1}]),
        ("[{'key': 'a', 'value': 1}] | items2dict", {"a": 1}),
        ("[[1], [2, [3]]] | flatten", [1, 2, 3]),
        ("[1, 2] | union([2, 3])", [1, 2, 3]),
        ("[1, 2] | difference([2])", [1]),
        ("[1, 2] | intersect([2])", [2]),
        ("'a' | hash('sha256') | length", 64),
        ("'a,b' | split(',')", ["a", "b"]),
        ("[3, 1] | sort | join('-')", "1-3"),
        ("[{'n': 2}, {'n': 1}] | map(attribute='n') | list", [2, 1]),
        ("[1, 2, 3] | select('odd') | list", [1, 3]),
        ("'%03d' % 7", "007"),
        ("'a' ~ 1 ~ none", "a1None"),
    ],
)
def test_filters_have_ansibles_meaning(expression: str, expected: object) -> None:
    assert render("{{ " + expression + " }}") == expected
