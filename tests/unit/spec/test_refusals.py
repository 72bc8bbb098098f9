from __future__ import annotations

import pytest

from mplay.source import MAX_BYTES
from tests.unit.spec.books import problems


def steps(text: str) -> str:
    """One step in flow style, at column 9."""
    return f"steps: [{text}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "book/p.yml the playbook is empty"),
        ("{}", "book/p.yml the playbook is empty"),
        ("hello", "book/p.yml a playbook is a mapping with `steps`, not one value"),
        ("- hosts: all\n  tasks: []\n", "book/p.yml:1:1 a playbook is a mapping, not a list"),
        ("name: x", "book/p.yml:1:1 the playbook has no steps"),
        ("steps: []", "book/p.yml:1:1 the playbook has no steps"),
        ("steps: x", "book/p.yml:1:8 `steps` is a list of steps, not 'x'"),
        ("steps: [5]", "book/p.yml:1:9 a step is a mapping, not 5"),
        ("steps: [{poke: }]\nsteps: []", "book/p.yml:2:1 the key 'steps' is given twice"),
        ("steps:\n\t- poke:", "book/p.yml:2:1 not valid YAML: a tab cannot indent"),
        ("[" * 3000, "book/p.yml:1:65 values are nested more than 64 deep"),
        ("steps: !!python/name:os.system x", "the tag `!!python/name:os.system` is not allowed"),
        ("x" * (MAX_BYTES + 1), "book/p.yml the file is larger than 1 MiB"),
        (
            "{stps: [], steps: [{poke: }]}",
            "1:2 a playbook has no key 'stps'. Did you mean 'steps'?",
        ),
        ("{tasks: [], steps: [{poke: }]}", "they are called `steps`"),
        ("{cadence: hourly, steps: [{poke: }]}", "1:11 `cadence` is one of daily, weekly, monthly"),
        ("{hosts: [1, {}], steps: [{poke: }]}", "1:13 `hosts` is a list of words, not a mapping"),
        ("{hosts: '', steps: [{poke: }]}", "1:10 `hosts` is empty"),
        ("{become: maybe, steps: [{poke: }]}", "1:10 `become` is yes or no, not 'maybe'"),
        ("{max_failed: 120%, steps: [{poke: }]}", "1:14 `max_failed` is a number of hosts"),
        ("{on_failure: rollbak, steps: [{poke: }]}", "(did you mean 'rollback'?), not 'rollbak'"),
        ("{vars: [], steps: [{poke: }]}", "1:8 `vars` is a mapping, not a list"),
        ("{vars: {a-b: 1}, steps: [{poke: }]}", "1:9 a name in `vars` is made of letters"),
        ("{vars: {item: 1}, steps: [{poke: }]}", "1:9 the variable 'item' is set by mplay"),
        ("{vars: {a: '{{ b'}, steps: [{poke: }]}", "1:13 not valid Jinja2"),
        (
            "{vars_files: [no.yml], steps: [{poke: }]}",
            "cannot read 'book/no.yml': there is no such",
        ),
        (
            "{vars_files: ['{{ x }}'], steps: [{poke: }]}",
            "`vars_files` names files, without Jinja2",
        ),
        ("{environment: {A: [1]}, steps: [{poke: }]}", "`environment` takes texts and numbers"),
    ],
)
def test_a_wrong_playbook_is_a_located_problem(text: str, expected: str) -> None:
    assert expected in "\n".join(problems(text))


@pytest.mark.parametrize("key", ["health", "observe"])
def test_keys_of_a_playbook_that_come_later_are_refused_by_name(key: str) -> None:
    assert problems(f"{key}: []\nsteps: [{{poke: }}]") == [
        f"book/p.yml:1:1 `{key}` is not in this version of mplay"
    ]


@pytest.mark.parametrize("key", ["revert_after"])
def test_keys_of_a_step_that_come_later_are_refused_by_name(key: str) -> None:
    assert problems(steps(f"{{poke: , {key}: 1}}")) == [
        f"book/p.yml:1:18 `{key}` is not in this version of mplay"
    ]


def test_a_module_of_a_later_version_is_refused_by_name() -> None:
    (module,) = problems(steps("{pip_release: {lock: x}}"))
    assert module == "book/p.yml:1:10 the module `pip_release` is not in this version of mplay"


@pytest.mark.parametrize("handlers", ["restart", "[restart, reload]"])
def test_notify_beside_a_module_is_the_key_of_ansible(handlers: str) -> None:
    (key,) = problems(steps(f"{{poke: , notify: {handlers}}}"))
    assert "a step has no key 'notify'" in key
    assert "on_change" in key


