"""What `when`, `loop` and arguments read, and what the journal never holds."""

from __future__ import annotations

import pytest

from mplay.model.errors import MplayError
from mplay.model.events import Intent
from tests.journeys.local.stage import Stage

HEAD = "name: T\nhosts: w1\nsteps:\n"


def says(text: str) -> str:
    """A step's shell that writes a rendered text to ``said-HOST``."""
    return f"""shell: {{run: "cat >FILES/said-SELF", stdin: "{text}", undo: "true"}}"""


def test_results_tell_status_facts_output_and_json(stage: Stage) -> None:
    told = stage.apply(
        HEAD + "  - {id: a, shell: {run: \"echo '{\\\"n\\\": 7}'\", undo: 'true'}}\n"
        '  - {id: b, query: {run: "echo fine"}}\n'
        "  - {id: c, when: 'false', DO(c)}\n"
        "  - id: d\n    needs: [a, b, c]\n    "
        + says(
            "{{ results['a'].status }} {{ results['a'].changed }} {{ results['a'].failed }}"
            " {{ results['a'].json.n }} {{ results['b'].status }} {{ results['c'].status }}"
            " {{ results['b'].facts | length > 0 }}"
        )
        + "\n"
    )
    assert told.said == ("succeeded", 0), told.ending.why
    assert stage.read("said-w1").split() == [
        "changed",
        "True",
        "False",
        "7",
        "ok",
        "skipped",
        "True",
    ]


def test_results_of_a_loop_are_its_items_and_those_of_other_hosts_are_by_name(
    stage: Stage,
) -> None:
    told = stage.apply(
        "name: T\nhosts: 'w1:w2'\nsteps:\n"
        '  - {id: a, loop: [x, y], shell: {run: "echo {{ item }}-SELF", undo: "true"}}\n'
        "  - id: d\n    "
        + says(
            "{{ results['a']['items'][1].stdout }}"
            " {{ results['a'].hosts['w2']['items'][0].stdout }}"
        )
        + "\n"
    )
    assert told.said == ("succeeded", 0), told.ending.why
    assert stage.read("said-w1").split() == ["y-w1", "x-w2"]


def test_what_a_failed_step_left_is_known_to_the_steps_that_go_on(stage: Stage) -> None:
    stage.breaks("a@w1")
    told = stage.apply(
        HEAD.replace("w1", "all") + "  - {id: a, hosts: w1, on_failure: continue, DO(a)}\n"
        "  - {id: b, needs: [], hosts: w2, DO(b)}\n"
    )
    assert told.said == ("incomplete", 4)
    assert "+b@w2" in stage.story()


def test_what_is_read_without_being_needed_is_refused_before_anything_runs(
    stage: Stage,
) -> None:
    with pytest.raises(MplayError, match="need"):
        stage.apply(
            HEAD + "  - {id: a, DO(a)}\n"
            "  - {id: b, needs: [], when: \"results['a'].changed\", DO(b)}\n"
        )
    assert stage.story() == []


def test_the_command_line_wins_over_the_step_the_step_over_the_block_and_so_on(
    stage: Stage,
) -> None:
    text = """
name: T
hosts: w1
vars: {one: playbook, two: playbook, three: playbook, letter: playbook}
steps:
  - id: block
    vars: {two: block, three: block}
    steps:
      - id: a
        vars: {three: step}
        SAYS
"""
    text = text.replace("SAYS", says("{{ one }} {{ two }} {{ three }} {{ letter }}"))
    stage.apply(text)
    assert stage.read("said-w1").split() == ["playbook", "block", "step", "playbook"]
    stage.apply(text, extra_vars={"one": "cli", "three": "cli"})
    assert stage.read("said-w1").split() == ["cli", "block", "cli", "playbook"]


def test_an_included_file_is_a_block_with_variables_of_its_own(stage: Stage) -> None:
    stage.write(f"- id: a\n  {says('{{ word }}')}\n- {{id: b, DO(b)}}\n", "part.yml")
    told = stage.apply(
        HEAD + "  - {id: part, include: part.yml, vars: {word: hello}}\n  - {id: c, DO(c)}\n"
    )
    assert told.said == ("succeeded", 0)
    assert stage.read("said-w1") == "hello\n"
    assert stage.story() == ["+b@w1", "+c@w1"]
    assert told.status("part/b@w1") == "changed"
    (stage.folder / "part.yml").unlink()
    (stage.folder / "playbook.yml").unlink()
    assert stage.rollback().said == ("rolled-back", 0)


def test_the_environment_of_a_step_reaches_its_change_its_probe_and_its_undo(
    stage: Stage,
) -> None:
    stage.apply(
        HEAD + "  - id: a\n    environment: {WORD: 'it is {{ letter }}'}\n"
        '    shell: {run: "echo \\"$WORD\\" >FILES/w", undo: "echo undo \\"$WORD\\" >FILES/w",'
        ' state: "test \\"$WORD\\" && cat FILES/w 2>/dev/null || true"}\n'
    )
    assert stage.read("w") == "it is a\n"
    stage.rollback()
    assert stage.read("w") == "undo it is a\n"


CANARY = "canary-7f3a91"
NO_LOG = HEAD + (
    "  - id: a\n    no_log: true\n"
    '    shell: {run: "cat FILES/secret; cat FILES/secret >&2; cp FILES/secret FILES/copy",'
    ' state: "cat FILES/copy FILES/more 2>/dev/null || true",'
    ' undo: "rm FILES/copy; cat FILES/secret; EXIT"}\n'
    "  - id: b\n    no_log: true\n    DO(b)\n"
)


@pytest.mark.parametrize("ends", ["well", "badly", "in conflict", "in a failed undo", "unread"])
def test_no_log_keeps_content_and_output_out_of_journal_and_sight(stage: Stage, ends: str) -> None:
    stage.file("secret", f"{CANARY}\n")
    text = NO_LOG.replace("EXIT", "exit 1" if ends == "in a failed undo" else "true")
    if ends == "badly":
        text = text.replace("cp FILES/secret", "exit 3; cp FILES/secret")
    if ends == "unread":
        text = text.replace("2>/dev/null || true", "; cat FILES/secret >&2; exit 9")
    told = stage.apply(text)
    if ends == "in conflict":
        stage.file("more", f"{CANARY} more\n")
    again = stage.rollback()
    said = [*told.watcher.output, *again.watcher.output, told.ending.why, again.ending.why]
    assert CANARY not in "".join(said)
    assert CANARY not in stage.journal_text()
    good = ends in {"well", "badly", "unread"}
    assert again.said == (("rolled-back", 0) if good else ("rollback-incomplete", 7))


def test_without_no_log_it_is_all_there(stage: Stage) -> None:
    stage.file("secret", f"{CANARY}\n")
    told = stage.apply(NO_LOG.replace("no_log: true", "tags: []").replace("EXIT", "true"))
    assert CANARY in "".join(told.watcher.output)
    assert CANARY in stage.journal_text()


def test_no_log_hides_the_difference_but_not_what_the_undo_needs(stage: Stage) -> None:
    stage.file("f", f"{CANARY}\n").chmod(0o644)
    told = stage.apply(
        HEAD + "  - {id: a, no_log: true, copy: {content: 'new\\n', dest: FILES/f, mode: '0644'}}\n"
    )
    assert told.events(Intent)[0].diff == ()
    assert CANARY not in stage.journal_text()
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.read("f") == f"{CANARY}\n"
