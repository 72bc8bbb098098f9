from __future__ import annotations

import pytest

from mplay.model.errors import Where
from mplay.model.playbook import Block, Need, Step, Text
from mplay.model.task import OnFailure
from tests.unit.spec.books import book, loaded, problems

FULL = """
name: Monthly
owner: Ops
cadence: monthly
duration: 1h30m
hosts: [web, db]
become: true
vars: {a: 1}
tags: [x, y]
on_failure: halt
max_failed: 25%
steps:
  - id: web
    name: Web servers
    hosts: web
    serial: [1, 10%]
    max_failed: 1
    around:
      enter: [{id: drain, delegate_to: "{{ lb }}", burn: {run: out}}]
      check: [{id: smoke, look: {}, until: 3m, delay: 1}]
      leave: [{id: join, burn: {run: in}}]
    between: {ask: first}
    steps:
      - id: conf
        touch: {path: "/etc/{{ item }}", state: present}
        loop: [a, b]
        when: [a == 1, flag is defined]
        timeout: 90
        verify: [{look: {at: x}}]
        rollback: [{burn: "{{ before.x }}"}]
      - {id: reload, on_change: [conf], poke: {what: nginx}, on_failure: continue}
  - id: burn
    needs: [{step: web/conf, scope: host}]
    environment: {LANG: C, N: 1}
    burn: rm it
    irreversible: it is gone
    run_once: true
    no_log: true
  - {id: docs, needs: [web], ask: {text: Done?}}
validate:
  - {id: up, look: {}}
finally:
  - {id: tidy, burn: rm tmp}
"""


def test_every_key_reaches_the_model() -> None:
    playbook = book(FULL)
    assert (playbook.name, playbook.owner, playbook.cadence) == ("Monthly", "Ops", "monthly")
    assert playbook.duration == 5400
    assert (playbook.hosts, playbook.become, playbook.vars) == ("web,db", True, {"a": 1})
    assert (playbook.tags, playbook.max_failed) == (("x", "y"), "25%")
    assert playbook.on_failure is OnFailure.HALT
    web, burn, docs = playbook.steps
    assert isinstance(web, Block)
    assert (web.serial, web.max_failed, web.name) == ((1, "10%"), 1, "Web servers")
    assert web.between is not None
    assert web.between.ask == "first"
    assert web.around is not None
    assert web.around.enter[0].delegate_to == "{{ lb }}"
    assert (web.around.check[0].until, web.around.check[0].delay) == (180, 1)
    conf, reload = web.steps
    assert isinstance(conf, Step)
    assert conf.module.name == "touch"
    assert (conf.loop, conf.when, conf.timeout) == (["a", "b"], ("a == 1", "flag is defined"), 90)
    assert [call.name for call in conf.verify] == ["look"]
    assert conf.rollback is not None
    assert conf.rollback[0].args == "{{ before.x }}"
    assert isinstance(reload, Step)
    assert reload.on_change == ("conf",)
    assert isinstance(burn, Step)
    assert burn.needs == (Need(step=Text("web/conf"), scope="host"),)
    assert burn.environment == {"LANG": "C", "N": 1}
    assert (burn.irreversible, burn.run_once, burn.no_log) == ("it is gone", True, True)
    assert docs.needs == (Need(step=Text("web")),)
    assert (playbook.validate[0].id, playbook.finally_[0].id) == ("up", "tidy")


def test_a_step_knows_where_it_and_its_call_stand() -> None:
    (step,) = book("steps:\n  - id: a\n    poke:\n      what: x\n").steps
    assert isinstance(step, Step)
    assert step.where == Where("book/p.yml", 2, 5)
    assert step.module.where == Where("book/p.yml", 3, 5)
    assert isinstance(step.module.args, dict)
    assert step.module.args["what"].where == Where("book/p.yml", 4, 13)


def test_a_module_may_carry_ansibles_prefix_and_no_arguments() -> None:
    (step,) = book("steps: [{ansible.builtin.poke: }]").steps
    assert isinstance(step, Step)
    assert (step.module.name, step.module.args, step.id) == ("poke", {}, "poke")


def test_an_id_is_made_of_the_name_or_else_of_the_module() -> None:
    steps = book(
        """
        steps:
          - {name: "Restart nginx, now!", poke: }
          - {poke: }
          - {name: "{{ x }}", look: }
          - {name: "日本", burn: x, irreversible: y}
        """
    ).steps
    assert [step.id for step in steps] == ["restart_nginx_now", "poke", "look", "burn"]