@pytest.mark.parametrize("key", ["checks", "soak"])
def test_keys_of_between_that_come_later_are_refused_by_name(key: str) -> None:
    block = f"{{id: b, serial: 1, between: {{{key}: 1}}, steps: [{{poke: }}]}}"
    (found,) = problems(steps(block))
    assert found.endswith(f"`{key}` is not in this version of mplay")


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{}", "1:9 this step calls no module"),
        ("{id: a}", "1:9 this step calls no module"),
        (
            "{id: a, pok: {}}",
            "1:17 'pok' is neither a key of a step nor a module. Did you mean 'poke'",
        ),
        ("{id: a, wen: x, poke: }", "1:17 a step has no key 'wen'. Did you mean 'when'?"),
        ("{poke: , register: x}", "every result is kept: results['ID']"),
        ("{poke: , look: }", "1:18 a step calls one module, and this one calls poke and look"),
        ("{id: 'a b', poke: }", "1:15 `id` is made of letters, digits, _ and -"),
        ("{id: a/b, poke: }", "1:14 `id` is made of letters"),
        (
            "{id: yes, poke: }",
            "`id` is made of letters, digits, _ and - (at most 64 of them), not yes",
        ),
        ("{poke: [1]}", "1:16 the arguments of poke are a mapping, not a list"),
        ("{poke: {wat: 1}}", "1:17 poke has no argument 'wat'. Did you mean 'what'?"),
        ("{touch: {}}", "touch needs the argument 'path'"),
        ("{touch: {path: /x, state: presnt}}", "1:28 touch: state must be one of 'present' or"),
        ("{touch: {path: '{{ x }}', state: presnt}}", "touch: state must be one of"),
        ("{touch: {path: '{{ x }}', stat: present}}", "touch has no argument 'stat'. Did you mean"),
        ("{touch: {state: '{{ x }}'}}", "touch needs the argument 'path'"),
        (
            "{touch: {path: /x, src: gone}}",
            "1:28 there is no file 'gone'\n    looked for book/files/gone",
        ),
        ("{touch: {path: '{{ x }}', src: gone}}", "there is no file 'gone'"),
        (
            "{poke: {what: '{{ x | uper }}'}}",
            "1:31 there is no filter 'uper'. Did you mean 'upper'",
        ),
        ("{poke: {what: \"{{ 'x' * 10**10 }}\"}}", "a value would be 10000000000 long"),
        ("{poke: {what: '{{ \"\".__class__ }}'}}", "a template cannot reach `__class__`"),
        ("{burn: rm x}", "1:10 burn has no way back with these arguments"),
        ("{burn: rm x creates=/y, irreversible: z}", "`creates=` inside the text of burn"),
        ("{poke: nginx}", "'nginx' is no argument of poke"),
        ("{poke: , when: x ==}", "1:24 not valid Jinja2"),
        ("{poke: , when: {a: 1}}", "1:24 `when` is an expression, not a mapping"),
        ("{poke: , loop: x}", "1:24 `loop` is a list, or Jinja2 that gives one, not 'x'"),
        ("{poke: , run_once: maybe}", "`run_once` is yes or no, not 'maybe'"),
        ("{look: , until: result.rc == 0}", "`until` is a time such as 3m, not an expression"),
        ("{poke: , until: 3m}", "1:10 `until` polls a check, and poke is none"),
        ("{look: , delay: 3}", "1:18 `delay` means nothing without `until`"),
        ("{poke: , verify: [{burn: x}]}", "1:28 `verify` takes checks only, and burn is none"),
        ("{poke: , verify: [{lok: x}]}", "1:28 there is no module 'lok'. Did you mean 'look'?"),
        ("{poke: , verify: [look]}", "1:27 `verify` is a list of calls"),
        ("{poke: , rollback: [{poke: {wat: 1}}]}", "poke has no argument 'wat'"),
        ("{poke: , needs: [3x, {scope: x}]}", "1:26 poke needs '3x', which is no step"),
        ("{poke: , needs: [{step: a, scope: x}]}", "`scope` is host or all, not 'x'"),
        (
            "{ask: {text: x}, hosts: web}",
            "1:33 ask is asked once, on localhost: it takes no `hosts`",
        ),
        ("{ask: {text: x}, loop: [1]}", "ask is asked once: it takes no `loop`"),
        ("{id: b, steps: []}", "1:9 this block has no steps"),
        (
            "{id: b, serial: 0, steps: [{poke: }]}",
            "an entry of `serial` is a number of hosts from 1",
        ),
        ("{id: b, serial: [1, 0%], steps: [{poke: }]}", "1:29 an entry of `serial`"),
        ("{id: b, poke: , steps: [{poke: }]}", "a block calls no module, and this one calls poke"),
        ("{id: b, between: {ask: first}, steps: [{poke: }]}", "means nothing without `serial`"),
        ("{serial: 1, between: {ask: all}, steps: [{poke: }]}", "`ask` is one of first, each"),
        (
            "{around: {check: [{poke: }]}, steps: [{poke: }]}",
            "`check` of `around` takes checks only",
        ),
        (
            "{around: {enter: [{ask: {text: x}}]}, steps: [{poke: }]}",
            "ask cannot stand in `around`",
        ),
        (
            "{around: {enter: [{poke: , needs: []}]}, steps: [{poke: }]}",
            "`around` has no key 'needs'",
        ),
        (
            "{around: {entr: []}, steps: [{poke: }]}",
            "`around` has no key 'entr'. Did you mean 'enter'",
        ),
        ("{around: {enter: [{steps: []}]}, steps: [{poke: }]}", "cannot be a block"),
        ("{around: {leave: [{poke: }]}, steps: [{id: leave, poke: }]}", "the id 'leave' is taken"),
        ("{id: finally, steps: [{poke: }]}", "1:9 the id 'finally' is taken here"),
        ("{include: no.yml}", "1:19 cannot read 'book/no.yml': there is no such file"),
        ("{include: '{{ x }}'}", "`include` names a file, without Jinja2"),
        ("{include: p.yml}", "in a circle: book/p.yml -> book/p.yml"),
    ],
)
def test_a_wrong_step_is_a_located_problem(step: str, expected: str) -> None:
    found = "\n".join(problems(steps(step)))
    assert expected in found
    assert all(line.startswith(("book/p.yml:1:", "    ")) for line in found.splitlines())


