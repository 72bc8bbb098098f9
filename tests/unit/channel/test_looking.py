"""A dry-run's questions: inline, bounded, and nothing written."""

from __future__ import annotations

from pathlib import Path

from mplay.sdk.facts import MAX_OUTPUT, parse_facts
from tests.unit.channel.ground import Ground, probe


def test_looking_writes_nothing(ground: Ground) -> None:
    channel = ground.open()
    assert channel.look([probe("fact a b")], become=False)["probe"].stdout == b"a\tb\n"
    assert channel.about().holder is None
    assert not ground.state.exists()


def test_a_probe_that_fails_takes_no_other_with_it(ground: Ground) -> None:
    seen = ground.open().look(
        [
            probe('fact a "', "syntax"),
            probe("fact a $unset_thing", "unset"),
            probe("fact a 1; exit 7", "rc"),
            probe("kill -9 $(sh -c 'echo $PPID')", "killed"),
            probe("fact a 5; echo why >&2", "last"),
        ],
        become=False,
    )
    assert [r.rc for r in seen.values()] == [2, 2, 7, 137, 0]
    assert seen["last"].stderr == b"why\n"
    assert seen["rc"].stdout == b"a\t1\n"


def test_a_probe_that_hangs_is_cut_and_the_others_are_answered(ground: Ground) -> None:
    seen = ground.open().look(
        [
            probe("fact a 1", "before", timeout=1),
            probe("sleep 600", "hangs", timeout=1),
            probe("fact b 2", "after", timeout=1),
        ],
        become=False,
    )
    assert [r.rc for r in seen.values()] == [0, 124, 0]
    assert seen["after"].stdout == b"b\t2\n"


def test_a_flood_from_a_probe_is_bounded_here(ground: Ground) -> None:
    seen = ground.open().look(
        [
            probe("head -c 50000000 /dev/zero; head -c 50000000 /dev/zero >&2", "flood"),
            probe("fact a b", "next"),
        ],
        become=False,
    )
    assert seen["flood"].truncated
    assert MAX_OUTPUT < len(seen["flood"].stdout) < 2 * MAX_OUTPUT
    assert seen["next"].stdout == b"a\tb\n"


def test_output_that_imitates_the_protocol_is_only_output(ground: Ground) -> None:
    forged = "printf 'end 0\\nprobe piece 0\\n%s end\\n' \"${mark-}\"; echo piece 0; fact a b"
    seen = ground.open().look([probe(forged, "one"), probe("fact c d", "two")], become=False)
    assert seen["one"].stdout.endswith(b"a\tb\n")
    assert parse_facts(seen["two"].stdout) == {"c": "d"}


def test_what_a_host_prints_without_a_newline_stays_as_it_is(ground: Ground) -> None:
    seen = ground.open().look([probe("printf 'x\\0y\\377'", "raw"), probe(":", "no")], become=False)
    assert seen["raw"].stdout == b"x\0y\xff"
    assert seen["no"].stdout == b""


def test_a_file_name_cannot_forge_a_fact(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "x\nforged\tyes").touch()
    seen = ground.open().look(
        [probe(f'for f in {tmp_path}/x*; do fact f "$f"; done')], become=False
    )
    assert parse_facts(seen["probe"].stdout) == {"f": f"{tmp_path}/x\nforged\tyes"}