def test_without_a_name_a_playbook_is_called_like_its_file() -> None:
    assert book("steps: [{poke: }]").name == "p"


def test_a_condition_may_be_plain_yes_or_no() -> None:
    (step,) = book("steps: [{poke: , when: no}]").steps
    assert step.when == ("false",)


def test_an_included_file_is_a_block_with_its_own_defaults() -> None:
    playbook = book(
        """
        steps:
          - {id: first, poke: }
          - {id: db, include: parts/db.yml, vars: {a: 2}, tags: t}
          - {include: parts/list.yml, needs: []}
        """,
        book__parts__db_yml="""
            vars: {a: 1, b: 1}
            hosts: db
            tags: u
            steps: [{id: x, burn: a, undo: b}]
        """.replace("burn: a, undo: b", "burn: {run: a, undo: b}"),
        book__parts__list_yml="- {id: y, needs: [], poke: }\n- {id: z, needs: [y], poke: }\n",
    )
    _, db, listed = playbook.steps
    assert isinstance(db, Block)
    assert (db.vars, db.given) == ({"a": 1, "b": 1}, {"a": 2})
    assert (db.hosts, db.tags) == ("db", ("u", "t"))
    assert db.included_from == "book/parts/db.yml"
    assert db.steps[0].where.file == "book/parts/db.yml"
    assert isinstance(listed, Block)
    assert (listed.id, [step.id for step in listed.steps]) == ("list", ["y", "z"])


def test_all_that_was_read_is_kept_with_its_path() -> None:
    found = loaded(
        """
        vars_files: [v.yml]
        steps:
          - include: i.yml
          - {id: t, touch: {path: /x, template: t.j2}}
        """,
        book__v_yml="a: 5",
        book__i_yml="- poke:",
        book__templates__t_j2="{{ a }}",
    )
    assert sorted(found.sources) == [
        *("book/i.yml", "book/p.yml", "book/templates/t.j2", "book/v.yml"),
    ]
    assert found.sources["book/v.yml"] == "a: 5"
    assert found.included_by == {"book/i.yml": "book/p.yml"}
    assert found.steps == 2


def test_variables_of_files_win_over_those_of_the_playbook() -> None:
    playbook = book(
        "{vars: {a: 1, b: 1}, vars_files: [v.yml, w.yml], steps: [{poke: }]}",
        book__v_yml="{b: 2, c: 2}",
        book__w_yml="{c: 3}",
    )
    assert playbook.vars == {"a": 1, "b": 2, "c": 3}
    assert playbook.vars_files == ("v.yml", "w.yml")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("3m", 180), ("1h30m", 5400), ("24h", 86400), ("7d", 604800), ("90", 90), ("1.5", 1.5)],
)
def test_times_are_written_for_people_or_in_seconds(written: str, seconds: float) -> None:
    (step,) = book(f"steps: [{{poke: , timeout: {written}}}]").steps
    assert isinstance(step, Step)
    assert step.timeout == seconds


@pytest.mark.parametrize("written", ["0", "-1", "3 m", "1:30", "m", "yes", "[1]", "900d", "1e9"])
def test_what_is_no_time_is_refused(written: str) -> None:
    (found,) = problems(f"steps: [{{poke: , timeout: {written}}}]")
    assert found.startswith("book/p.yml:1:27 `timeout` is ")


def test_results_may_be_read_of_what_a_step_needs_however_far() -> None:
    assert not problems(
        """
        vars: {said: "{{ results['a'].stdout }}"}
        steps:
          - {id: a, poke: }
          - {id: b, poke: }
          - {id: w, serial: 1, around: {enter: [{id: e, when: "results['a'].changed", poke: }],
             leave: [{id: l, when: "results['w/c'].changed", poke: }]},
             steps: [{id: c, when: said == '', poke: },
                     {id: d, poke: {what: "{{ results['c'].stdout }}"}}]}
          - {id: z, poke: {what: "{{ said }}"}}
        validate: [{id: v, look: {at: "{{ results['w/c'].stdout }}"}}]
        """
    )


def test_what_a_template_file_reads_must_be_needed_like_what_an_argument_reads() -> None:
    text = "steps: [{id: a, poke: }, {id: b, needs: [NEED], touch: {path: /x, template: t.j2}}]"
    late = "one\n{{ results['a'].stdout }}"
    assert problems(text.replace("NEED", "a"), book__templates__t_j2=late) == []
    (problem,) = problems(text.replace("NEED", ""), book__templates__t_j2=late)
    assert problem.startswith("book/templates/t.j2:1:1 b reads results['a'] but does not need a")