def test_problems_of_all_steps_are_told_together_in_the_order_of_the_file() -> None:
    found = problems(
        """
        steps:
          - id: a
            needs: [c]
            poke: {wat: 1}
          - id: b
            pok:
          - {id: a, poke: , revert_after: 3}
        """
    )
    assert [line.split(" ")[0] for line in found] == [
        *("book/p.yml:4:13", "book/p.yml:5:12", "book/p.yml:7:5", "book/p.yml:8:5"),
        "book/p.yml:8:21",
    ]


def test_steps_that_need_each_other_are_drawn() -> None:
    (found,) = problems(
        """
        steps:
          - {id: a, needs: [c], poke: }
          - {id: b, poke: }
          - {id: c, poke: }
        """
    )
    assert found == (
        "book/p.yml:3:5 these need each other in a circle: a -> c -> b -> a\n"
        "    take one of the needs away:\n"
        "    a (step at book/p.yml:3:5)\n"
        "    c (step at book/p.yml:5:5)\n"
        "    b (step at book/p.yml:4:5)"
    )


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("[{id: a, needs: [a], poke: }]", "a -> a"),
        ("[{id: w, steps: [{id: a, needs: [w], poke: }]}]", "w -> w/a -> w"),
        ("[{id: w, needs: [w/a], steps: [{id: a, poke: }]}]", "w -> w/a -> w"),
        ("[{id: a, needs: [], on_change: [b], poke: }, {id: b, poke: }]", "a -> b -> a"),
        (
            "[{id: w, serial: 1, steps: [{id: a, poke: }, {id: b, needs: [x], poke: }]},"
            " {id: x, needs: [w/a], poke: }]",
            "w -> x -> w",
        ),
    ],
)
def test_every_kind_of_circle_is_found(text: str, circle: str) -> None:
    (found,) = problems(f"steps: {text}")
    assert f"in a circle: {circle}\n" in found


def test_two_steps_without_an_id_and_with_the_same_name_must_be_told_apart() -> None:
    assert problems("steps: [{poke: }, {poke: }]") == [
        "book/p.yml:1:19 two steps of this list are called 'poke': give this one an `id`\n"
        "    the first is at book/p.yml:1:9"
    ]


def test_a_need_that_names_no_step_gets_a_suggestion() -> None:
    (found,) = problems("steps: [{id: backup, poke: }, {id: x, needs: [bakup], poke: }]")
    assert found == ("book/p.yml:1:47 x needs 'bakup', which is no step. Did you mean 'backup'?")


def test_a_step_cannot_need_what_runs_after_it() -> None:
    (found,) = problems(
        "{steps: [{id: a, needs: [validate/v], poke: }], validate: [{id: v, look: }]}"
    )
    assert "a needs validate/v, which runs after it" in found


def test_a_step_that_reacts_must_be_harmless() -> None:
    (found,) = problems("steps: [{id: a, poke: }, {id: b, on_change: [a], touch: {path: /x}}]")
    assert "a step with `on_change` must be harmless, and touch changes the host" in found


@pytest.mark.parametrize(
    "step",
    [
        "{burn: x, irreversible: because}",
        "{burn: {run: x, undo: y}}",
        "{burn: x, rollback: [{burn: y}]}",
        "{burn: '{{ it }}'}",
    ],
)
def test_a_step_that_cannot_be_undone_says_why_or_how(step: str) -> None:
    assert not problems(steps(step))


def test_what_has_no_undo_of_its_own_needs_no_reason_for_it() -> None:
    assert not problems(
        """
        steps:
          - around: {enter: [{id: out, burn: x}], leave: [{id: in, burn: y}]}
            id: w
            steps: [{poke: }]
        finally: [{burn: z}]
        """
    )


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("results['b'].changed", "a reads results['b'] but does not need b"),
        ("results.b.changed", "a reads results['b'] but does not need b"),
        ("results['nope'].changed", "results['nope']: there is no such step"),
        ("results['w'].changed", "results['w'] is a block; name a step in it"),
        ("results[name].changed", "must be read with the step written out"),
        ("said", "a reads results['b'] but does not need b"),
    ],
)
def test_results_are_read_only_of_what_is_over(argument: str, expected: str) -> None:
    (found,) = problems(
        f"""
        vars: {{said: "{{{{ results['b'].stdout }}}}", name: x}}
        steps:
          - {{id: w, steps: [{{poke: }}]}}
          - {{id: a, poke: {{what: "{{{{ {argument} }}}}"}}}}
          - {{id: b, poke: }}
        """
    )
    assert expected in found


def test_a_condition_that_a_block_passes_down_may_read_only_what_is_over() -> None:
    (found,) = problems(
        """
        steps:
          - {id: w, when: "results['b'].changed", steps: [{id: a, poke: }]}
          - {id: b, poke: }
        """
    )
    assert "w/a reads results['b'] but does not need b" in found


def test_files_that_include_each_other_are_drawn() -> None:
    (found,) = problems(
        "steps: [{include: a.yml}]", book__a_yml="- include: b.yml", book__b_yml="- include: a.yml"
    )
    assert found == (
        "book/b.yml:1:12 files include each other in a circle: "
        "book/a.yml -> book/b.yml -> book/a.yml"
    )


def test_files_that_include_others_many_times_over_are_bounded() -> None:
    twice = "- {{id: x, include: {0}.yml}}\n- {{id: y, include: {0}.yml}}\n"
    files = {
        f"book__{name}_yml": twice.format(after)
        for name, after in zip("abcdefghijklmn", "bcdefghijklmnz", strict=True)
    }
    found = problems("steps: [{include: a.yml}]", **files, book__z_yml="- poke:\n")
    assert any("more than 10000 steps" in problem for problem in found)


def test_a_problem_of_an_included_file_is_told_at_its_own_place() -> None:
    found = problems("steps: [{include: a.yml}]", book__a_yml="steps: [{pok: }]\nvalidate: []\n")
    assert found == [
        "book/a.yml:1:10 'pok' is neither a key of a step nor a module. Did you mean 'poke'?",
        "book/a.yml:2:1 an included file has no key 'validate'.",
    ]


def test_an_included_file_that_is_no_yaml_is_one_problem_among_others() -> None:
    found = problems("steps: [{include: a.yml}, {pok: }]", book__a_yml="- a: b: c\n")
    assert [line.split(" ")[0] for line in found] == ["book/a.yml:1:7", "book/p.yml:1:28"]


def test_a_template_with_an_error_is_told_at_its_own_place() -> None:
    found = problems(
        steps("{touch: {path: /x, template: t.j2}}"), book__templates__t_j2="a\n{{ x | uper }}\n"
    )
    assert found == ["book/templates/t.j2:2:8 there is no filter 'uper'. Did you mean 'upper'?"]


def test_very_many_problems_are_cut_off() -> None:
    found = problems("steps: [{poke: }]\n" + "".join(f"k{n}: 1\n" for n in range(5000)))
    assert len(found) == 201
    assert found[-1] == "… and 4800 more problems"


def test_an_undo_of_a_step_that_is_not_logged_cannot_read_what_was_before() -> None:
    step = "{id: a, no_log: %s, poke: , rollback: [{touch: {path: \"{{ before['x'] }}\"}}]}"
    (found,) = problems(f"steps: [{step % 'true'}]")
    assert "`rollback` reads `before`, and `no_log` keeps that out of the journal" in found
    assert problems(f"steps: [{step % 'false'}]") == []
